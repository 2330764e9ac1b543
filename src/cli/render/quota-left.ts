import { percentText } from '../../core/quota/window.js';
import { quotaAge, type ShownQuota, saysAnything, windowLeft, windowsLeft } from './quota.js';
import type { Cell } from './table-layout.js';
import type { Theme } from './theme.js';
import { formatDistance, formatDuration, msOf } from './time.js';

/** How a table tells how old its numbers are (P15): in one line for all of them, or beside each. */
export interface QuotaAges {
  readonly areBeside: boolean;
  /** Below the table; empty where there is nothing to say. */
  readonly line: string;
}

/** What was read within this time of each other was read together. */
const togetherMs = 120_000;

export function agesOf(quotas: readonly (ShownQuota | undefined)[], theme: Theme): QuotaAges {
  const known = quotas.flatMap((quota) => (quota !== undefined && saysAnything(quota) ? [quota] : []));
  const seenAt = known.map(({ observedAt }) => msOf(observedAt));
  const oldest = Math.min(...seenAt);
  if (Math.max(...seenAt) - oldest > togetherMs) return { areBeside: true, line: '' };
  const isLive = known.every(({ source }) => source === 'live');
  const isNew = theme.now - oldest < 1_000;
  const line = isLive ? '' : isNew ? 'quota just read\n' : `quota seen ${formatDistance(oldest, theme.now)}\n`;
  return { areBeside: false, line };
}

/** `5h 80% (2h 5m) · 7d 41% (3d 4h)`, `5h 80% · 7d 41%`, or the share that binds: `41%`. */
export function leftCell(quota: ShownQuota | undefined, { areBeside }: QuotaAges, theme: Theme): Cell {
  const { symbols, now, color } = theme;
  if (quota === undefined || !saysAnything(quota)) return { text: symbols.unknown, paint: color.dim };
  const join = (parts: readonly string[]) =>
    (areBeside ? [...parts, quotaAge(quota, theme)] : parts).join(` ${symbols.separator} `);
  const windows = quota.windows.map((window) => {
    const { resetsAt } = window;
    return windowLeft(window) + (resetsAt === undefined ? '' : ` (${formatDuration(msOf(resetsAt) - now)})`);
  });
  return {
    text: join(quota.unlimited === true ? ['unlimited', ...windows] : windows),
    shorter: [() => join([windowsLeft(quota, theme)]), () => shareLeft(quota, areBeside, theme)],
  };
}

function shareLeft(quota: ShownQuota, hasAge: boolean, { symbols, now }: Theme): string {
  const { usableNowPercent: usable, unlimited, observedAt } = quota;
  const age = hasAge ? ` ${formatDistance(msOf(observedAt), now)}` : '';
  if (unlimited === true) return `unlimited${age}`;
  return usable === undefined ? symbols.unknown : `${percentText(usable)}${age}`;
}
