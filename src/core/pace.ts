/** What went wrong about an account the last times it was asked about. */
export interface Trouble {
  /** How many in a row. */
  readonly failures: number;
  /** Milliseconds since the epoch; nobody asks before. */
  readonly askAgainAt: number;
}

const longestPauseMs = 15 * 60_000;

/** Twice as long a pause after each failure in a row, up to a quarter of an hour; longer only when the server said so. */
export function troubleAfter(
  before: Trouble | undefined,
  { now, intervalMs, resetsAt = 0 }: { readonly now: number; readonly intervalMs: number; readonly resetsAt?: number },
): Trouble {
  const failures = (before?.failures ?? 0) + 1;
  const pauseMs = Math.min(intervalMs * 2 ** failures, Math.max(longestPauseMs, intervalMs));
  return { failures, askAgainAt: Math.max(now + pauseMs, resetsAt) };
}

/** Up to a tenth more, so that programs started together do not ask in step. */
export function withJitter(ms: number): number {
  return ms * (1 + Math.random() / 10);
}
