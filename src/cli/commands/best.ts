import * as z from 'zod/mini';
import { describeAccount } from '../../core/accounts/account.js';
import { describeReason } from '../../core/decision/reasons.js';
import { definedOnly } from '../../core/defined-only.js';
import { readAllScopes } from '../../core/pools/scope-files.js';
import { printable } from '../../core/printable.js';
import { QuotaViewSchema } from '../../core/quota/snapshot.js';
import { type BestWishes, chooseBest } from '../../core/session/best.js';
import type { DecidedRoster } from '../../core/session/decided-roster.js';
import { isInTheDark } from '../../core/session/failure.js';
import type { ShownProbes } from '../../core/session/quota-probing.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { titleOf } from '../render/account-table.js';
import { quotaLeft } from '../render/quota.js';
import type { Theme } from '../render/theme.js';
import { formatWhen } from '../render/time.js';
import { accountRefShape } from '../views/account-ref.js';
import { type ForecastFound, foundOf, quotaViewOf } from '../views/forecast-view.js';
import { failureLines, failureOfProbe, failureText } from '../views/probe-failure.js';
import { ScopeView } from '../views/scope-view.js';
import { WayOut, wayOutText } from '../views/ways-out.js';

const BestResult = z.object({
  scope: ScopeView,
  model: z.exactOptional(z.string()),
  /** Absent when no account is ready. */
  recommendation: z.exactOptional(
    z.object({ ...accountRefShape, reason: z.string(), active: z.boolean(), quota: z.exactOptional(QuotaViewSchema) }),
  ),
  nextAvailable: z.exactOptional(z.object({ id: z.string(), availableAt: z.iso.datetime() })),
  ...WayOut.shape,
  /** With `--session`: whether the conversation stays where it was, and why not. */
  session: z.exactOptional(
    z.object({
      kept: z.boolean(),
      previousId: z.exactOptional(z.string()),
      letGoBecause: z.exactOptional(z.string()),
    }),
  ),
  /** With `--switch`: whether auth.json changed. */
  switched: z.exactOptional(z.boolean()),
  /** Nothing is known about any account, and nobody could be reached. */
  inTheDark: z.exactOptional(z.literal(true)),
});
type BestResult = z.infer<typeof BestResult>;

async function best(context: Context, options: BestWishes): Promise<BestResult> {
  const { model, session } = options;
  const { probed, decision, previousId, activated } = await chooseBest(context, options);
  const forecast = foundOf(context, probed, decision, definedOnly({ model }));
  warnAboutUnread(context, probed, forecast);
  if (activated !== undefined) {
    const { proveActivation } = await import('../switching/switch-proof.js');
    await proveActivation(context, activated);
    if (activated.changed) context.note(`now using ${describeAccount(activated.account)}`);
  }
  const isDark = isInTheDark(forecast.accounts);
  return definedOnly({
    scope: forecast.scope,
    model,
    recommendation: recommendationView(forecast),
    nextAvailable: forecast.nextAvailable,
    onCredits: forecast.onCredits,
    resetCredits: forecast.resetCredits,
    session: session === undefined || isDark ? undefined : sessionView(context, decision, previousId),
    switched: options.switch === true ? activated?.changed : undefined,
    inTheDark: isDark ? (true as const) : undefined,
  });
}

/** The answer is one line, so that warnings tell what it could not be based on. */
function warnAboutUnread(context: Context, { probes, roster }: ShownProbes, { accounts }: ForecastFound): void {
  for (const line of failureLines(accounts, ': ')) context.warn(`quota not read of account ${line}`);
  const now = context.clock.now();
  for (const [id, probe] of probes) {
    if (roster.accounts.some((account) => account.id === id)) continue;
    const failure = failureOfProbe(probe, now);
    if (failure !== undefined) context.warn(failureText(failure, ': '));
  }
}

/**
 * A conversation leaves its account when that is not ready or not healthy any more; the reasons of the account say why.
 */
function sessionView(
  context: Context,
  { decided, recommendation }: DecidedRoster,
  previousId: string | undefined,
): BestResult['session'] {
  if (previousId === undefined) return { kept: false };
  if (recommendation?.id === previousId) return { kept: true, previousId };
  const now = context.clock.now();
  const previous = decided.find(({ account }) => account.id === previousId);
  const [reason] = previous?.decision.reasons.filter(({ code }) => code !== 'session-account') ?? [];
  const letGoBecause =
    reason === undefined ? whyGone(context, previousId) : describeReason(reason, (ms) => formatWhen(ms, now));
  return { kept: false, previousId, letGoBecause };
}

function whyGone({ root }: Context, id: string): string {
  const isFlagged = readAllScopes(root.paths).some(({ flagged }) => flagged.accounts.some((each) => each.id === id));
  return isFlagged ? describeReason({ code: 'flagged' }, String) : 'the account is not in this pool any more';
}

function recommendationView({ accounts, recommendation, now }: ForecastFound): BestResult['recommendation'] {
  const chosen = accounts.find(({ id }) => id === recommendation?.id);
  if (recommendation === undefined || chosen === undefined) return undefined;
  const { id, index, email, label, workspace, accountId, stored, active, quota } = chosen;
  return definedOnly({
    ...{ id, index, email, label, workspace, accountId, stored },
    reason: recommendation.reason,
    active,
    quota: quota && quotaViewOf(quota, now),
  });
}

function renderBest(result: BestResult, theme: Theme): string {
  const { color, symbols, now } = theme;
  const { recommendation, nextAvailable, session, inTheDark } = result;
  const letGo = session?.letGoBecause === undefined ? '' : ` (not the previous one: ${session.letGoBecause})`;
  if (recommendation !== undefined) {
    const { quota, index, reason } = recommendation;
    const left = quota === undefined ? 'quota unknown' : `${quotaLeft(quota, theme)}`;
    const parts = [color.bold(titleOf(recommendation)), printable(reason), left];
    return `${index}  ${parts.join(` ${symbols.separator} `)}${letGo}\n`;
  }
  if (inTheDark === true) return 'nothing is known about any account, and nobody could be asked\n';
  const ways = wayOutText(result, theme);
  if (nextAvailable === undefined) return `no account can be used${letGo}: codex-auth forecast --explain\n${ways}`;
  return `no account is ready before ${formatWhen(Date.parse(nextAvailable.availableAt), now)}${letGo}\n${ways}`;
}

export const bestCommand: Command<BestWishes, BestResult> = {
  name: 'best',
  schema: BestResult,
  run: best,
  render: renderBest,
  exitCode({ recommendation, inTheDark }) {
    if (recommendation !== undefined) return 0;
    return inTheDark === true ? 5 : 1;
  },
};
