import { isSameReset } from '../quota/window.js';
import type { Foretelling, Observation, QuotaHistory } from './observation.js';
import { fewestPoints } from './pace.js';

/** How earlier forecasts of windows running empty have turned out. */
export interface TrackRecord {
  /** Forecasts whose outcome is known. */
  readonly judged: number;
  /** Forecasts whose window has not reset yet, or was not seen again. */
  readonly open: number;
  /** The mean square of their errors: 0 is perfect, 0.25 is always saying 50 %. Absent with fewer than three judged. */
  readonly brier?: number;
  /** The share of forecasts whose likelier outcome has come. Absent with fewer than three judged. */
  readonly hitRate?: number;
}

/** A window that is seen in this last share of the time to its reset, and is not empty, counts as never empty. */
const nearReset = 0.2;

export function trackRecord(history: QuotaHistory, now: number): TrackRecord {
  const all = outcomesOf(history, now);
  const outcomes = all.flatMap(({ foretelling: { chance }, happened }) =>
    happened === undefined ? [] : [{ chance, happened }],
  );
  const judged = outcomes.length;
  const open = all.length - judged;
  if (judged < fewestPoints) return { judged, open };
  const brier = mean(outcomes.map(({ chance, happened }) => (chance - Number(happened)) ** 2));
  const hitRate = mean(outcomes.map(({ chance, happened }) => Number(chance >= 0.5 === happened)));
  return { judged, open, brier, hitRate };
}

/** A forecast, and whether the window was empty before its reset; undefined as long as that cannot be known. */
export interface Outcome {
  readonly foretelling: Foretelling;
  readonly happened: boolean | undefined;
}

/** What became of every forecast, the oldest first. */
export function outcomesOf({ foretellings, observations }: QuotaHistory, now: number): Outcome[] {
  const seen = byWindow(observations);
  return foretellings.map((foretelling) => ({
    foretelling,
    happened: outcomeOf(foretelling, seen.get(windowKey(foretelling)) ?? [], now),
  }));
}

/** Whether the window was empty before its reset; undefined as long as that cannot be known. */
function outcomeOf({ at, resetsAt }: Foretelling, seen: readonly Observation[], now: number): boolean | undefined {
  const later = seen.filter((each) => each.at > at && each.at < resetsAt && isSameReset(each.resetsAt, resetsAt));
  if (later.some(({ usedPercent }) => usedPercent >= 100)) return true;
  const last = later.at(-1);
  if (last === undefined || now < resetsAt) return undefined;
  return resetsAt - last.at <= nearReset * (resetsAt - at) ? false : undefined;
}

/** The observations of each window, in their order. */
export function byWindow(observations: readonly Observation[]): ReadonlyMap<string, readonly Observation[]> {
  const groups = new Map<string, Observation[]>();
  for (const each of observations) {
    const group = groups.get(windowKey(each));
    if (group === undefined) groups.set(windowKey(each), [each]);
    else group.push(each);
  }
  return groups;
}

export function windowKey({ account, window }: { readonly account: string; readonly window: string }): string {
  return `${window} ${account}`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
