import measureWidth from 'fast-string-width';
import * as z from 'zod/mini';
import type { Account } from '../../core/accounts/account.js';
import type { BackendAccess } from '../../core/asking/authorized-call.js';
import { definedOnly } from '../../core/defined-only.js';
import { AppError } from '../../core/errors.js';
import { printable } from '../../core/printable.js';
import { reasonIn } from '../../core/provider-reason.js';
import { type AskedAccount, askedAccounts } from '../../core/session/asked-accounts.js';
import { refreshingAccess } from '../../core/session/backend-access.js';
import { isNetworkFailure, isObstruction } from '../../core/session/failure.js';
import {
  type Candidate,
  findCandidates,
  modelsOf,
  outcomesOf,
  type Trial,
  type TriedAccount,
  tryModels,
  withPatience,
} from '../../core/session/model-trials.js';
import { settleRefusedClients } from '../../core/session/refused-clients.js';
import { openRoster } from '../../core/session/selection.js';
import { takeInAny } from '../../core/session/take-in.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { titleOf } from '../render/account-table.js';
import { csvOf } from '../render/csv.js';
import { type Column, renderTable } from '../render/table.js';
import type { Theme } from '../render/theme.js';
import { askConsent } from '../terminal/ask-consent.js';
import { accountRef, accountRefShape } from '../views/account-ref.js';
import {
  FailureView,
  failureText,
  failureView,
  obstructionLines,
  providerReasonShape,
} from '../views/probe-failure.js';
import { ScopeView, scopeView } from '../views/scope-view.js';

const TrialView = z.object({
  model: z.string(),
  /** `available`: it answered. `unsupported`: this account does not have it. Anything else says nothing about the model. */
  verdict: z.enum([
    'available',
    'unsupported',
    'failed',
    'refused',
    'forbidden',
    'closed',
    'rate-limited',
    'provider-error',
    'malformed',
    'timeout',
  ]),
  /** Milliseconds until the first word of the model, or until it was clear that there is none. */
  latencyMs: z.number(),
  /** Why it is not available. */
  message: z.exactOptional(z.string()),
  ...providerReasonShape,
});
type TrialView = z.infer<typeof TrialView>;

const TriedAccountView = z.object({
  ...accountRefShape,
  /** The pool it lives in. */
  file: z.string(),
  trials: z.array(TrialView),
  /** Why models were not tried with this account. */
  failure: z.exactOptional(FailureView),
});
type TriedAccountView = z.infer<typeof TriedAccountView>;

function triedAccountView(context: Context, tried: TriedAccount): TriedAccountView {
  const { asked, account, trials, obstacle } = tried;
  const now = context.clock.now();
  return definedOnly({
    ...accountRef(account, asked.index, context.options.mask === true),
    file: asked.file,
    trials: trials.map((trial) => trialView(trial, account, now)),
    failure: obstacle && failureView(obstacle, now),
  });
}

function trialView({ model, verdict, latencyMs }: Trial, account: Account, now: number): TrialView {
  switch (verdict.kind) {
    case 'available':
      return { model, verdict: 'available', latencyMs };
    case 'unsupported':
    case 'failed':
      return { model, verdict: verdict.kind, latencyMs, message: verdict.message, ...reasonIn(verdict) };
    default: {
      const view = failureView({ kind: 'answer', answer: verdict, account }, now);
      const kind = verdict.kind === 'server' ? 'provider-error' : verdict.kind;
      return { model, verdict: kind, latencyMs, message: view.message, ...reasonIn(view) };
    }
  }
}

const ModelsResult = z.object({
  scope: ScopeView,
  models: z.array(z.string()),
  /** Where the models come from: the provider's list for these accounts, our own list, or the command line. */
  source: z.enum(['provider', 'built-in', 'option']),
  accounts: z.array(TriedAccountView),
});
type ModelsResult = z.infer<typeof ModelsResult>;

interface ModelsOptions {
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

/** Throws `confirmation-needed` where nobody could agree, before the provider is asked anything. */
function refuseUnasked({ io }: Context, { yes, model }: ModelsOptions): void {
  if (model?.trim() === '') {
    throw new AppError('usage', '--model needs a model, but got an empty name', { hint: 'codex-auth models --help' });
  }
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
  await askConsent(context, { question: `Send ${requests}?`, otherwise: 'no model was tried' });
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

/** Whether no request has reached the provider. A rate limit has: it is about the account's quota. */
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

/** A line for each model that was tried with each account, what could not be tried, and a count of the verdicts. */
function renderTrials(accounts: readonly TriedAccountView[], theme: Theme): string {
  const trials = accounts.flatMap((account) => account.trials.map((trial) => ({ account, trial })));
  const table = trials.length === 0 ? '' : tableOf(trials, theme);
  const failures = accounts.flatMap((account) => failureLine(account, theme)).join('');
  const inTheWay = obstructionLines(
    accounts.flatMap(({ failure }) => failure ?? []),
    theme,
  ).join('');
  return `${table}${failures}${inTheWay}${summaryOf(accounts)}\n`;
}

interface TrialRow {
  readonly account: TriedAccountView;
  readonly trial: TrialView;
}

/** The table, with the reasons in a column of their own where they fit in full, else each beneath its line. */
function tableOf(trials: readonly TrialRow[], theme: Theme): string {
  const { color, style } = theme;
  const { green, yellow, dim } = color;
  const columns: Column<TrialRow>[] = [
    { title: 'account', text: ({ account }) => titleOf(account) },
    { title: 'model', text: ({ trial }) => trial.model },
    {
      title: 'verdict',
      text: ({ trial: { verdict } }) => verdict.replaceAll('-', ' '),
      paint: ({ trial: { verdict } }) => (verdict === 'available' ? green : verdict === 'unsupported' ? dim : yellow),
    },
    {
      title: 'time',
      align: 'right',
      dropOrder: 2,
      text: ({ trial }) => `${(trial.latencyMs / 1000).toFixed(1)}s`,
    },
  ];
  const why: Column<TrialRow> = { title: 'why', text: ({ trial }) => trial.message ?? '' };
  const inFull = renderTable([...columns, why], trials, { ...theme, style: { ...style, isFitted: false } });
  if (!style.isFitted || inFull.split('\n').every((line) => measureWidth(line) <= style.width)) return inFull;
  const [header = '', ...lines] = renderTable(columns, trials, theme).trimEnd().split('\n');
  const explained = lines.flatMap((line, position) => {
    const reason = printable(trials[position]?.trial.message ?? '');
    return reason === '' ? [line] : [line, `  ${dim(reason)}`];
  });
  return [header, ...explained].map((line) => `${line}\n`).join('');
}

function failureLine(account: TriedAccountView, { color, symbols }: Theme): string[] {
  const { failure } = account;
  if (failure === undefined) return [];
  if (isObstruction(failure)) return [`${color.yellow(symbols.warning)} ${titleOf(account)}: not reached\n`];
  return [
    `${color.red(symbols.error)} ${titleOf(account)}: ${printable(failureText(failure, ` ${symbols.arrow} `))}\n`,
  ];
}

function summaryOf(accounts: readonly TriedAccountView[]): string {
  const verdicts = accounts.flatMap(({ trials }) => trials.map(({ verdict }) => verdict));
  const counts = [...new Set(verdicts)].map((verdict) => {
    return `${verdicts.filter((each) => each === verdict).length} ${verdict.replaceAll('-', ' ')}`;
  });
  return counts.length === 0 ? 'no model was tried' : counts.join(', ');
}
