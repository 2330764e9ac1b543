import { AppError } from '../../core/errors.js';
import { type AccountEvent, describeEvent } from '../../core/events/event.js';
import { keepEvents } from '../../core/events/event-log.js';
import { type EventMemory, readMemory, writeMemory } from '../../core/events/memory.js';
import { creditNoticeMs, newsIn, type Sight } from '../../core/events/news.js';
import type { Attempts } from '../../core/guarding/attempts.js';
import type { Moment } from '../../core/guarding/due.js';
import type { Everything } from '../../core/guarding/everything.js';
import { sightOf } from '../../core/guarding/sighting.js';
import type { Settings } from '../../core/settings.js';
import type { Context } from '../program/context.js';
import { formatWhen } from '../render/time.js';
import { deliver, needsQuota, type Subscription, subscriptionOf } from './delivery.js';
import { QuotaReading } from './quota-reading.js';
import type { Teller } from './tell.js';

/** More events than anybody reads. A hook that hangs for each of them must not make the queue grow for ever. */
const mostUntold = 200;

/**
 * Notices what happens to the accounts, keeps it, and tells it to every receiver: each thing once, also across
 * restarts.
 */
export class Observer {
  readonly #context: Context;
  readonly #tell: Teller;
  readonly #reading: QuotaReading;
  #memory: EventMemory;
  /** The memory as it is on the disk. */
  #written = '';
  #subscription: Subscription | undefined;
  #telling: Promise<void> | undefined;

  constructor(context: Context, attempts: Attempts, tell: Teller) {
    this.#context = context;
    this.#tell = tell;
    this.#reading = new QuotaReading(context, attempts);
    this.#memory = readMemory(context.root);
    this.#written = JSON.stringify(this.#memory);
  }

  /** Looks at everything once. Returns when there is something to see again, should nothing change meanwhile. */
  async look(everything: Everything, settings: Settings): Promise<Moment[]> {
    const { clock } = this.#context;
    this.#subscription = subscriptionOf(settings);
    const reads = this.#subscription !== undefined && needsQuota(this.#subscription);
    const roster = reads ? await this.#reading.read(everything, settings) : everything.roster;
    const seen = { ...everything, roster };
    const { reservePercent, lowQuotaPercent: lowPercent } = settings;
    const sight = sightOf(seen, { now: clock.now(), reservePercent });
    const { events, memory } = newsIn(sight, this.#memory, { lowPercent });
    await this.#keep(events, memory);
    return [...momentsOf(seen, sight), ...(reads ? this.#reading.moments(everything, roster, settings) : [])];
  }

  /** Resolves when every event has been told to every receiver. */
  async settle(): Promise<void> {
    await this.#telling;
  }

  async #keep(events: readonly AccountEvent[], memory: EventMemory): Promise<void> {
    const untold = this.#subscription === undefined ? [] : [...memory.untold, ...events].slice(-mostUntold);
    // First the memory, so that an event is not forgotten when the guard is killed; then the log, which takes each
    // event once.
    this.#remember({ ...memory, untold });
    const now = this.#context.clock.now();
    for (const event of events) {
      for (const line of describeEvent(event, (at) => formatWhen(at, now))) {
        this.#tell(`event ${event.id} ${line}`, `${event.name}: ${line}`);
      }
    }
    try {
      await keepEvents(this.#context.root, [...memory.untold, ...events], this.#context.signal);
    } catch (error) {
      this.#context.signal.throwIfAborted();
      this.#tell('the log of events', `what has happened could not be kept: ${messageOf(error)}`);
    }
    this.#telling ??= this.#tellAll().finally(() => {
      this.#telling = undefined;
    });
  }

  #remember(memory: EventMemory): void {
    this.#memory = memory;
    const text = JSON.stringify(memory);
    if (text === this.#written) return;
    try {
      writeMemory(this.#context.root, memory);
      this.#written = text;
    } catch (error) {
      this.#tell('the memory of events', `what was told could not be kept: ${messageOf(error)}`);
    }
  }

  /** One event after the other, while the guard goes on. */
  async #tellAll(): Promise<void> {
    for (;;) {
      const [event, ...untold] = this.#memory.untold;
      const subscription = this.#subscription;
      if (event === undefined || subscription === undefined || this.#context.signal.aborted) return;
      // Taken from the memory before it is told: where the guard is killed in between, the event is in the log only,
      // and is never told twice.
      this.#remember({ ...this.#memory, untold });
      if (!subscription.names.has(event.name)) continue;
      for (const { to, problem } of await deliver(this.#context, event, subscription)) {
        if (problem !== undefined && !this.#context.signal.aborted) this.#tell(to, `${to} failed: ${problem}`);
      }
    }
  }
}

/** Times at which something is to be told although nothing changes. */
function momentsOf({ accounts }: Everything, sight: Sight): Moment[] {
  const now = sight.at;
  const ends = accounts.flatMap(({ enabled, tokens }) =>
    enabled && tokens.refreshToken === undefined && tokens.expiresAt !== undefined ? [tokens.expiresAt] : [],
  );
  const credits = sight.accounts.flatMap((account) =>
    account.credits ? [account.credits.expiresAt - creditNoticeMs] : [],
  );
  return [...ends, ...credits].filter((at) => at > now).map((at) => ({ at }));
}

/** A failure that a person is told of as a line, and that ends nothing. */
function messageOf(error: unknown): string {
  if (error instanceof AppError) return error.message;
  throw error;
}
