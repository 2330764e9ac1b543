import { startDeadline } from './deadline.js';

/** What may end a request before its answer: its deadline or its caller. */
export interface Interruption {
  /** Aborts when either happens. */
  readonly signal: AbortSignal;
  /** Rejects when either happens; undici itself heeds a signal only once it is connected. */
  readonly happened: Promise<never>;
  readonly cause: 'timeout' | 'aborted' | undefined;
  /** Nothing ends it any more: the timer and the caller's signal are released. */
  dispose(): void;
}

/**
 * A timer of our own in place of `AbortSignal.any([AbortSignal.timeout(…)])`, which Node 20 can collect before it
 * fires (nodejs/node#54614).
 */
export function watchInterruption(deadlineMs: number, caller: AbortSignal | undefined): Interruption {
  const controller = new AbortController();
  let cause: Interruption['cause'];
  const interrupt = (by: 'timeout' | 'aborted') => {
    cause ??= by;
    controller.abort();
  };
  const onAbort = () => interrupt('aborted');
  const endDeadline = startDeadline(deadlineMs, () => interrupt('timeout'));
  caller?.addEventListener('abort', onAbort, { once: true });
  if (caller?.aborted) onAbort();
  return {
    signal: controller.signal,
    happened: rejectionOf(controller.signal),
    get cause() {
      return cause;
    },
    dispose() {
      endDeadline();
      caller?.removeEventListener('abort', onAbort);
    },
  };
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  const happened = new Promise<never>((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  // The request may have settled first; then nobody listens, and that is no error.
  happened.catch(() => undefined);
  return happened;
}
