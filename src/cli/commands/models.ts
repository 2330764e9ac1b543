import * as z from 'zod/mini';
import type { BackendAccess } from '../../core/asking/authorized-call.js';
import { AppError } from '../../core/errors.js';
import { type AskedAccount, askedAccounts } from '../../core/session/asked-accounts.js';
import { refreshingAccess } from '../../core/session/backend-access.js';
import { isNetworkFailure } from '../../core/session/failure.js';
import {
  type Candidate,
  findCandidates,
  modelsOf,
  outcomesOf,
  tryModels,
  withPatience,
} from '../../core/session/model-trials.js';
import { settleRefusedClients } from '../../core/session/refused-clients.js';
import { openRoster } from '../../core/session/selection.js';
import { takeInAny } from '../../core/session/take-in.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { csvOf } from '../render/csv.js';
import { renderTrials } from '../render/model-trials.js';
import { type TrialView, TriedAccountView, triedAccountView } from '../views/model-view.js';
import { ScopeView, scopeView } from '../views/scope-view.js';

const ModelsResult = z.object({
  scope: ScopeView,
  models: z.array(z.string()),
  /** Where the models come from: the provider's list for these accounts, our own list, or the command line. */
  source: z.enum(['provider', 'built-in', 'option']),
  accounts: z.array(TriedAccountView),
});
type ModelsResult = z.infer<typeof ModelsResult>;

export interface ModelsOptions {
  readonly selector?: string;
  readonly sample?: number;
  readonly model?: string;
  readonly yes?: boolean;
}

async function models(context: Context, options: ModelsOptions): Promise<ModelsResult> {
  const roster = openRoster(context, context.writingScope());
  const asked = askedAccounts(context, roster, options.selector);
  refuseUnasked(context, options);
  const access = await refreshingAccess(context, roster);
  const choice = await chooseModels(context, access, asked, options);
  await agree(context, choice, options);
  await takeInAny(context, roster);
  const tried = await tryModels(context, withPatience(context, access), choice.candidates, choice.models);
  await settleRefusedClients(context, tried.flatMap(outcomesOf));
  return {
    scope: scopeView(roster),
    models: choice.models,
    source: choice.source,
    accounts: tried.map((each) => triedAccountView(context, each)),
  };
}

/** Before anything is asked: nobody is there who could agree. */
function refuseUnasked({ io }: Context, { yes }: ModelsOptions): void {
  if (yes === true || io.isInteractive) return;
  throw new AppError('confirmation-needed', 'models spends quota, a little with every model and account', {
    hint: 'add --yes; --sample 1 or --model spend the least',
  });
}

interface Choice {
  readonly models: string[];
  readonly source: ModelsResult['source'];
  readonly candidates: readonly Candidate[];
}

async function chooseModels(
  context: Context,
  access: BackendAccess,
  asked: readonly AskedAccount[],
  { model, sample }: ModelsOptions,
): Promise<Choice> {
  if (model !== undefined) {
    const candidates = asked.map((each) => ({ asked: each, account: each.account, models: [] }));
    return { models: [model], source: 'option', candidates };
  }
  const candidates = await findCandidates(context, access, asked);
  const known = modelsOf(candidates);
  const isReached = candidates.some(({ obstacle }) => obstacle === undefined);
  if (known.isBuiltIn && isReached) context.warn('the provider lists no models, so well-known ones are tried');
  const source = known.isBuiltIn ? 'built-in' : 'provider';
  return { models: known.models.slice(0, sample), source, candidates };
}

/** Says what it costs, and asks where somebody can answer. */
async function agree(context: Context, { models: slugs, candidates }: Choice, { yes }: ModelsOptions): Promise<void> {
  const accounts = candidates.filter(({ obstacle }) => obstacle === undefined).length;
  if (accounts === 0) return;
  const many = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
  const requests = many(accounts * slugs.length, 'request');
  context.warn(`this spends quota: ${requests}, for ${many(slugs.length, 'model')} and ${many(accounts, 'account')}`);
  if (yes === true) return;
  await (await context.prompter()).consent(`Send ${requests}?`, false, 'no model was tried');
}

function modelsCsv({ accounts }: ModelsResult): string {
  const joined = (trials: readonly TrialView[]) => trials.map(({ model }) => model).join(';');
  const rows = accounts.map(({ file, accountId, trials }) => [
    file,
    accountId,
    joined(trials),
    joined(trials.filter(({ verdict }) => verdict === 'available')),
  ]);
  return csvOf(['file', 'account_id', 'sample_models', 'available'], rows);
}

/** Neither the account nor any model had a say. A rate limit is about the account's quota. */
function isUnreached({ trials, failure }: TriedAccountView): boolean {
  if (failure !== undefined) return isNetworkFailure(failure);
  return trials.every(({ verdict }) => verdict !== 'rate-limited' && isNetworkFailure({ code: verdict }));
}

export const modelsCommand: Command<ModelsOptions, ModelsResult> = {
  name: 'models',
  schema: ModelsResult,
  run: models,
  render: ({ accounts }, theme) => renderTrials(accounts, theme),
  renderCsv: modelsCsv,
  exitCode({ accounts }) {
    if (accounts.every(isUnreached)) return 5;
    const isAnswered = ({ verdict }: TrialView) => verdict === 'available' || verdict === 'unsupported';
    const isFine = ({ trials, failure }: TriedAccountView) =>
      failure === undefined && trials.every(isAnswered) && trials.some(({ verdict }) => verdict === 'available');
    return accounts.every(isFine) ? 0 : 1;
  },
};
