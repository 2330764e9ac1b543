import type { Account } from '../accounts/account.js';
import {
  type AskingFailed,
  healthEventOf,
  isShutOut,
  isSilence,
  type Probe,
  type ProbeFailure,
  probeUsage,
} from '../asking/usage-endpoint.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { refusalAfter } from '../health/access-refusal.js';
import { type AccountState, withKnowledge } from '../health/account-state.js';
import { applyEvent } from '../health/state.js';
import { updateAccountState } from '../health/state-store.js';
import { whyNoHistory } from '../history/quota-history.js';
import type { BackendAnswer } from '../provider/backend-call.js';
import { isStale, type QuotaSource, toSnapshot } from '../quota/snapshot.js';
import { type Roster, readRoster } from '../roster/roster.js';
import type { ShownRoster } from '../roster/shown-roster.js';
import { askAll } from './ask-all.js';
import { readOnlyAccess, refreshingAccess } from './backend-access.js';
import { failureInTheWay } from './failure.js';
import type { Session } from './session.js';

export interface ProbingOptions {
  /** No network at all. */
  readonly cached?: boolean;
  /** Ask again whatever is known, and refresh the tokens that are due. */
  readonly live?: boolean;
  /** Numbers up to this age are not asked for again, milliseconds; by default the setting `quotaTtlMs`. */
  readonly maxAgeMs?: number;
}

type Asked = Probe | AskingFailed;

export interface ProbedRoster extends ShownProbes {
  /** The roster with what has just been learnt. */
  readonly roster: Roster;
  /** Why the reset credits of an account are not known one by one; by account id. */
  readonly unreadCredits?: ReadonlyMap<string, ProbeFailure | AskingFailed>;
}

/** As {@link ProbedRoster}, for commands that only show it. */
export interface ShownProbes {
  readonly roster: ShownRoster;
  /** By account id; an account that was not asked has none. */
  readonly probes: ReadonlyMap<string, Asked>;
  /** Whether an account's numbers are from this run. */
  sourceOf(id: string): QuotaSource;
}

/**
 * Asks the free usage endpoint about the accounts whose numbers are old, several at once and none twice, and remembers
 * the answers with their time (P15, P16). Refreshes nothing unless `live`.
 */
export async function probeRoster(
  session: Session,
  roster: Roster,
  options: ProbingOptions,
  accounts: readonly Account[] = roster.accounts.filter(({ enabled }) => enabled),
): Promise<ProbedRoster> {
  const { maxAgeMs = session.settings().quotaTtlMs } = options;
  const now = session.clock.now();
  const isDue = ({ id }: Account) => options.live === true || isStale(roster.state.accounts[id]?.quota, now, maxAgeMs);
  const due = options.cached === true ? [] : accounts.filter(isDue);
  if (due.length === 0) return { roster, probes: new Map(), sourceOf: () => 'cache' };

  const access = await (options.live === true ? refreshingAccess : readOnlyAccess)(session, roster);
  const probes = await askAll<{ account: Account }, Asked>(
    session,
    due.map((account) => ({ account })),
    {
      title: 'Asking about quota',
      ask: ({ account }) => probeUsage(access, account),
      failed: (_, failure) => failure,
      isSilence,
      inTheWay: failureInTheWay,
    },
  );
  return remember(session, roster, options, new Map(probes.map((probe) => [probe.account.id, probe])));
}

/** Remembers what was learnt. Returns whether it was kept. */
export function keepKnowledge(session: Session, learn: (state: AccountState) => AccountState): Promise<boolean> {
  const problem = whyNoHistory(session.root);
  if (problem !== undefined) session.warn(problem);
  return orWarn(session, () => updateAccountState(session.root, learn, session.signal));
}

/** Warns where something learnt cannot be kept: a command that reads still shows it. Returns whether it was kept. */
export async function orWarn(session: Session, keep: () => Promise<void>): Promise<boolean> {
  try {
    await keep();
    return true;
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'interrupted') throw error;
    session.warn(`what was learnt could not be kept: ${error.message}`);
    return false;
  }
}

async function remember(
  session: Session,
  roster: Roster,
  { live }: ProbingOptions,
  probes: ReadonlyMap<string, Asked>,
): Promise<ProbedRoster> {
  const learnOf = (asked: readonly (readonly [string, Asked])[]) => (state: AccountState) =>
    asked.reduce((known, [id, probe]) => learnt(session, known, id, probe), state);
  const isStored = ([, { account }]: readonly [string, Asked]) => account.isUnstored !== true;
  const asked = [...probes];
  // Nothing is kept about an account that is not stored.
  const kept = asked.filter(isStored);
  const isKept = kept.length > 0 && (await keepKnowledge(session, learnOf(kept)));
  // A run that refreshes may also set accounts aside, which then must not be recommended.
  const now = live === true ? readRoster(session.root, session.home, roster.scope) : roster;
  const isKnown = (each: (typeof asked)[number]) => isKept && live === true && isStored(each);
  const state = learnOf(asked.filter((each) => !isKnown(each)))(now.state);
  const isLive = (id: string) => probes.get(id)?.kind === 'usage';
  return {
    roster: {
      ...now,
      state: isNobodyThere(roster, probes) ? roster.state : state,
      shutOut: shutOutOf(now, probes, session.clock.now()),
    },
    probes,
    sourceOf: (id) => (isLive(id) ? 'live' : 'cache'),
  };
}

/** The accounts that were refused. One that has got other tokens meanwhile, from another process, does not count. */
function shutOutOf({ accounts }: Roster, probes: ReadonlyMap<string, Asked>, now: number): ReadonlySet<string> {
  const refused = accounts.filter(({ id, tokens: { accessToken } }) => {
    const probe = probes.get(id);
    if (probe === undefined || !isShutOut(probe, now)) return false;
    const refusedToken = probe.account.tokens.accessToken;
    return accessToken === undefined ? refusedToken === undefined : accessToken.equals(refusedToken);
  });
  return new Set(refused.map(({ id }) => id));
}

/**
 * Whether nobody answered, but something was known before. This run then goes by that: without a network all accounts
 * would be cooling down for a moment, and none could be recommended.
 */
function isNobodyThere({ state }: Roster, probes: ReadonlyMap<string, Asked>): boolean {
  const isKnown = [...probes.keys()].some((id) => state.accounts[id]?.quota !== undefined);
  return isKnown && [...probes.values()].every((probe) => probe.kind === 'failed' || isSilence(probe));
}

/** What the backend said, if it said anything. */
function answerOf(probe: Asked): BackendAnswer | undefined {
  if (probe.kind === 'usage') return { kind: 'ok', body: undefined };
  return probe.kind === 'answer' ? probe.answer : undefined;
}

function learnt(session: Session, state: AccountState, id: string, probe: Asked): AccountState {
  const now = session.clock.now();
  const event = healthEventOf(probe);
  const known = state.accounts[id] ?? {};
  const health = event === undefined ? known.health : applyEvent(known.health, event, now, session.settings());
  const quota = probe.kind === 'usage' ? toSnapshot(probe.usage) : known.quota;
  const recovery =
    probe.kind === 'usage' && probe.recovery !== undefined ? { kind: probe.recovery, at: now } : known.recovery;
  const refusal = refusalAfter(known.refusal, answerOf(probe), now);
  return withKnowledge(state, id, definedOnly({ health, quota, recovery, refusal }));
}
