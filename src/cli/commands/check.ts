import * as z from 'zod/mini';
import { definedOnly } from '../../core/defined-only.js';
import { type CheckWishes, checkAccounts } from '../../core/session/check.js';
import { isWithoutPlace } from '../../core/session/failure.js';
import { CheckedAccount, checkedView } from '../check-view.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import { warnIfFlaggedInUse } from '../flagged-in-use.js';
import { LoginInUse, loginInUse } from '../login-in-use.js';
import { unstoredText } from '../login-life.js';
import { titleOf } from '../render/account-table.js';
import { leftPhrase, quotaAge } from '../render/quota.js';
import { sharedFailures } from '../render/shared-failures.js';
import type { Theme } from '../render/theme.js';
import { formatDistance, formatWhen } from '../render/time.js';
import { placeLine, ScopeView, scopeView } from '../scope-view.js';

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

export type CheckOptions = CheckWishes;

async function check(context: Context, options: CheckOptions): Promise<CheckResult> {
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
  const { message, hint } = account.problem;
  return [first, `     ${message}${hint === undefined ? '' : ` ${symbols.arrow} ${hint}`}`];
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

export const checkCommand: Command<CheckOptions, CheckResult> = {
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
