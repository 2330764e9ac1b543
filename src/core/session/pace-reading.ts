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
  /** Percentage points an hour; of a pool, of all its windows together. */
  percentPerHour: z.number(),
  /** At this pace; absent where it never is. */
  emptyAt: z.exactOptional(z.iso.datetime()),
};

/** How fast a window is being used up. Where that is unknown, it has none. */
export const WindowPaceView = z.object({
  ...paceShape,
  /** Whole per cents are all that the provider tells, so that the pace lies between these. */
  lowPercentPerHour: z.number(),
  highPercentPerHour: z.number(),
  resetsAt: z.exactOptional(z.iso.datetime()),
  emptyBeforeReset: z.boolean(),
});
export type WindowPaceView = z.infer<typeof WindowPaceView>;

/** The same for all windows of one kind. */
export const PoolPaceView = z.object({
  ...paceShape,
  /** How many accounts have such a window, and of how many the pace is known. */
  accounts: z.number(),
  known: z.number(),
  /** Of the windows whose pace is known, together. */
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
      /** What the work would use of it, from and to. */
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
    // Without a past there is no pace, and a thousand accounts need not be looked at to say so.
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

/** Nothing follows from fewer observations, and of a thousand accounts most have not more. */
function wellSeen(seen: ReadonlyMap<string, readonly Observation[]>): ReadonlyMap<string, readonly Observation[]> {
  const enough = new Map<string, readonly Observation[]>();
  seen.forEach((each, key) => {
    if (each.length >= fewestPoints) enough.set(key, each);
  });
  return enough;
}

/** Whether something binds that nothing is known of, or that nobody has watched: a limit of a model alone. */
function hasUnwatched({ windows, isIncomplete, lapsed }: BindingQuota): boolean {
  return isIncomplete || lapsed.length > 0 || windows.some(({ limitName }) => limitName !== undefined);
}

/** What belongs to a model alone is seen too seldom to have a pace. */
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
  /** Absent below three that are judged, as is the hit rate (0..1). */
  brier: z.exactOptional(z.number()),
  hitRate: z.exactOptional(z.number()),
});

/** An hour between two forecasts about one window: more often would count one outcome many times. */
const betweenForetellingsMs = hourMs;

/** Those that were not made a moment ago. */
export function newForetellings(reading: PaceReading, { foretellings }: QuotaHistory): Foretelling[] {
  const last = new Map(foretellings.map((each) => [windowKey(each), each.at]));
  return reading.foretellings().filter((each) => each.at - (last.get(windowKey(each)) ?? 0) >= betweenForetellingsMs);
}
