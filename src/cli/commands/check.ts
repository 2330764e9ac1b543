import * as z from 'zod/mini';
import { unadoptableReasons } from '../../core/codex/auth-file.js';
import { loginPlace } from '../../core/codex/official-login.js';
import { definedOnly } from '../../core/defined-only.js';
import { toIso } from '../../core/instant.js';
import { bindingQuota } from '../../core/quota/binding-quota.js';
import { QuotaViewSchema, toQuotaView, toSnapshot } from '../../core/quota/snapshot.js';
import type { Roster } from '../../core/roster/roster.js';
import { indexAfter } from '../../core/session/asked-accounts.js';
import { type CheckAnswer, type CheckWishes, checkAccounts, failureOfCheck } from '../../core/session/check.js';
import { isNetworkFailure, isWithoutPlace } from '../../core/session/failure.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { titleOf } from '../render/account-table.js';
import { leftPhrase, quotaAge } from '../render/quota.js';
import type { Theme } from '../render/theme.js';
import { formatDistance, formatWhen } from '../render/time.js';
import { setAsideInUse, warnIfFlaggedInUse } from '../switching/set-aside.js';
import { accountRef, accountRefShape, shownEmail, unstoredText } from '../views/account-ref.js';
import { FailureView, failureText, sharedFailures } from '../views/probe-failure.js';
import { placeLine, ScopeView, scopeView } from '../views/scope-view.js';

const CheckedAccount = z.object({
  ...accountRefShape,
  /** Absent when the account has just been set aside. */
  index: z.exactOptional(z.number()),
  active: z.boolean(),
  /** The access token after this check. */
  token: z.object({
    state: z.enum(['valid', 'refreshed', 'adopted', 'unusable']),
    expiresAt: z.exactOptional(z.iso.datetime()),
  }),
  /** When the refresh token last proved good; it is never spent just to test it. */
  refreshProvenAt: z.exactOptional(z.iso.datetime()),
  reachable: z.boolean(),
  quota: z.exactOptional(QuotaViewSchema),
  verdict: z.enum(['fine', 'attention', 'unreachable']),
  problem: z.exactOptional(FailureView),
});
type CheckedAccount = z.infer<typeof CheckedAccount>;

/** `roster` is the one after the check. */
function checkedView(context: Context, roster: Roster, answer: CheckAnswer): CheckedAccount {
  const { asked, account, result, workspace, quota } = answer;
  const now = context.clock.now();
  const problem = failureOfCheck(answer, (at) => formatWhen(at, now));
  const failed = problem && isNetworkFailure(problem) ? 'unreachable' : 'attention';
  const verdict: CheckedAccount['verdict'] = problem === undefined ? 'fine' : failed;
  const { expiresAt, lastRefresh } = account.tokens;
  return definedOnly({
    ...accountRef({ ...account, ...definedOnly({ workspaceName: workspace?.name }) }, 0, context.options.mask === true),
    index: indexAfter(roster, asked),
    active: roster.active?.account.id === account.id,
    token: definedOnly({
      state: tokenState(answer, now),
      expiresAt: toIso(expiresAt),
    }),
    refreshProvenAt: toIso(lastRefresh),
    reachable: result.kind === 'answered' && result.answer.kind === 'ok',
    quota: quota?.kind === 'usage' ? toQuotaView(bindingQuota(toSnapshot(quota.usage), now), 'live', now) : undefined,
    verdict,
    problem,
  });
}

function tokenState({ asked, account, result }: CheckAnswer, now: number): CheckedAccount['token']['state'] {
  const { accessToken, expiresAt } = account.tokens;
  const isOver = accessToken === undefined || (expiresAt !== undefined && expiresAt <= now);
  if (isOver || (result.kind === 'answered' && result.answer.kind === 'unauthorized')) return 'unusable';
  if (asked.account.tokens.accessToken?.equals(accessToken) === true) return 'valid';
  return result.kind === 'answered' && result.recovery === 'reloaded' ? 'adopted' : 'refreshed';
}

/** Whose login the official client has. */
const LoginInUse = z.object({
  holds: z.enum(['account', 'set-aside', 'unknown-login', 'unadoptable', 'nothing']),
  /** The account, when it is one of ours. */
  id: z.exactOptional(z.string()),
  email: z.exactOptional(z.string()),
  /** What is to be done about it; a login that is set aside is explained by a warning. */
  problem: z.exactOptional(FailureView),
});
type LoginInUse = z.infer<typeof LoginInUse>;

const CheckResult = z.object({
  scope: ScopeView,
  accounts: z.array(CheckedAccount),
  /** Absent when one account was named. */
  inUse: z.exactOptional(LoginInUse),
  summary: z.object({
    fine: z.number(),
    attention: z.number(),
    unreachable: z.number(),
    /** Of this pool and not checked, because the person disabled them. */
    disabled: z.number(),
    /** Of this pool, those of this run included. */
    flagged: z.number(),
  }),
});
type CheckResult = z.infer<typeof CheckResult>;

async function check(context: Context, options: CheckWishes): Promise<CheckResult> {
  const { answers, roster } = await checkAccounts(context, options);
  warnIfFlaggedInUse(context, roster.scope);
  // Positions are those of the pool as it is now, so that the next command means the same accounts.
  const accounts = answers.map((answer) => checkedView(context, roster, answer));
  const isNamed = options.selector !== undefined;
  const count = (verdict: CheckedAccount['verdict']) => accounts.filter((each) => each.verdict === verdict).length;
  return definedOnly({
    scope: scopeView(roster),
    accounts,
    inUse: isNamed ? undefined : loginInUse(context, roster),
    summary: {
      fine: count('fine'),
      attention: count('attention'),
      unreachable: count('unreachable'),
      disabled: isNamed ? 0 : roster.accounts.filter(({ enabled }) => !enabled).length,
      flagged: roster.records.flagged.accounts.length,
    },
  });
}

/** A line per account with what was found, what to do about it below, and a verdict over all. */
function renderCheck({ scope, accounts, inUse, summary }: CheckResult, theme: Theme): string {
  const { color, symbols } = theme;
  const failing = accounts.map(({ index, problem }) => definedOnly({ index, failure: problem }));
  const shared = sharedFailures(failing, theme);
  const lines = accounts.flatMap((account) => accountLines(account, shared.has(account), theme));
  lines.push(...shared.lines);
  if (inUse?.problem !== undefined) {
    const { message, hint } = inUse.problem;
    lines.push(`${color.red(symbols.error)} ${message}`, `     ${symbols.arrow} ${hint}`);
  }
  return placeLine(scope, theme) + [...lines, summaryLine(summary, theme)].map((line) => `${line}\n`).join('');
}

function accountLines(account: CheckedAccount, isProblemShared: boolean, theme: Theme): string[] {
  const { color, symbols, now } = theme;
  const mark = {
    fine: color.green(symbols.ok),
    attention: color.red(symbols.error),
    unreachable: color.yellow(symbols.warning),
  }[account.verdict];
  const { quota, refreshProvenAt } = account;
  const facts = [
    account.active && 'in use',
    unstoredText(account, account.index),
    tokenText(account, now),
    account.token.state !== 'unusable' && account.renewable === false && 'cannot be renewed here',
    account.reachable ? 'reachable' : account.verdict === 'unreachable' && 'not reached',
    account.problem?.code !== 'sign-in-needed' &&
      refreshProvenAt &&
      `last renewed ${formatDistance(Date.parse(refreshProvenAt), now)}`,
    quota && `${leftPhrase(quota, theme)}, ${quotaAge(quota, theme)}`,
  ].filter(Boolean);
  const position = account.index ?? symbols.unknown;
  const first = `${mark} ${position}  ${titleOf(account)}: ${facts.join(` ${symbols.separator} `)}`;
  if (account.problem === undefined || isProblemShared) return [first];
  return [first, `     ${failureText(account.problem, ` ${symbols.arrow} `)}`];
}

function tokenText({ token }: CheckedAccount, now: number): string {
  const until = token.expiresAt === undefined ? '' : ` until ${formatWhen(Date.parse(token.expiresAt), now)}`;
  switch (token.state) {
    case 'valid':
      return `token valid${until}`;
    case 'refreshed':
      return `token refreshed, valid${until}`;
    case 'adopted':
      return `newer token taken over, valid${until}`;
    case 'unusable':
      return 'no usable token';
  }
}

function summaryLine({ fine, attention, unreachable, disabled, flagged }: CheckResult['summary'], { color }: Theme) {
  const parts = [
    `${fine} fine`,
    attention > 0 && color.red(`${attention} need${attention === 1 ? 's' : ''} attention`),
    unreachable > 0 && color.yellow(`${unreachable} not reached`),
    disabled > 0 && color.dim(`${disabled} disabled`),
    flagged > 0 && color.yellow(`${flagged} set aside: codex-auth verify-flagged`),
  ];
  return parts.filter(Boolean).join(', ');
}

export const checkCommand: Command<CheckWishes, CheckResult> = {
  name: 'check',
  exchanges: () => true,
  schema: CheckResult,
  run: check,
  render: renderCheck,
  exitCode({ accounts, summary, inUse }) {
    if (summary.unreachable === accounts.length) return 5;
    if (isWithoutPlace(accounts.map(({ problem }) => problem))) return 6;
    const isInOrder = inUse === undefined || inUse.holds === 'account' || inUse.holds === 'nothing';
    return summary.fine === accounts.length && isInOrder ? 0 : 1;
  },
};

function loginInUse(context: Context, roster: Roster): LoginInUse {
  const { home, options } = context;
  const { active } = roster;
  const { content } = roster.authFile;
  if (content === undefined) return { holds: 'nothing' };
  if (content.kind === 'unadoptable') {
    const message = `${loginPlace(home)} holds ${unadoptableReasons[content.reason]}, and no account of yours`;
    const hint = 'codex-auth switch <account> --replace  (a copy is kept)';
    return { holds: 'unadoptable', problem: { code: content.reason, message, hint } };
  }
  const { identity } = content.login;
  const email = shownEmail(identity.email, options.mask === true);
  if (active !== undefined) return definedOnly({ holds: 'account' as const, id: active.account.id, email });
  const flagged = setAsideInUse(roster);
  if (flagged !== undefined) return definedOnly({ holds: 'set-aside' as const, id: flagged.id, email });
  const message = `the official client is signed in as ${email ?? 'an account'}, which was removed here`;
  const hint = 'codex-auth switch <account>, or bring it back: codex-auth login';
  return definedOnly({ holds: 'unknown-login' as const, email, problem: { code: 'unknown-login', message, hint } });
}
