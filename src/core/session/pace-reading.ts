import * as z from 'zod/mini';
import type { AccountDecision } from '../decision/ranking.js';
import { definedOnly } from '../defined-only.js';
import type { Foretelling, Observation, QuotaHistory } from '../history/observation.js';
import {
  chanceOfEmpty,
  currentPace,
  emptyAt,
  fewestPoints,
  overallFit,
  type Pace,
  type WindowNeed,
  windowNeed,
  workingPace,
} from '../history/pace.js';
import { byWindow, windowKey } from '../history/track-record.js';
import { toIso } from '../instant.js';
import type { BindingQuota, BindingWindow } from '../quota/binding-quota.js';
import { lengthOf } from '../quota/window.js';
import type { DecidedAccount } from './decided-roster.js';

const hourMs = 3_600_000;

const paceShape = {
  windowId: z.string(),
  /** Percentage points an hour; for a pool, the sum over its windows. */
  percentPerHour: z.number(),
  /** When the window is empty at this pace; absent where it never is. */
  emptyAt: z.exactOptional(z.iso.datetime()),
};

/** How fast a window is being used up. A window whose pace is unknown has no view. */
export const WindowPaceView = z.object({
  ...paceShape,
  /** The pace lies between these two, because the provider tells whole per cents only. */
  lowPercentPerHour: z.number(),
  highPercentPerHour: z.number(),
  resetsAt: z.exactOptional(z.iso.datetime()),
  emptyBeforeReset: z.boolean(),
});
export type WindowPaceView = z.infer<typeof WindowPaceView>;

/** How fast all windows of one kind are being used up together. */
export const PoolPaceView = z.object({
  ...paceShape,
  /** How many accounts have such a window, and of how many the pace is known. */
  accounts: z.number(),
  known: z.number(),
  /** What is left of the windows whose pace is known, added up. */
  leftPercent: z.number(),
});
export type PoolPaceView = z.infer<typeof PoolPaceView>;

export const TaskFitView = z.object({
  /** Whether work of that length fits; `unknown` where too little work was seen on the account. */
  fits: z.enum(['yes', 'maybe', 'no', 'unknown']),
  windows: z.array(
    z.object({
      windowId: z.string(),
      leftPercent: z.number(),
      /** What the work would use of the window: at least `lowPercent`, at most `highPercent`. */
      lowPercent: z.exactOptional(z.number()),
      highPercent: z.exactOptional(z.number()),
      fits: z.enum(['yes', 'maybe', 'no', 'unknown']),
    }),
  ),
});
export type TaskFitView = z.infer<typeof TaskFitView>;

/** One window of an account with what was seen of it. */
interface WatchedWindow {
  readonly account: string;
  readonly window: BindingWindow;
  readonly lengthMs: number;
  readonly seen: readonly Observation[];
  readonly pace: Pace | undefined;
}

/** What the history says about the accounts of a decision. */
export class PaceReading {
  readonly #decisions: ReadonlyMap<string, AccountDecision>;
  readonly #seen: ReadonlyMap<string, readonly Observation[]>;
  readonly #windows = new Map<string, readonly WatchedWindow[]>();
  readonly #now: number;

  constructor({ observations }: QuotaHistory, decided: readonly DecidedAccount[], now: number) {
    this.#seen = wellSeen(byWindow(observations));
    this.#now = now;
    this.#decisions = new Map(decided.map(({ account, decision }) => [account.id, decision]));
  }

  paceOf(id: string): WindowPaceView[] {
    // Without observations there is no pace, and no account needs to be looked at.
    if (this.#seen.size === 0) return [];
    return this.#windowsOf(id).flatMap(({ window, pace }) =>
      pace === undefined ? [] : [this.#paceView(window, pace)],
    );
  }

  /** One entry for each kind of window that any pace is known of. */
  pool(): PoolPaceView[] {
    if (this.#seen.size === 0) return [];
    const all = this.#all();
    const ids = [...new Set(all.map(({ window }) => window.id))];
    return ids.flatMap((windowId) =>
      this.#poolView(
        windowId,
        all.filter(({ window }) => window.id === windowId),
      ),
    );
  }

  /** An account that cannot be used now fits nothing. */
  fitOf(id: string, taskMs: number): TaskFitView {
    const decision = this.#decisions.get(id);
    const windows = this.#windowsOf(id).map(({ window, lengthMs, seen }) => {
      const { id: windowId, remainingPercent: leftPercent, resetsAt } = window;
      return needView(
        windowNeed({ windowId, leftPercent, lengthMs, resetsAt, pace: workingPace(seen) }, taskMs, this.#now),
      );
    });
    if (decision?.availability !== 'ready') return { fits: 'no', windows };
    const { quota } = decision;
    if (quota?.isUnlimited === true) return { fits: 'yes', windows };
    const fits = windows.map((each) => each.fits);
    return { fits: overallFit(quota !== undefined && hasUnwatched(quota) ? [...fits, 'unknown'] : fits), windows };
  }

  /** What the present pace says about each window, for the judgement afterwards. */
  foretellings(): Foretelling[] {
    return this.#all().flatMap(({ account, window, pace }) => {
      const { id, remainingPercent, resetsAt } = window;
      if (pace === undefined || resetsAt === undefined || remainingPercent <= 0) return [];
      const chance = chanceOfEmpty(remainingPercent, pace, (resetsAt - this.#now) / hourMs);
      return [{ at: this.#now, account, window: id, resetsAt, chance: Math.round(chance * 100) / 100 }];
    });
  }

  #windowsOf(id: string): readonly WatchedWindow[] {
    const known = this.#windows.get(id);
    if (known !== undefined) return known;
    const decision = this.#decisions.get(id);
    const windows = (decision === undefined ? [] : ownWindows(decision)).map((window) =>
      watchedWindow(id, window, this.#seen, this.#now),
    );
    this.#windows.set(id, windows);
    return windows;
  }

  #all(): readonly WatchedWindow[] {
    return [...this.#decisions.keys()].flatMap((id) => this.#windowsOf(id));
  }

  #paceView({ id: windowId, remainingPercent, resetsAt }: BindingWindow, pace: Pace): WindowPaceView {
    const empty = emptyAt(remainingPercent, pace.perHour, this.#now);
    return definedOnly({
      windowId,
      percentPerHour: rounded(pace.perHour),
      lowPercentPerHour: rounded(pace.low),
      highPercentPerHour: rounded(pace.high),
      emptyAt: empty === undefined ? undefined : toIso(empty),
      resetsAt: resetsAt === undefined ? undefined : toIso(resetsAt),
      emptyBeforeReset: empty !== undefined && (resetsAt === undefined || empty < resetsAt),
    });
  }

  #poolView(windowId: string, windows: readonly WatchedWindow[]): PoolPaceView[] {
    const known = windows.flatMap(({ window, pace }) => (pace === undefined ? [] : [{ window, pace }]));
    if (known.length === 0) return [];
    const leftPercent = known.reduce((sum, { window }) => sum + window.remainingPercent, 0);
    const perHour = known.reduce((sum, { pace }) => sum + pace.perHour, 0);
    const empty = emptyAt(leftPercent, perHour, this.#now);
    return [
      definedOnly({
        windowId,
        percentPerHour: rounded(perHour),
        emptyAt: empty === undefined ? undefined : toIso(empty),
        accounts: windows.length,
        known: known.length,
        leftPercent: rounded(leftPercent),
      }),
    ];
  }
}

function needView({ lowPercent, highPercent, ...need }: WindowNeed): WindowNeed {
  if (lowPercent === undefined || highPercent === undefined) return need;
  return { ...need, lowPercent: rounded(lowPercent), highPercent: rounded(highPercent) };
}

/** Leaves out windows with too few observations for a pace: most of a thousand accounts have no more. */
function wellSeen(seen: ReadonlyMap<string, readonly Observation[]>): ReadonlyMap<string, readonly Observation[]> {
  const enough = new Map<string, readonly Observation[]>();
  seen.forEach((each, key) => {
    if (each.length >= fewestPoints) enough.set(key, each);
  });
  return enough;
}

/** Whether the account has a limit that is unknown, or that has no pace because it is for one model alone. */
function hasUnwatched({ windows, isIncomplete, lapsed }: BindingQuota): boolean {
  return isIncomplete || lapsed.length > 0 || windows.some(({ limitName }) => limitName !== undefined);
}

/** The windows that can have a pace. Limits of one model alone are seen too seldom. */
function ownWindows({ quota }: AccountDecision): BindingWindow[] {
  return quota?.windows.filter(({ limitName }) => limitName === undefined) ?? [];
}

function watchedWindow(
  account: string,
  window: BindingWindow,
  all: ReadonlyMap<string, readonly Observation[]>,
  now: number,
): WatchedWindow {
  const seen = all.get(windowKey({ account, window: window.id })) ?? [];
  const lengthMs = lengthOf(window) * 1000;
  const pace = currentPace(seen, { lengthMs, resetsAt: window.resetsAt }, now);
  return { account, window, lengthMs, seen, pace };
}

function rounded(percent: number): number {
  return Math.round(percent * 100) / 100;
}

export const TrackRecordView = z.object({
  judged: z.number(),
  open: z.number(),
  /** Absent while fewer than three forecasts are judged, as is the hit rate (0..1). */
  brier: z.exactOptional(z.number()),
  hitRate: z.exactOptional(z.number()),
});

/** The least time between two kept forecasts about one window: more of them would count one outcome many times. */
const betweenForetellingsMs = hourMs;

/** The forecasts about windows whose last kept forecast is old enough. */
export function newForetellings(reading: PaceReading, { foretellings }: QuotaHistory): Foretelling[] {
  const last = new Map(foretellings.map((each) => [windowKey(each), each.at]));
  return reading.foretellings().filter((each) => each.at - (last.get(windowKey(each)) ?? 0) >= betweenForetellingsMs);
}
