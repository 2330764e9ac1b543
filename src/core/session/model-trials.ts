import type { Account } from '../accounts/account.js';
import type { AuthorizedAnswer, BackendAccess } from '../asking/authorized-call.js';
import {
  type AskingFailed,
  askOnItsOwn,
  failedAnswer,
  isSilence,
  type ProbeFailure,
} from '../asking/usage-endpoint.js';
import { inParallel } from '../in-parallel.js';
import type { RefreshOutcome } from '../logins/refresh-outcome.js';
import { askForModels, parseModels, wellKnownModels } from '../models/catalogue.js';
import { type ModelVerdict, tryModel } from '../models/model-verdict.js';
import { askAll } from './ask-all.js';
import type { AskedAccount } from './asked-accounts.js';
import { failureInTheWay } from './failure.js';
import type { Session } from './session.js';

/** An account, and what it said when it was asked for its models. */
export interface Candidate {
  readonly asked: AskedAccount;
  /** The account with the tokens that it has now. */
  readonly account: Account;
  readonly models: readonly string[];
  /** Why no model can be tried with it. */
  readonly obstacle?: Obstacle;
}

export type Obstacle =
  | Exclude<AuthorizedAnswer<never>, { kind: 'answered' }>
  | AskingFailed
  | Extract<ProbeFailure, { kind: 'answer' }>;

/** An answer about the account or the way to the provider, which would be the same for every model. */
type Blockade = Extract<ModelVerdict, { kind: 'unauthorized' | 'obstructed' | 'offline' | 'proxy' }>;

function isBlockade(answer: { readonly kind: string }): answer is Blockade {
  return ['unauthorized', 'obstructed', 'offline', 'proxy'].includes(answer.kind);
}

/** Asks each account for its models. One without a list can be tried all the same, with well-known models. */
export async function findCandidates(
  session: Session,
  access: BackendAccess,
  asked: readonly AskedAccount[],
): Promise<Candidate[]> {
  return askAll<AskedAccount, Candidate>(session, asked, {
    title: 'Asking for models',
    async ask(each) {
      const result = await askForModels(access, each.account);
      const { account } = result;
      if (result.kind !== 'answered') return { asked: each, account, models: [], obstacle: result };
      const { answer } = result;
      if (answer.kind === 'ok') return { asked: each, account, models: parseModels(answer.body) };
      const known = { asked: each, account, models: [] };
      return isBlockade(answer) ? { ...known, obstacle: failedAnswer(access, answer, account) } : known;
    },
    failed: (each, failure) => ({ asked: each, account: each.account, models: [], obstacle: failure }),
    isSilence: ({ obstacle }) => isSilence(obstacle),
    inTheWay: ({ obstacle }) => failureInTheWay(obstacle),
  });
}

/** Every model that one of the accounts lists, in the order of the accounts; else the well-known ones. */
export function modelsOf(candidates: readonly Candidate[]): { readonly models: string[]; readonly isBuiltIn: boolean } {
  const models = [...new Set(candidates.flatMap((each) => each.models))];
  return models.length > 0 ? { models, isBuiltIn: false } : { models: [...wellKnownModels], isBuiltIn: true };
}

export interface Trial {
  readonly model: string;
  readonly verdict: Exclude<ModelVerdict, Blockade>;
  /** Until the model's first word, or until it was clear that there is none. */
  readonly latencyMs: number;
}

export interface TriedAccount extends Pick<Candidate, 'asked' | 'account'> {
  readonly trials: readonly Trial[];
  /** Why the models that are missing in `trials` were not tried. */
  readonly obstacle?: Obstacle;
}

/** Few, because each trial spends quota and holds a stream open. */
const accountsAtOnce = 4;

/** Tries the models with each account: one after the other with one account, a few accounts at once. */
export async function tryModels(
  session: Session,
  access: BackendAccess,
  candidates: readonly Candidate[],
  models: readonly string[],
): Promise<TriedAccount[]> {
  const usable = candidates.filter(({ obstacle }) => obstacle === undefined);
  const progress = session.progress('Trying', usable.length * models.length);
  const limit = Math.min(accountsAtOnce, session.settings().probeConcurrency);
  try {
    return await inParallel(candidates, limit, (candidate) =>
      tryWith(session, access, candidate, models, progress.step),
    );
  } finally {
    progress.stop();
  }
}

async function tryWith(
  { clock }: Session,
  access: BackendAccess,
  { asked, account: first, obstacle }: Candidate,
  models: readonly string[],
  step: () => void,
): Promise<TriedAccount> {
  const trials: Trial[] = [];
  if (obstacle !== undefined) return { asked, account: first, trials, obstacle };
  let account = first;
  for (const model of models) {
    const startedAt = clock.monotonicMs();
    const result = await askOnItsOwn(account, () => tryModel(access, account, model));
    step();
    account = result.account;
    if (result.kind !== 'answered') return { asked, account, trials, obstacle: result };
    const verdict = result.answer;
    if (isBlockade(verdict)) {
      return { asked, account, trials, obstacle: failedAnswer(access, verdict, account) };
    }
    trials.push({ model, verdict, latencyMs: Math.round(clock.monotonicMs() - startedAt) });
  }
  return { asked, account, trials };
}

/** A model may think before its first word. `--timeout` takes precedence. */
const firstWordDeadlineMs = 60_000;

export function withPatience(session: Session, access: BackendAccess): BackendAccess {
  const { deadlineMs = firstWordDeadlineMs } = session.provider().callOptions;
  return { ...access, callOptions: { ...access.callOptions, deadlineMs } };
}

/** The outcome of a refresh that failed before a trial. */
export function outcomesOf({ obstacle }: TriedAccount): RefreshOutcome[] {
  return obstacle?.kind === 'not-refreshed' ? [obstacle.outcome] : [];
}
