import type { Clock } from '../../core/clock.js';
import { type Progress, silent } from '../../core/session/session.js';
import type { Io } from './io.js';

/** How long a wait stays unmentioned. */
const patienceMs = 500;

/** `Asking 12/40`, or `Asking` without a total, rewritten in place once it takes noticeable time. */
export function startProgress(
  clock: Clock,
  { status }: Pick<Io, 'status'>,
  what: string,
  total: number | undefined,
): Progress {
  if (total === 0) return silent;
  const stopping = new AbortController();
  let done = 0;
  let isShown = false;
  const line = () => (total === undefined ? what : `${what} ${done}/${total}`);
  // The wait is given up as soon as everything is done.
  clock.sleep(patienceMs, stopping.signal).then(
    () => {
      isShown = true;
      status(line());
    },
    () => undefined,
  );
  return {
    step() {
      done += 1;
      if (isShown) status(line());
    },
    stop() {
      stopping.abort();
      isShown = false;
      status();
    },
  };
}
