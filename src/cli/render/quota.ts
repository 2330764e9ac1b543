import { printable } from '../../core/printable.js';
import type { QuotaView } from '../../core/quota/snapshot.js';
import type { Theme } from './theme.js';
import { formatDistance, formatWhen, type Moment, msOf } from './time.js';

type WindowView = QuotaView['windows'][number];

/** What of a window is read as text, its times either way. */
export type ShownWindow = Pick<WindowView, 'id' | 'limitName' | 'remainingPercent'> & {
  readonly resetsAt?: Moment | undefined;
};

export interface ShownQuota {
  /** Default: a cached one. */
  readonly source?: QuotaView['source'];
  readonly observedAt: Moment;
  readonly usableNowPercent?: number | undefined;
  readonly windows: readonly ShownWindow[];
}

const barWidth = 20;

/** `5h  ███░░░  32% used, resets 14:10, in 2h 5m`, a line per window; the bar only where the terminal can show it. */
export function renderWindows(quota: QuotaView, theme: Theme): string[] {
  const width = nameWidth(quota);
  return quota.windows.map((window) => {
    const bar = theme.style.isTerminal ? `${quotaBar(window, theme)} ` : '';
    const used = `${Math.round(window.usedPercent)}% used`;
    return `${windowName(window).padEnd(width)} ${bar}${used}${resetText(window, theme)}`;
  });
}

/** The same for what is left: `5h  ███░░░ 68% left, resets 14:10, in 2h 5m`. */
export function renderWindowsLeft(quota: QuotaView, theme: Theme): string[] {
  const width = nameWidth(quota);
  return quota.windows.map((window) => {
    const share = `${Math.floor(window.remainingPercent)}% left`;
    return `${windowName(window).padEnd(width)} ${leftBar(window, theme, barWidth)} ${share}${resetText(window, theme)}`;
  });
}

function nameWidth({ windows }: QuotaView): number {
  return Math.max(4, ...windows.map((window) => windowName(window).length));
}

function resetText({ resetsAt }: WindowView, { now }: Theme): string {
  return resetsAt === undefined ? '' : `, resets ${formatWhen(Date.parse(resetsAt), now)}`;
}

export function windowName({ id, limitName }: Pick<WindowView, 'id' | 'limitName'>): string {
  return limitName === undefined ? id : printable(`${limitName} ${id}`);
}

export function quotaBar({ usedPercent }: WindowView, theme: Theme, width: number = barWidth): string {
  const { color, symbols } = theme;
  const full = Math.min(width, Math.round((usedPercent / 100) * width));
  return paintOf(usedPercent, theme)(symbols.barFull.repeat(full)) + color.dim(symbols.barEmpty.repeat(width - full));
}

/** How much is left, in the colours of how much is used. */
export function leftBar({ usedPercent, remainingPercent }: WindowView, theme: Theme, width: number): string {
  const { color, symbols } = theme;
  const full = Math.round((remainingPercent / 100) * width);
  return paintOf(usedPercent, theme)(symbols.barFull.repeat(full)) + color.dim(symbols.barEmpty.repeat(width - full));
}

function paintOf(usedPercent: number, { color }: Theme): (text: string) => string {
  if (usedPercent >= 90) return color.red;
  return usedPercent >= 70 ? color.yellow : color.green;
}

/** Where the numbers are from and how old they are (P15). */
export function quotaAge(quota: Pick<ShownQuota, 'source' | 'observedAt'>, theme: Theme): string {
  const seen = formatDistance(msOf(quota.observedAt), theme.now);
  return quota.source === 'live' ? 'just read' : `seen ${seen}`;
}

/** `5h 80% · 7d 41% · seen 2m ago`: what is left and how old that is, or the sign of the unknown. */
export function quotaLeft(quota: ShownQuota | undefined, theme: Theme): string {
  if (quota === undefined || quota.windows.length === 0) return theme.symbols.unknown;
  return `${windowsLeft(quota, theme)} ${theme.symbols.separator} ${quotaAge(quota, theme)}`;
}

/** `5h 80% · 7d 41%`: what is left of each window that is known. */
export function windowsLeft(quota: Pick<ShownQuota, 'windows'> | undefined, { symbols }: Theme): string {
  const windows = quota?.windows ?? [];
  if (windows.length === 0) return symbols.unknown;
  return windows.map(windowLeft).join(` ${symbols.separator} `);
}

export function windowLeft(window: ShownWindow): string {
  return `${windowName(window)} ${Math.floor(window.remainingPercent)}%`;
}
