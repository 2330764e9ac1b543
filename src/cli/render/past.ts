import { printable } from '../../core/printable.js';
import { percentText } from '../../core/quota/window.js';
import type { HistoryResult } from '../commands/history.js';
import { titleOf } from './account-table.js';
import { trackRecordText } from './pace.js';
import type { Theme } from './theme.js';
import { formatDistance, formatMoment } from './time.js';

/** More than anybody reads; the documents have all. */
const mostShown = 40;

/** A picture of each window over the time, then what happened, the latest last. */
export function renderPast({ removed, happenings, windows, trackRecord, since }: HistoryResult, theme: Theme): string {
  const { color, now, symbols } = theme;
  if (removed !== undefined) {
    const done = removed.length === 0 ? ['There is nothing to remove.'] : removed.map((path) => `Removed ${path}`);
    return done.map((line) => `${color.green(symbols.ok)} ${printable(line)}\n`).join('');
  }
  const left = happenings.length - mostShown;
  const lines = happenings.slice(-mostShown).map(({ at, accounts, detail }) => {
    const names = accounts.map((each) => titleOf(each)).join(', ');
    return `${formatMoment(Date.parse(at), now).padStart(16)}  ${printable(`${names}: ${detail}`)}`;
  });
  const earlier = left > 0 ? [color.dim(`${left} more before; --json and --csv have all`)] : [];
  const blocks = [
    windowLines(windows, theme),
    [...earlier, ...lines],
    trackRecord.judged + trackRecord.open === 0 ? [] : [trackRecordText(trackRecord)],
  ].filter((block) => block.length > 0);
  if (blocks.length === 0) return `Nothing is known since ${formatMoment(Date.parse(since), now)}.\n`;
  return blocks.map((block) => `${block.join('\n')}\n`).join('\n');
}

function windowLines(windows: HistoryResult['windows'], theme: Theme): string[] {
  const { now, color } = theme;
  const names = new Set<string>();
  return windows.flatMap((window) => {
    const { id, windowId, course, seen } = window;
    const last = seen.at(-1);
    const title = names.has(id) ? [] : [color.bold(titleOf(window))];
    names.add(id);
    const latest =
      last === undefined
        ? ''
        : `${percentText(last.leftPercent)} left ${color.dim(`seen ${formatDistance(Date.parse(last.at), now)}`)}`;
    return [...title, `  ${printable(windowId).padEnd(4)} ${sparkline(course, theme)} ${latest}`];
  });
}

const steps = { unicode: '▁▂▃▄▅▆▇█', ascii: '_.-=+*%#' } as const;

/** As high as what was left; a gap where nobody knows. */
function sparkline(course: readonly (number | null)[], { style }: Theme): string {
  const heights = style.hasUnicode ? steps.unicode : steps.ascii;
  return course
    .map((left) =>
      left === null ? ' ' : heights[Math.min(heights.length - 1, Math.floor((left / 100) * heights.length))],
    )
    .join('');
}
