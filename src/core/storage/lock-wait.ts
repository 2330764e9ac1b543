import type { Clock } from '../clock.js';
import { AppError } from '../errors.js';
import { heartbeatOf, type LockSighting } from './lock-directory.js';
import type { LockOwner } from './lock-owner.js';
import type { ProcessTable } from './process-table.js';

export interface LockPatience {
  readonly clock: Clock;
  readonly processes: ProcessTable;
  /** How long to wait for a live owner; for a foreign one at least 20 s, or its end could not be noticed. */
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called once, when the wait has become long enough for a person to wonder. */
  readonly onWaiting?: ((owner: LockOwner | undefined) => void) | undefined;
}

type Held = Extract<LockSighting, { kind: 'held' }>;

const foreignWaitMs = 20_000;
const noticeAfterMs = 1_000;
/** Random, so that twenty contenders do not look in step; short, so that a dead owner is noticed at once. */
const pauseMs = { least: 10, most: 40 };

/** One process waiting for one lock. */
export class LockWait {
  readonly #name: string;
  readonly #patience: LockPatience;
  readonly #foreign: ForeignWatch;
  readonly #startedAt: number;
  #isNoticed = false;

  constructor(name: string, patience: LockPatience) {
    this.#name = name;
    this.#patience = patience;
    this.#foreign = new ForeignWatch(patience.clock);
    this.#startedAt = patience.clock.monotonicMs();
  }

  /** Whether the owner's lock may be taken away: proven dead, or foreign and silent. Never a live one. */
  hasEnded(path: string, held: Held): boolean {
    const state = this.#stateOf(held.owner);
    if (state !== 'foreign') return state === 'dead';
    return this.#foreign.isSilent(held.nonce, heartbeatOf(path, held.nonce));
  }

  /** Waits until the next look. Throws `lock-busy` when the time is over, or the signal's reason. */
  async pause(held: Held | undefined): Promise<void> {
    const { clock, signal, onWaiting } = this.#patience;
    const waited = clock.monotonicMs() - this.#startedAt;
    const left = this.#limitMs(held) - waited;
    if (left <= 0) throw lockBusy(this.#name, held?.owner, waited);
    if (!this.#isNoticed && waited >= noticeAfterMs) {
      this.#isNoticed = true;
      onWaiting?.(held?.owner);
    }
    const pause = pauseMs.least + Math.random() * (pauseMs.most - pauseMs.least);
    await clock.sleep(Math.min(pause, left), signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  }

  #limitMs(held: Held | undefined): number {
    const { waitMs } = this.#patience;
    return held !== undefined && this.#stateOf(held.owner) === 'foreign' ? Math.max(waitMs, foreignWaitMs) : waitMs;
  }

  #stateOf(owner: LockOwner | undefined) {
    return owner === undefined ? 'foreign' : this.#patience.processes.stateOf(owner);
  }
}

/** What a lock protects, in the words of a message. */
export function describeLock(name: string): string {
  if (name === 'store') return 'the account store';
  if (name === 'redeem') return 'the spending of reset credits';
  if (/^(person|login|token)-/.test(name)) return 'the tokens of this person';
  return `the lock "${name}"`;
}

/** The message about a lock whose record cannot be understood, so that its owner is unknown. */
export function heldByUnknown(name: string): string {
  return `${describeLock(name)} is held by a process whose record cannot be understood`;
}

function lockBusy(name: string, owner: LockOwner | undefined, waitedMs: number): AppError {
  const waited = `waited ${Math.round(waitedMs / 1000)} s for it`;
  if (owner === undefined) {
    return new AppError('lock-busy', `${heldByUnknown(name)}, ${waited}`, {
      hint: 'try again in a moment',
      details: { lock: name },
    });
  }
  const { pid, host } = owner;
  return new AppError('lock-busy', `another codex-auth process (pid ${pid}) holds ${describeLock(name)}, ${waited}`, {
    hint: `let process ${pid} finish (if it is stopped: kill -CONT ${pid}) or end it, then try again`,
    details: { pid, lock: name, host, acquiredAt: owner.acquiredAt },
  });
}

/** Three heartbeats of `file-lock.ts`. */
const silenceMs = 15_000;
const longestStepMs = 1_000;

/**
 * Tells when an owner that we cannot judge (another host, another container, an unreadable record) has stopped
 * moving its heartbeat. Only the waiter's monotonic clock counts, and a pause between two looks counts as a second at
 * most: while the machine sleeps, owner and waiter both stand still. This is the one place where a live owner can lose
 * its lock, when it is suspended for that long; its `assertHeld` then fails.
 */
class ForeignWatch {
  readonly #clock: Clock;
  #seen: string | undefined;
  #lookedAt = 0;
  #silentMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Call at every look. `heartbeat` is any value that changes when the owner lives. */
  isSilent(nonce: string, heartbeat: number | undefined): boolean {
    const now = this.#clock.monotonicMs();
    const current = `${nonce} ${heartbeat}`;
    this.#silentMs = current === this.#seen ? this.#silentMs + Math.min(now - this.#lookedAt, longestStepMs) : 0;
    this.#seen = current;
    this.#lookedAt = now;
    return this.#silentMs >= silenceMs;
  }
}
