import * as z from 'zod/mini';
import { AppError } from '../../core/errors.js';
import { toIso } from '../../core/instant.js';
import { TrackRecordView } from '../../core/session/pace-reading.js';
import { forgetPast, type Past, readPast } from '../../core/session/past.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import { HappeningView, happeningCsv, happeningsOf, WindowCourseView, windowsOf } from '../past-view.js';
import { renderPast } from '../render/past.js';

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

export interface HistoryOptions {
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
