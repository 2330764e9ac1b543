import { percentText, windowTitle } from '../../core/quota/window.js';
import type { ForecastFound } from '../views/forecast-view.js';
import type { Theme } from './theme.js';
import { formatDuration, formatWhen } from './time.js';

type Account = ForecastFound['accounts'][number];
type WindowPace = NonNullable<Account['pace']>[number];
type PoolPace = NonNullable<ForecastFound['pool']>[number];
type Task = NonNullable<Account['task']>;

/** The windows that would be empty before they reset; with `--explain` also the others, and the pool. */
export function paceLines({ accounts, pool = [] }: ForecastFound, isExplained: boolean, theme: Theme): string[] {
  const own = accounts.flatMap(({ index, pace = [] }) =>
    pace
      .filter(({ emptyBeforeReset }) => isExplained || emptyBeforeReset)
      .map((window) => `${index}: ${paceText(window, theme)}`),
  );
  const together = pool.filter(({ known }) => isExplained && known > 1).map((each) => poolText(each, theme));
  return [...own, ...together];
}

function paceText(window: WindowPace, theme: Theme): string {
  const { windowId, emptyAt, resetsAt, emptyBeforeReset } = window;
  const reset = resetsAt === undefined ? '' : ` (${whenText(resetsAt, theme)})`;
  const speed = `${windowTitle({ id: windowId })} at ${rateText(window.percentPerHour)} an hour`;
  if (!emptyBeforeReset) return `${speed}: lasts until its reset${reset}`;
  const before = resetsAt === undefined ? '' : `, before its reset${reset}`;
  return `${speed}: empty ${emptyAt === undefined ? '' : whenText(emptyAt, theme)}${before}`;
}

function poolText({ windowId, accounts, known, percentPerHour, leftPercent, emptyAt }: PoolPace, theme: Theme): string {
  const whose = known === accounts ? `all ${accounts}` : `${known} of ${accounts}`;
  const titles = windowTitle({ id: windowId }).replace(/window|budget/, '$&s');
  const speed = `${titles} of ${whose} accounts together at ${rateText(percentPerHour)} an hour`;
  const end = emptyAt === undefined ? '' : `, empty ${whenText(emptyAt, theme)} if none reset`;
  return `${speed}, ${percentText(leftPercent)} left${end}`;
}

/** One line for each account: whether work of that length fits on it, and what it would use. */
export function taskLines({ accounts, taskMs }: ForecastFound, theme: Theme): string[] {
  if (taskMs === undefined) return [];
  const length = formatDuration(taskMs);
  return accounts.flatMap(({ index, task }) =>
    task === undefined ? [] : [`${index}: ${taskText(length, task, theme)}`],
  );
}

function taskText(length: string, { fits, windows }: Task, theme: Theme): string {
  const needs = windows.flatMap(({ windowId, leftPercent, lowPercent, highPercent }) =>
    lowPercent === undefined || highPercent === undefined
      ? []
      : [
          `${rangeText(lowPercent, highPercent, theme)} of its ${windowTitle({ id: windowId })}, ${percentText(leftPercent)} left`,
        ],
  );
  const wouldUse = needs.length === 0 ? '' : `; it would use ${needs.join(` ${theme.symbols.separator} `)}`;
  switch (fits) {
    case 'yes':
      return `${length} of work fits${wouldUse}`;
    case 'maybe':
      return `${length} of work may fit${wouldUse}`;
    case 'no':
      return `${length} of work does not fit${wouldUse}`;
    case 'unknown':
      return `whether ${length} of work fits is unknown: it was seen at work too seldom`;
  }
}

/** How earlier forecasts have done, in one line. */
export function trackRecordText({ judged, open, brier, hitRate }: NonNullable<ForecastFound['trackRecord']>): string {
  const counts = `${judged} forecasts of an empty window judged, ${open} still open`;
  if (brier === undefined || hitRate === undefined) return `${counts}: too few for a score`;
  const score = `Brier score ${brier.toFixed(2)} (0 is perfect, 0.25 is a guess)`;
  return `${counts}: ${percentText(hitRate * 100)} right, ${score}`;
}

function whenText(iso: string, { now }: Theme): string {
  return formatWhen(Date.parse(iso), now);
}

/** The upper end is rounded up: what work needs must not look smaller than it is. */
function rangeText(low: number, high: number, { symbols }: Theme): string {
  return `${Math.floor(low)}${symbols.range}${Math.ceil(high)}%`;
}

/** With two decimals where it is less than one percent, as it often is for a window of a week. */
function rateText(percentPerHour: number): string {
  return percentPerHour === 0 || percentPerHour >= 1 ? percentText(percentPerHour) : `${percentPerHour.toFixed(2)}%`;
}
