import type { QuotaSnapshot } from '../../src/core/quota/usage.js';
import { type QuotaWindow, quotaWindow } from '../../src/core/quota/window.js';

export const slotMs = 1_800_000;
export const slotsPerDay = 48;
export const shortSlots = 10;
export const weekSlots = 7 * slotsPerDay;

/** The moment at which every month begins, so that nothing depends on the day it is simulated. */
const monthStart = Date.UTC(2026, 10, 1);

export function timeOf(slot: number): number {
  return monthStart + slot * slotMs;
}

/** What an account may use, in units of work. */
export interface Plan {
  readonly weekCapacity: number;
  /** Absent where the provider names one window only, as it does for most paid plans. */
  readonly shortCapacity?: number;
  /** The slot of the first weekly reset; the others follow every week, used or not. */
  readonly firstReset: number;
  /** What of the first week was used before the month began. */
  readonly usedBefore: number;
}

/** Less is nothing: sums of fractions leave such crumbs. */
const crumb = 1e-9;

/** The provider's side of one account: what is really left, and what it answers when it is asked. */
export class Meter {
  readonly #plan: Plan;
  #weekUsed: number;
  #weekEnds: number;
  #shortUsed = 0;
  /** The short window begins with the first use; until then none runs. */
  #shortEnds = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#weekUsed = plan.usedBefore;
    this.#weekEnds = plan.firstReset;
  }

  isEmpty(slot: number): boolean {
    this.#settle(slot);
    return this.#left() <= crumb;
  }

  /** Uses as much of the amount as is left in this slot. */
  use(amount: number, slot: number): number {
    if (this.isEmpty(slot)) return 0;
    const used = Math.min(amount, this.#left());
    if (this.#shortEnds <= slot) this.#shortEnds = slot + shortSlots;
    this.#shortUsed += used;
    this.#weekUsed += used;
    return used;
  }

  /** The usage endpoint's answer: whole per cents, a window that is not running a whole length from its reset. */
  answer(slot: number): QuotaSnapshot {
    const allowed = !this.isEmpty(slot);
    const { shortCapacity, weekCapacity } = this.#plan;
    const shortEnds = this.#shortEnds > slot ? this.#shortEnds : slot + shortSlots;
    const short = shortCapacity === undefined ? [] : windowOf(shortSlots, this.#shortUsed / shortCapacity, shortEnds);
    const week = windowOf(weekSlots, this.#weekUsed / weekCapacity, this.#weekEnds);
    return {
      observedAt: timeOf(slot),
      windows: [...short, ...week],
      additional: [],
      allowed,
      limitReached: !allowed,
    };
  }

  #left(): number {
    const { shortCapacity = Number.POSITIVE_INFINITY, weekCapacity } = this.#plan;
    return Math.min(shortCapacity - this.#shortUsed, weekCapacity - this.#weekUsed);
  }

  #settle(slot: number): void {
    while (this.#weekEnds <= slot) {
      this.#weekEnds += weekSlots;
      this.#weekUsed = 0;
    }
    if (this.#shortEnds <= slot) this.#shortUsed = 0;
  }
}

function windowOf(slots: number, share: number, endsAt: number): QuotaWindow[] {
  const usedPercent = Math.min(100, Math.floor(share * 100 + 1e-6));
  return [quotaWindow({ durationSeconds: (slots * slotMs) / 1000, usedPercent, resetsAt: timeOf(endsAt) })].flatMap(
    (window) => window ?? [],
  );
}
