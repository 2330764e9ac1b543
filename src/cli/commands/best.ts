import * as z from 'zod/mini';
import { describeAccount } from '../../core/accounts/account.js';
import { describeReason } from '../../core/decision/reasons.js';
import { definedOnly } from '../../core/defined-only.js';
import { lookup, touch } from '../../core/health/affinity.js';
import type { Roster } from '../../core/logins/roster.js';
import { readAllScopes } from '../../core/pools/scope-files.js';
import { printable } from '../../core/printable.js';
import { QuotaViewSchema } from '../../core/quota/snapshot.js';
import { accountRefShape } from '../account-ref.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import { ScopeView } from '../places.js';
import { failureLines, failureText, isInTheDark } from '../probe-failure.js';
import type { ProbingOptions, ShownProbes } from '../quota-probing.js';
import { readAndDecide } from '../read-and-decide.js';
import { titleOf } from '../render/account-table.js';
import { quotaLeft } from '../render/quota.js';
import type { Theme } from '../render/theme.js';
import { formatWhen } from '../render/time.js';
import type { DecidedRoster } from '../roster-view.js';
import { openRoster, requireAccounts } from '../selection.js';
import { WayOut, wayOutLines } from '../ways-out.js';
import { type ForecastFound, type FoundAccount, foundOf, quotaViewOf } from './forecast.js';

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

export interface BestOptions extends ProbingOptions {
  readonly model?: string;
  readonly session?: string;
  readonly switch?: boolean;
  readonly allowCredits?: boolean;
}

async function best(context: Context, options: BestOptions): Promise<BestResult> {
  const { model, allowCredits } = options;
  if (options.session !== undefined || options.switch === true) return bestToKeep(context, options);
  const { probed, decision } = await readAndDecide(context, options, definedOnly({ model, allowCredits }));
  const { answer, isDark } = answerOf(context, probed, decision, model);
  return definedOnly({ ...answer, inTheDark: isDark ? (true as const) : undefined });
}

/** The same where something is remembered of it: the conversation, or the account in use. */
async function bestToKeep(context: Context, options: BestOptions): Promise<BestResult> {
  const { probeAndDecide } = await import('../probe-and-decide.js');
  const roster = openRoster(context, options.switch === true ? context.writingScope() : context.readingScope());
  requireAccounts(roster);
  const { model, session, allowCredits } = options;
  const sessionAccountOf = (now: Roster) => (session === undefined ? undefined : sessionAccount(context, now, session));
  const dwellUntil = options.switch === true ? dwellEnd(context, roster) : undefined;
  const wishes = definedOnly({ model, allowCredits, dwellUntil, sessionAccountOf });
  const { probed, decision } = await probeAndDecide(context, roster, options, wishes);
  const sessionAccountId = sessionAccountOf(probed.roster);
  const { answer, isDark } = answerOf(context, probed, decision, model);
  const chosen = answer.recommendation;
  if (session !== undefined && chosen !== undefined) await rememberSession(context, session, chosen.id);
  const switched =
    options.switch === true && chosen !== undefined ? await switchTo(context, probed.roster, chosen.id) : undefined;
  return definedOnly({
    ...answer,
    session: session === undefined || isDark ? undefined : sessionView(context, decision, sessionAccountId),
    switched,
    inTheDark: isDark ? (true as const) : undefined,
  });
}

function answerOf(context: Context, probed: ShownProbes, decision: DecidedRoster, model: string | undefined) {
  const forecast = foundOf(context, probed, decision, definedOnly({ model }));
  warnAboutUnread(context, probed, forecast);
  const { scope, recommendation, nextAvailable, onCredits, resetCredits, accounts } = forecast;
  const chosen = accounts.find(({ id }) => id === recommendation?.id);
  const shown = recommendationView(chosen, forecast);
  const answer = definedOnly({ scope, model, recommendation: shown, nextAvailable, onCredits, resetCredits });
  return { answer, isDark: isInTheDark(accounts) };
}

/** Until then the account that this command chose last is kept. */
function dwellEnd(context: Context, { state }: Roster): number | undefined {
  const { dwellMs } = context.settings();
  const { switchedAt } = state;
  // A time in the future comes from a clock that was wrong.
  return switchedAt === undefined || switchedAt > context.clock.now() ? undefined : switchedAt + dwellMs;
}

/** The answer is one line, so what it could not be based on goes beside it. */
function warnAboutUnread(
  context: Context,
  { probes, roster, failureOf }: ShownProbes,
  { accounts }: ForecastFound,
): void {
  for (const line of failureLines(accounts, ': ')) context.warn(`quota not read of account ${line}`);
  const now = context.clock.now();
  for (const id of probes.keys()) {
    if (roster.accounts.some((account) => account.id === id)) continue;
    const failure = failureOf(id, now);
    if (failure !== undefined) context.warn(failureText(failure, ': '));
  }
}

function limits(context: Context) {
  const { sessionAffinityTtlMs: ttlMs, sessionAffinityMaxEntries: maxEntries } = context.settings();
  return { ttlMs, maxEntries };
}

function sessionAccount(context: Context, { state }: Roster, session: string): string | undefined {
  return lookup(state.affinity, session, context.clock.now(), limits(context));
}

async function rememberSession(context: Context, session: string, accountId: string): Promise<void> {
  const { keepKnowledge } = await import('../quota-probing.js');
  const now = context.clock.now();
  await keepKnowledge(context, (state) => {
    return { ...state, affinity: touch(state.affinity, session, accountId, now, limits(context)) };
  });
}

/** The conversation lets go of its account when that one is not ready or not healthy any more; its reasons say why. */
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

function recommendationView(
  chosen: FoundAccount | undefined,
  { recommendation, now }: ForecastFound,
): BestResult['recommendation'] {
  if (recommendation === undefined || chosen === undefined) return undefined;
  const { id, index, email, label, workspace, accountId, stored, active, quota } = chosen;
  return definedOnly({
    ...{ id, index, email, label, workspace, accountId, stored },
    reason: recommendation.reason,
    active,
    quota: quota && quotaViewOf(quota, now),
  });
}

/** Loaded only now: without `--switch` this command has no way to a credential (P5). */
async function switchTo(context: Context, roster: Roster, id: string): Promise<boolean> {
  const { activateAccount } = await import('../activation.js');
  const { proveActivation } = await import('../switch-proof.js');
  const { takeInFirst } = await import('../take-in.js');
  const account = roster.accounts.find((each) => each.id === id);
  if (account === undefined) return false;
  const scopeKey = roster.records.key;
  await takeInFirst(context, account, scopeKey);
  const activated = await activateAccount(
    context,
    { account, scopeKey, choosingScopeKey: scopeKey },
    { replace: false },
  );
  await proveActivation(context, activated);
  const { keepKnowledge } = await import('../quota-probing.js');
  if (activated.changed) await keepKnowledge(context, (state) => ({ ...state, switchedAt: context.clock.now() }));
  if (activated.changed && context.options.json !== true) context.io.note(`now using ${describeAccount(account)}`);
  return activated.changed;
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
  const ways = wayOutLines(result, theme)
    .map((line) => `${line}\n`)
    .join('');
  if (nextAvailable === undefined) return `no account can be used${letGo}: codex-auth forecast --explain\n${ways}`;
  return `no account is ready before ${formatWhen(Date.parse(nextAvailable.availableAt), now)}${letGo}\n${ways}`;
}

export const bestCommand: Command<BestOptions, BestResult> = {
  name: 'best',
  schema: BestResult,
  run: best,
  render: renderBest,
  exitCode({ recommendation, inTheDark }) {
    if (recommendation !== undefined) return 0;
    return inTheDark === true ? 5 : 1;
  },
};
