import * as z from 'zod/mini';
import { definedOnly } from '../../core/defined-only.js';
import { printable } from '../../core/printable.js';
import { percentText } from '../../core/quota/window.js';
import { nameOf, renderAccounts, stateCells } from '../render/account-table.js';
import { leftBar, windowName } from '../render/quota.js';
import { renderTable } from '../render/table.js';
import type { Theme } from '../render/theme.js';
import { formatDistance, formatMoment } from '../render/time.js';
import { lifeLines } from '../views/account-ref.js';
import { AccountView } from '../views/account-view.js';
import { FailureView, failureLines, failureText } from '../views/probe-failure.js';
import { placeLine, ScopeView } from '../views/scope-view.js';

const instant = z.iso.datetime();

const WatchedAccount = z.object({
  /** `quota` is absent as well while the access token has expired: what was read before says nothing about now. */
  ...AccountView.shape,
  /** When its quota was read last. */
  lastSuccessAt: z.exactOptional(instant),
  /** The last time since the watch began that it could not be read. */
  lastError: z.exactOptional(z.object({ at: instant, ...FailureView.shape })),
});
export type WatchedAccount = z.infer<typeof WatchedAccount>;

/** All accounts of a scope at one moment. */
export const WatchRound = z.object({
  scope: ScopeView,
  /** 1-based. */
  round: z.number(),
  at: instant,
  /** When the next round begins; absent with `--once`. */
  nextAt: z.exactOptional(instant),
  accounts: z.array(WatchedAccount),
  /** Why this round could not look: the accounts are those of the round before. */
  problem: z.exactOptional(FailureView),
});
export type WatchRound = z.infer<typeof WatchRound>;

/** Whether the last attempt failed. */
export function isFailing({ lastSuccessAt = '', lastError }: WatchedAccount): boolean {
  return lastError !== undefined && lastError.at >= lastSuccessAt;
}

/** A round that follows the one before it: the time, the table of `list`, and what could not be read. */
export function renderRound(round: WatchRound, theme: Theme): string {
  const { color } = theme;
  const time = color.dim(
    `${formatMoment(Date.parse(round.at), theme.now)} ${theme.symbols.separator} round ${round.round}\n`,
  );
  const lives = lifeLines(round.accounts, theme.now).map((line) => `${color.dim(line)}\n`);
  const problems = problemLines(round, theme).map((line) => `${color.yellow(line)}\n`);
  return [
    time,
    placeLine(round.scope, theme),
    renderAccounts(round.accounts, theme, renderTable),
    ...lives,
    ...problems,
  ].join('');
}

/** A round on few lines, for a screen. */
export function tableLines(round: WatchRound, theme: Theme): string[] {
  const table = renderAccounts(round.accounts, theme, renderTable).trimEnd().split('\n');
  return [...table, ...problemLines(round, theme).map(theme.color.yellow)];
}

function problemLines({ accounts, problem }: WatchRound, { symbols }: Theme): string[] {
  const arrow = ` ${symbols.arrow} `;
  const failing = accounts.filter(isFailing).map(({ index, lastError: failure }) => definedOnly({ index, failure }));
  return [...(problem === undefined ? [] : [printable(failureText(problem, arrow))]), ...failureLines(failing, arrow)];
}

/** A block per account: who, a bar for each window, and how old that is. */
export function blockLines({ accounts }: WatchRound, theme: Theme): string[] {
  return accounts.flatMap((account, position) => [
    ...(position === 0 ? [] : ['']),
    titleLine(account, theme),
    ...[...windowLines(account, theme), ...ageLines(account, theme)].map((line) => `     ${line}`),
  ]);
}

function titleLine(account: WatchedAccount, theme: Theme): string {
  const { color, symbols } = theme;
  const { text, paint } = stateCells(theme);
  const state = text(account);
  const facts = [account.workspace, account.plan].flatMap((fact) => (fact === undefined ? [] : [printable(fact)]));
  const parts = [color.bold(nameOf(account)), ...facts, paint(account)?.(state) ?? state].join(
    ` ${symbols.separator} `,
  );
  return `${account.active ? color.green(symbols.active) : ' '} ${String(account.index).padStart(2)} ${parts}`;
}

const longestBar = 20;

/** `5h ██████░░ 80% left, resets in 2h 5m`, with as much of a bar as there is room for. */
function windowLines({ quota, enabled }: WatchedAccount, theme: Theme): string[] {
  if (!enabled) return [];
  const { color, style, now } = theme;
  if (quota?.unlimited === true) return ['unlimited'];
  const windows = quota?.windows ?? [];
  if (windows.length === 0) return [color.dim('quota unknown')];
  const width = Math.max(...windows.map((window) => windowName(window).length));
  return windows.map((window) => {
    const resets = window.resetsAt === undefined ? '' : `, resets ${formatDistance(Date.parse(window.resetsAt), now)}`;
    const left = `${percentText(window.remainingPercent).padStart(4)} left${resets}`;
    const room = Math.min(longestBar, style.width - width - left.length - 8);
    const bar = room < 4 ? '' : `${leftBar(window, theme, room)} `;
    return `${windowName(window).padEnd(width)} ${bar}${left}`;
  });
}

function ageLines(account: WatchedAccount, theme: Theme): string[] {
  const { color, now, symbols } = theme;
  const { lastSuccessAt, lastError } = account;
  const ago = (at: string) => formatDistance(Date.parse(at), now);
  const read = lastSuccessAt === undefined ? [] : [color.dim(`read ${ago(lastSuccessAt)}`)];
  if (lastError === undefined) return read;
  const failed = `failed ${ago(lastError.at)}: ${printable(failureText(lastError, ` ${symbols.arrow} `))}`;
  return [...read, isFailing(account) ? color.yellow(failed) : color.dim(failed)];
}
