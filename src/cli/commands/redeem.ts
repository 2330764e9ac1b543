import * as z from 'zod/mini';
import { type Account, describeAccount } from '../../core/accounts/account.js';
import { probeResetCredits } from '../../core/asking/usage-endpoint.js';
import { definedOnly } from '../../core/defined-only.js';
import { AppError } from '../../core/errors.js';
import { toIso } from '../../core/instant.js';
import { printable } from '../../core/printable.js';
import type { BindingWindow } from '../../core/quota/binding-quota.js';
import { percentText, windowTitle } from '../../core/quota/window.js';
import type { Prospect } from '../../core/redeeming/prospect.js';
import { prospectOf } from '../../core/redeeming/prospect.js';
import { type Redemption, redeemCredit } from '../../core/redeeming/redeem.js';
import { unsettledOf } from '../../core/redeeming/unsettled.js';
import { type AskedAccount, askedAccounts } from '../../core/session/asked-accounts.js';
import { refreshingAccess } from '../../core/session/backend-access.js';
import { isNetworkFailure } from '../../core/session/failure.js';
import { type ProbedRoster, probeRoster } from '../../core/session/quota-probing.js';
import { openRoster } from '../../core/session/selection.js';
import { takeInFirst } from '../../core/session/take-in.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { titleOf } from '../render/account-table.js';
import type { Theme } from '../render/theme.js';
import { formatWhen } from '../render/time.js';
import { askConsent } from '../terminal/ask-consent.js';
import { accountRef, accountRefShape } from '../views/account-ref.js';
import { FailureView, failureView } from '../views/probe-failure.js';
import { AccountUsage, usageView } from '../views/usage-view.js';
import { renderUsage } from './usage.js';

const RedeemResult = z.object({
  ...accountRefShape,
  /**
   * `reset`: a credit was spent, and the windows are full. `already-redeemed`: it had been spent before, by the earlier
   * request where `repeated` says so. `nothing-to-reset`, `no-credit`: the provider spent none. `unknown`: no definite
   * answer; the next run asks about the same request. `failed`: this run has spent nothing.
   */
  outcome: z.enum(['reset', 'already-redeemed', 'nothing-to-reset', 'no-credit', 'unknown', 'failed']),
  /** An earlier request without an answer was asked about, and no other was made. */
  repeated: z.boolean(),
  /** As the provider knows the request; absent where none was made. */
  requestId: z.exactOptional(z.string()),
  creditId: z.exactOptional(z.string()),
  /** When that credit would have expired. */
  expiresAt: z.exactOptional(z.iso.datetime()),
  /** The windows that were used up. */
  windows: z.array(z.string()),
  /** What the provider says that it has reset, in its own words. */
  windowsReset: z.array(z.string()),
  failure: z.exactOptional(FailureView),
  /** The account after that, as `usage` shows it. */
  usage: z.exactOptional(AccountUsage),
});
type RedeemResult = z.infer<typeof RedeemResult>;

interface RedeemOptions {
  readonly selector: string;
  readonly yes?: boolean;
}

async function redeem(context: Context, { selector, yes }: RedeemOptions): Promise<RedeemResult> {
  const roster = openRoster(context, context.writingScope());
  const [asked] = askedAccounts(context, roster, selector);
  if (asked === undefined) throw new AppError('no-such-account', `there is no account "${selector}"`);
  // Read before any request: throws for an entry that cannot be understood, because it may be about this account.
  const earlier = unsettledOf(context.root, asked.account);
  const access = await refreshingAccess(context, roster);
  const probed = await probeRoster(context, roster, { live: true }, [asked.account]);
  const probe = probed.probes.get(asked.account.id);
  if (probe === undefined || probe.kind !== 'usage') {
    const now = context.clock.now();
    return withoutRequest(context, asked, probe && failureView(probe, now));
  }
  const listed = await probeResetCredits(access, probe.account);
  if (listed.kind !== 'credits') return withoutRequest(context, asked, failureView(listed, context.clock.now()));

  const findings = { quota: probe.usage, credits: listed.credits };
  const prospect = prospectOf(findings, earlier, context.clock.now());
  const plan = refuse(prospect, probe.account, context.clock.now());
  await agree(context, plan, probe.account, yes === true);
  await takeInFirst(context, probe.account, roster.records.key);
  const { signal, warn } = context;
  const redemption = await context.uninterrupted(() => redeemCredit({ access, signal, warn }, probe.account, prospect));
  return resultOf(context, probed, asked, plan, redemption);
}

/** Says what it would do, and asks where somebody can answer. */
async function agree(context: Context, plan: Plan, account: Account, isAgreed: boolean): Promise<void> {
  const { io, options, clock } = context;
  const lines = planLines(plan, account, clock.now());
  if (isAgreed) {
    if (options.json !== true) io.note(...lines);
    return;
  }
  if (io.isInteractive) io.note(...lines);
  const [question, what] =
    plan.kind === 'repeat' ? ['Ask about it again?', 'ask about a request'] : ['Spend it?', 'spend a reset credit'];
  const would = `redeem would ${what} of ${describeAccount(account)}`;
  await askConsent(context, { question, otherwise: 'nothing was spent', would, lines });
}

async function resultOf(
  context: Context,
  probed: ProbedRoster,
  asked: AskedAccount,
  plan: Plan,
  redemption: Redemption,
): Promise<RedeemResult> {
  const now = context.clock.now();
  if (redemption.kind === 'changed') {
    refuse(redemption.prospect, asked.account, now);
    throw new AppError('storage-conflict', 'it has changed meanwhile, so nothing was spent', {
      hint: 'run the command again',
    });
  }
  if (redemption.kind === 'failed') return withoutRequest(context, asked, failureView(redemption.failure, now), plan);
  const { request } = redemption;
  const isRepeat = redemption.kind === 'unknown' ? plan.kind === 'repeat' : redemption.isRepeat;
  const facts = {
    ...refOf(context, asked),
    repeated: isRepeat,
    requestId: request.requestId,
    windows: plan.windows.map(({ id }) => id),
    ...definedOnly({
      creditId: request.creditId,
      expiresAt: toIso(plan.kind === 'ready' ? plan.credit?.expiresAt : undefined),
    }),
  };
  if (redemption.kind === 'unknown') {
    return { ...facts, outcome: 'unknown', windowsReset: [], failure: unknownView(redemption, asked, now) };
  }
  const { code, windowsReset } = redemption;
  const outcome = outcomes[code];
  const usage = await usageAfter(context, probed, asked);
  return { ...facts, outcome, windowsReset: [...windowsReset], usage };
}

const outcomes = {
  reset: 'reset',
  already_redeemed: 'already-redeemed',
  nothing_to_reset: 'nothing-to-reset',
  no_credit: 'no-credit',
} as const;

/** The account after the request, asked again: the numbers from before are not those of now. */
async function usageAfter(context: Context, { roster }: ProbedRoster, asked: AskedAccount): Promise<AccountUsage> {
  const account = roster.accounts.find(({ id }) => id === asked.account.id) ?? asked.account;
  const now = openRoster(context, context.writingScope());
  const again = await probeRoster(context, now, { live: true }, [account]);
  return usageView(context, again, { ...asked, account });
}

function unknownView(
  { failure }: Extract<Redemption, { kind: 'unknown' }>,
  { index }: AskedAccount,
  now: number,
): FailureView {
  const { message, hint: _, ...view } = failureView(failure, now);
  return {
    ...view,
    code: 'unknown-outcome',
    message: `nobody knows whether the credit was spent: ${message}`,
    hint: `codex-auth redeem ${index}  (asks about the same request, and spends no second credit)`,
  };
}

function withoutRequest(
  context: Context,
  asked: AskedAccount,
  failure: FailureView | undefined,
  plan?: Plan,
): RedeemResult {
  const windows = plan?.windows.map(({ id }) => id) ?? [];
  const ref = refOf(context, asked);
  return { ...ref, outcome: 'failed', repeated: false, windows, windowsReset: [], ...definedOnly({ failure }) };
}

function refOf(context: Context, { account, index }: AskedAccount) {
  return accountRef(account, index, context.options.mask === true);
}

export const redeemCommand: Command<RedeemOptions, RedeemResult> = {
  name: 'redeem',
  schema: RedeemResult,
  run: redeem,
  render: renderRedemption,
  exitCode({ outcome, repeated, failure }) {
    if (outcome === 'reset' || (outcome === 'already-redeemed' && repeated)) return 0;
    if (outcome === 'unknown') return 5;
    return failure !== undefined && isNetworkFailure(failure) ? 5 : 1;
  },
};

function renderRedemption(result: RedeemResult, theme: Theme): string {
  const { color, symbols } = theme;
  const { usage, failure } = result;
  const isGood = result.outcome === 'reset' || (result.outcome === 'already-redeemed' && result.repeated);
  const mark = isGood ? color.green(symbols.ok) : color.yellow(symbols.warning);
  const lines = [`${mark} ${sentenceOf(result)}`];
  if (failure?.hint !== undefined) lines.push(`  ${symbols.arrow} ${printable(failure.hint)}`);
  if (result.outcome === 'already-redeemed') {
    lines.push(`  ${symbols.arrow} to spend another: codex-auth redeem ${result.index}`);
  }
  const now = usage === undefined ? '' : `\n${renderUsage([usage], theme)}`;
  return `${lines.join('\n')}\n${now}`;
}

function sentenceOf(result: RedeemResult): string {
  const name = titleOf(result);
  switch (result.outcome) {
    case 'reset':
      return `A reset credit of ${name} is spent, and its windows are full`;
    case 'already-redeemed':
      return result.repeated
        ? `The earlier request of ${name} had spent its credit; none was spent now`
        : `That credit of ${name} had been spent before, elsewhere; none was spent now`;
    case 'nothing-to-reset':
      return `The provider finds nothing to reset for ${name}, and has spent no credit`;
    case 'no-credit':
      return `The provider has no such credit of ${name}, and has spent none`;
    case 'unknown':
    case 'failed':
      return printable(`${name}: ${result.failure?.message ?? 'nothing was spent'}`);
  }
}

/** What is about to be asked of the provider. */
type Plan = Extract<Prospect, { kind: 'ready' | 'repeat' }>;

/** The plan, where there is something to do. Throws `not-allowed` with the reason why nothing may be spent. */
function refuse(prospect: Prospect, account: Account, now: number): Plan {
  const name = describeAccount(account);
  switch (prospect.kind) {
    case 'ready':
    case 'repeat':
      return prospect;
    case 'nothing-used-up': {
      const { request } = prospect;
      const open =
        request === undefined
          ? ''
          : `; the request of ${formatWhen(request.startedAt, now)}, has no answer, and its credit is still there: it is asked about when something is used up again`;
      throw new AppError('not-allowed', `${name} has no window that is used up, so no credit is spent${open}`, {
        hint: 'codex-auth usage --live',
      });
    }
    case 'no-credit':
      throw new AppError('not-allowed', `${name} has no reset credit to spend`, { hint: 'codex-auth forecast' });
    case 'none-applies':
      throw new AppError(
        'not-allowed',
        `${name} has ${prospect.count} reset credits, none of which the provider would take for what is used up now`,
        { hint: 'codex-auth forecast' },
      );
  }
}

/** What would be spent, until when it could be kept, and what it would change. A line each. */
function planLines(plan: Plan, account: Account, now: number): string[] {
  const name = describeAccount(account);
  const windows = plan.windows.map((window) => `  would be full again: ${windowLine(window, now)}`);
  if (plan.kind === 'repeat') {
    const since = formatWhen(plan.request.startedAt, now);
    return [
      `${name}: the request of ${since}, has no answer. It is asked about by its id, which spends one credit in all`,
      ...windows,
    ];
  }
  const { credit, count } = plan;
  const title = credit?.title === undefined ? '' : ` (${credit.title})`;
  const expiry = credit?.expiresAt === undefined ? 'expiry unknown' : `expires ${formatWhen(credit.expiresAt, now)}`;
  return [`${name}: 1 of ${count} reset credit${count === 1 ? '' : 's'}${title}, ${expiry}`, ...windows];
}

function windowLine(window: BindingWindow, now: number): string {
  const { resetsAt, remainingPercent } = window;
  const byItself = resetsAt === undefined ? '' : `, resets by itself ${formatWhen(resetsAt, now)}`;
  return `${windowTitle(window)}, ${percentText(remainingPercent)} left${byItself}`;
}
