import type { Context } from './context.js';

export interface Progress {
  /** One more is done. */
  step(): void;
  stop(): void;
}

const silent: Progress = { step: () => undefined, stop: () => undefined };

/** How long a wait stays unmentioned. */
const patienceMs = 500;

/** `Asking 12/40`, rewritten in place on a terminal once it takes noticeable time; silent in pipes and with `--json`. */
export function startProgress(context: Context, what: string, total: number): Progress {
  const { io, clock, options, environment } = context;
  if (options.json === true || environment.ci !== undefined || total === 0) return silent;
  const stopping = new AbortController();
  let done = 0;
  let isShown = false;
  const show = () => io.status(`${what} ${done}/${total}`);
  // The wait is given up as soon as everything is done.
  clock.sleep(patienceMs, stopping.signal).then(
    () => {
      isShown = true;
      show();
    },
    () => undefined,
  );
  return {
    step() {
      done += 1;
      if (isShown) show();
    },
    stop() {
      stopping.abort();
      isShown = false;
      io.status();
    },
  };
}
