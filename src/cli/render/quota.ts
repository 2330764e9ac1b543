import { printable } from '../../core/printable.js';
import type { QuotaView } from '../../core/quota/snapshot.js';
import type { Theme } from './theme.js';
import { formatDistance, formatWhen } from './time.js';

type WindowView = QuotaView['windows'][number];

const barWidth = 20;

/** `5h  ███░░░  32% used, resets 14:10, in 2h 5m`, a line per window; the bar only where the terminal can show it. */
export function renderWindows(quota: QuotaView, theme: Theme): string[] {
  const width = Math.max(4, ...quota.windows.map((window) => windowName(window).length));
  return quota.windows.map((window) => {
    const bar = theme.style.isTerminal ? `${quotaBar(window, theme)} ` : '';
    const resets =
      window.resetsAt === undefined ? '' : `, resets ${formatWhen(Date.parse(window.resetsAt), theme.now)}`;
    return `${windowName(window).padEnd(width)} ${bar}${Math.round(window.usedPercent)}% used${resets}`;
  });
}

function windowName({ id, limitName }: WindowView): string {
  return limitName === undefined ? id : printable(`${limitName} ${id}`);
}

export function quotaBar({ usedPercent }: WindowView, { color, symbols }: Theme, width: number = barWidth): string {
  const full = Math.min(width, Math.round((usedPercent / 100) * width));
  const paint = usedPercent >= 90 ? color.red : usedPercent >= 70 ? color.yellow : color.green;
  return paint(symbols.barFull.repeat(full)) + color.dim(symbols.barEmpty.repeat(width - full));
}

/** Where the numbers are from and how old they are (P15). */
export function quotaAge(quota: QuotaView, theme: Theme): string {
  const seen = formatDistance(Date.parse(quota.observedAt), theme.now);
  return quota.source === 'live' ? 'just read' : `seen ${seen}`;
}

/** `5h 80% · 7d 41% · seen 2m ago`: what is left and how old that is, or the sign of the unknown. */
export function quotaLeft(quota: QuotaView | undefined, theme: Theme): string {
  if (quota === undefined || quota.windows.length === 0) return theme.symbols.unknown;
  return `${windowsLeft(quota, theme)} ${theme.symbols.separator} ${quotaAge(quota, theme)}`;
}

/** `5h 80% · 7d 41%`: what is left of each window that is known. */
export function windowsLeft(quota: QuotaView | undefined, { symbols }: Theme): string {
  const windows = quota?.windows ?? [];
  if (windows.length === 0) return symbols.unknown;
  const left = windows.map((window) => `${windowName(window)} ${Math.floor(window.remainingPercent)}%`);
  return left.join(` ${symbols.separator} `);
}
