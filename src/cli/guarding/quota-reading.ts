import type { Attempts } from '../../core/guarding/attempts.js';
import { type Moment, timeUntil } from '../../core/guarding/due.js';
import type { Everything } from '../../core/guarding/everything.js';
import { nextQuotaRead } from '../../core/guarding/quota-reads.js';
import { withKnowledge } from '../../core/health/account-state.js';
import type { ResetCredits } from '../../core/quota/usage.js';
import type { Roster } from '../../core/roster/roster.js';
import { isNetworkFailure } from '../../core/session/failure.js';
import { type ProbedRoster, probeRoster } from '../../core/session/quota-probing.js';
import { withResetCreditDetails } from '../../core/session/usage.js';
import type { Settings } from '../../core/settings.js';
import type { Context } from '../program/context.js';
import { failureOfProbe } from '../views/probe-failure.js';

/** When each reset credit ends comes from another request, and hardly ever changes. */
const creditDetailsMs = 12 * 3_600_000;

interface KnownCredits {
  readonly details: ResetCredits;
  /** By the clock that never jumps. */
  readonly readAt: number;
}

/** Reads the quota of accounts, each at most once in an interval, for events that follow from it. */
export class QuotaReading {
  readonly #context: Context;
  readonly #attempts: Attempts;
  readonly #credits = new Map<string, KnownCredits>();

  constructor(context: Context, attempts: Attempts) {
    this.#context = context;
    this.#attempts = attempts;
  }

  /** The roster, with what was read now where anything was due. */
  async read(everything: Everything, settings: Settings): Promise<Roster> {
    const { roster, accounts } = everything;
    this.#attempts.keepOnly(new Set(accounts.map(({ id }) => id)));
    const due = accounts.filter((account) => {
      const moment = this.#next(roster, account, settings);
      return moment !== undefined && timeUntil(moment, this.#context.clock) <= 0;
    });
    if (due.length === 0) return this.#withCredits(roster);
    const probed = await probeRoster(this.#context, { ...roster, accounts }, { maxAgeMs: 0 }, due);
    this.#note(probed, settings);
    const known = { ...probed, roster: this.#withCredits(probed.roster) };
    const asked = due.map((account) => ({ account }));
    const { roster: complete } = await withResetCreditDetails(this.#context, known, asked);
    this.#remember(
      complete,
      due.map(({ id }) => id),
    );
    return { ...complete, accounts: roster.accounts };
  }

  /** When the next one is due. */
  moments({ accounts }: Everything, roster: Roster, settings: Settings): Moment[] {
    return accounts.flatMap((account) => this.#next(roster, account, settings) ?? []);
  }

  #next(roster: Roster, account: Everything['accounts'][number], { eventQuotaIntervalMs }: Settings) {
    const now = this.#context.clock.now();
    return nextQuotaRead(roster, account, { now, intervalMs: eventQuotaIntervalMs, attempts: this.#attempts });
  }

  #note({ probes }: ProbedRoster, { eventQuotaIntervalMs }: Settings): void {
    const now = this.#context.clock.now();
    let silent = 0;
    for (const [id, probe] of probes) {
      const failure = failureOfProbe(probe, now);
      if (failure === undefined) this.#attempts.wentWell(id, eventQuotaIntervalMs);
      else this.#attempts.failed(id, eventQuotaIntervalMs);
      if (failure !== undefined && isNetworkFailure(failure)) silent += 1;
    }
    // Without a network every account would fail again, one by one.
    if (silent > 1 && silent === probes.size) this.#attempts.allFail(eventQuotaIntervalMs);
  }

  /** Adds what was read of each reset credit: an answer about the quota tells only how many there are. */
  #withCredits(roster: Roster): Roster {
    const isFresh = ({ readAt }: KnownCredits) => this.#context.clock.monotonicMs() - readAt < creditDetailsMs;
    let { state } = roster;
    for (const [id, known] of this.#credits) {
      const quota = state.accounts[id]?.quota;
      const isSame = quota?.resetCredits?.availableCount === known.details.availableCount;
      if (quota === undefined || !isSame || !isFresh(known)) continue;
      state = withKnowledge(state, id, { ...state.accounts[id], quota: { ...quota, resetCredits: known.details } });
    }
    return state === roster.state ? roster : { ...roster, state };
  }

  #remember({ state }: Roster, ids: readonly string[]): void {
    for (const id of ids) {
      const details = state.accounts[id]?.quota?.resetCredits;
      const known = this.#credits.get(id);
      if (details?.credits === undefined) this.#credits.delete(id);
      else if (known?.details !== details)
        this.#credits.set(id, { details, readAt: this.#context.clock.monotonicMs() });
    }
  }
}
