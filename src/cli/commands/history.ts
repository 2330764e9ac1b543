import * as z from 'zod/mini';
import { AppError } from '../../core/errors.js';
import { toIso } from '../../core/instant.js';
import { printable } from '../../core/printable.js';
import { percentText } from '../../core/quota/window.js';
import { TrackRecordView } from '../../core/session/pace-reading.js';
import { forgetPast, type Past, readPast } from '../../core/session/past.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { titleOf } from '../render/account-table.js';
import { trackRecordText } from '../render/pace.js';
import type { Theme } from '../render/theme.js';
import { formatDistance, formatMoment } from '../render/time.js';
import { HappeningView, happeningCsv, happeningsOf, WindowCourseView, windowsOf } from '../views/past-view.js';

export const HistoryResult = z.object({
  /** From when on it is told. */
  since: z.iso.datetime(),
  until: z.iso.datetime(),
  /** The oldest first. */
  happenings: z.array(HappeningView),
  windows: z.array(WindowCourseView),
  /** How all forecasts that are kept have turned out, as in `forecast --score`. */
  trackRecord: TrackRecordView,
  /** With `--clear`: the files that were removed. */
  removed: z.exactOptional(z.array(z.string())),
});
export type HistoryResult = z.infer<typeof HistoryResult>;

interface HistoryOptions {
  /** Milliseconds. */
  readonly since?: number;
  readonly clear?: true;
  readonly yes?: true;
}

const usualMs = 7 * 86_400_000;

async function history(context: Context, { since = usualMs, clear, yes }: HistoryOptions): Promise<HistoryResult> {
  if (clear === true)
    return { ...viewOf(context, readPast(context, 0)), removed: await clearPast(context, yes === true) };
  return viewOf(context, readPast(context, since));
}

async function clearPast(context: Context, isAgreed: boolean): Promise<string[]> {
  if (!isAgreed && !context.io.isInteractive) {
    throw new AppError('confirmation-needed', 'history --clear would remove what is known of the past', {
      hint: 'add --yes',
    });
  }
  const question = 'Remove what is known of the past? Forecasts know no pace then.';
  if (!isAgreed) await (await context.prompter()).consent(question, false, 'nothing was removed');
  return forgetPast(context);
}

function viewOf(context: Context, past: Past): HistoryResult {
  const mask = context.options.mask === true;
  return {
    since: toIso(past.from),
    until: toIso(past.to),
    happenings: happeningsOf(past, mask),
    windows: windowsOf(past, mask),
    trackRecord: past.score,
  };
}

export const historyCommand: Command<HistoryOptions, HistoryResult> = {
  name: 'history',
  schema: HistoryResult,
  run: history,
  render: renderPast,
  renderCsv: happeningCsv,
};

/** More than anybody reads; the documents have all. */
const mostShown = 40;

/** A picture of each window over the time, then what happened, the latest last. */
function renderPast({ removed, happenings, windows, trackRecord, since }: HistoryResult, theme: Theme): string {
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
