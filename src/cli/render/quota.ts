import { printable } from '../../core/printable.js';
import type { QuotaView } from '../../core/quota/snapshot.js';
import { isFromAhead, percentText, unknownLength, windowTitle } from '../../core/quota/window.js';
import type { Cells } from './table-layout.js';
import type { Theme } from './theme.js';
import { formatDistance, formatDuration, formatWhen, type Moment, msOf } from './time.js';

type WindowView = QuotaView['windows'][number];

/** What is shown of a window, its times as text or in milliseconds. */
type ShownWindow = Pick<WindowView, 'id' | 'limitName' | 'remainingPercent'> & {
  readonly resetsAt?: Moment | undefined;
};

export interface ShownQuota {
  /** Default: a cached one. */
  readonly source?: QuotaView['source'];
  readonly observedAt: Moment;
  readonly origin?: QuotaView['origin'] | undefined;
  readonly usableNowPercent?: number | undefined;
  readonly unlimited?: boolean | undefined;
  readonly windows: readonly ShownWindow[];
}

const longestBar = 20;

/** A shorter bar shows nothing. */
const shortestBar = 4;

/** What the lines are indented by where they are shown, and the gaps in them. */
const around = 8;

/** `5h  ███░░░ 68% left, resets 14:10, in 2h 5m`, a line per window; the bar only where the terminal can show it. */
export function renderWindows(quota: Pick<QuotaView, 'windows'>, theme: Theme): string[] {
  const { isTerminal, width: columns } = theme.style;
  const width = Math.max(4, ...quota.windows.map((window) => windowName(window).length));
  const texts = quota.windows.map(({ remainingPercent, resetsAt }) => {
    const reset = resetsAt === undefined ? '' : `, resets ${formatWhen(Date.parse(resetsAt), theme.now)}`;
    return `${percentText(remainingPercent)} left${reset}`;
  });
  const room = columns - width - around - Math.max(0, ...texts.map(({ length }) => length));
  const barWidth = isTerminal && room >= shortestBar ? Math.min(longestBar, room) : 0;
  return quota.windows.map((window, position) => {
    const bar = barWidth === 0 ? '' : `${leftBar(window, theme, barWidth)} `;
    return `${windowName(window).padEnd(width)} ${bar}${texts[position] ?? ''}`;
  });
}

export function windowName({ id, limitName }: Pick<WindowView, 'id' | 'limitName'>): string {
  const name = id === unknownLength ? windowTitle({ id }) : id;
  return limitName === undefined ? name : printable(`${limitName} ${name}`);
}

export function leftBar(
  { remainingPercent }: Pick<WindowView, 'remainingPercent'>,
  theme: Theme,
  width: number,
): string {
  const { color, symbols } = theme;
  const full = Math.round((remainingPercent / 100) * width);
  return (
    paintOf(remainingPercent, theme)(symbols.barFull.repeat(full)) + color.dim(symbols.barEmpty.repeat(width - full))
  );
}

function paintOf(remainingPercent: number, { color }: Theme): (text: string) => string {
  if (remainingPercent <= 10) return color.red;
  return remainingPercent <= 30 ? color.yellow : color.green;
}

/** Where the numbers are from and how old they are (P15). */
export function quotaAge(quota: Pick<ShownQuota, 'source' | 'observedAt' | 'origin'>, theme: Theme): string {
  const seenAt = msOf(quota.observedAt);
  if (quota.source === 'live') return 'just read';
  if (isFromAhead(seenAt, theme.now)) return 'seen by a clock that was ahead';
  const by = quota.origin === undefined ? '' : ' by the official client';
  return `seen ${formatDistance(seenAt, theme.now)}${by}`;
}

/** `5h 80% · 7d 41% · seen 2m ago`: what is left and how old that is, or the sign of the unknown. */
export function quotaLeft(quota: ShownQuota | undefined, theme: Theme): string {
  if (quota === undefined || !saysAnything(quota)) return theme.symbols.unknown;
  return `${windowsLeft(quota, theme)} ${theme.symbols.separator} ${quotaAge(quota, theme)}`;
}

function saysAnything({ windows, unlimited }: Pick<ShownQuota, 'windows' | 'unlimited'>): boolean {
  return windows.length > 0 || unlimited === true;
}

/** `5h 80% · 7d 41%`: what is left of each window that is known. */
export function windowsLeft(quota: Pick<ShownQuota, 'windows' | 'unlimited'> | undefined, { symbols }: Theme): string {
  if (quota?.unlimited === true) return 'unlimited';
  const windows = quota?.windows ?? [];
  if (windows.length === 0) return symbols.unknown;
  return windows.map(windowLeft).join(` ${symbols.separator} `);
}

/** The same as a phrase: `5h 80% · 7d 41% left`, `unlimited`, or `unknown`. */
export function leftPhrase(quota: Pick<ShownQuota, 'windows' | 'unlimited'>, theme: Theme): string {
  if (!saysAnything(quota)) return 'unknown';
  return quota.unlimited === true ? 'unlimited' : `${windowsLeft(quota, theme)} left`;
}

function windowLeft(window: ShownWindow): string {
  return `${windowName(window)} ${percentText(window.remainingPercent)}`;
}

/** How a table tells how old its numbers are (P15): in one line for all of them, or beside each. */
export interface QuotaAges {
  readonly areBeside: boolean;
  /** Below the table; empty where there is nothing to say. */
  readonly line: string;
}

interface QuotaLine {
  readonly quota?: ShownQuota | undefined;
}

/** What was read within this time of each other was read together. */
const togetherMs = 120_000;

export function agesOf(accounts: readonly QuotaLine[], theme: Theme): QuotaAges {
  let oldest = Number.POSITIVE_INFINITY;
  let newest = Number.NEGATIVE_INFINITY;
  let isLive = true;
  for (const { quota } of accounts) {
    if (quota === undefined || !saysAnything(quota)) continue;
    const seenAt = msOf(quota.observedAt);
    oldest = Math.min(oldest, seenAt);
    newest = Math.max(newest, seenAt);
    isLive &&= quota.source === 'live';
  }
  if (newest - oldest > togetherMs) return { areBeside: true, line: '' };
  const isNew = theme.now - oldest < 1_000;
  const line = isLive ? '' : isNew ? 'quota just read\n' : `quota seen ${formatDistance(oldest, theme.now)}\n`;
  return { areBeside: false, line };
}

/** `5h 80% (2h 5m) · 7d 41% (3d 4h)`, `5h 80% · 7d 41%`, or the share that binds: `41%`. */
export function leftCells({ areBeside }: QuotaAges, theme: Theme): Required<Cells<QuotaLine>> {
  const { symbols, color } = theme;
  const whereKnown = (textOf: (quota: ShownQuota) => string) => {
    return ({ quota }: QuotaLine) => (quota !== undefined && saysAnything(quota) ? textOf(quota) : symbols.unknown);
  };
  const withAge = (left: string, quota: ShownQuota) =>
    areBeside ? `${left} ${symbols.separator} ${quotaAge(quota, theme)}` : left;
  return {
    text: whereKnown((quota) => withAge(resetsLeft(quota, theme), quota)),
    shorter: [
      whereKnown((quota) => withAge(windowsLeft(quota, theme), quota)),
      whereKnown((quota) => shareLeft(quota, areBeside, theme)),
    ],
    paint: ({ quota }) => (quota !== undefined && saysAnything(quota) ? undefined : color.dim),
  };
}

/** What is left of each window, and until when. */
function resetsLeft({ windows, unlimited }: ShownQuota, { symbols, now }: Theme): string {
  const each = windows.map((window) => {
    const { resetsAt } = window;
    return resetsAt === undefined
      ? windowLeft(window)
      : `${windowLeft(window)} (${formatDuration(msOf(resetsAt) - now)})`;
  });
  return (unlimited === true ? ['unlimited', ...each] : each).join(` ${symbols.separator} `);
}

function shareLeft(quota: ShownQuota, hasAge: boolean, { symbols, now }: Theme): string {
  const { usableNowPercent: usable, unlimited, observedAt } = quota;
  const age = hasAge ? ` ${formatDistance(msOf(observedAt), now)}` : '';
  if (unlimited === true) return `unlimited${age}`;
  return usable === undefined ? symbols.unknown : `${percentText(usable)}${age}`;
}
