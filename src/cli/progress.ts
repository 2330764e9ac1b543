import type { Environment } from '../core/environment.js';
import type { Context } from './context.js';
import type { GlobalOptions } from './options.js';

export interface Progress {
  /** One more is done. */
  step(): void;
  stop(): void;
}

const silent: Progress = { step: () => undefined, stop: () => undefined };

/** How long a wait stays unmentioned. */
const patienceMs = 500;

/** Whether anybody looks at a line that changes; where the terminal cannot take it back, `io.status` shows none. */
export function isAnimated({ json }: GlobalOptions, { ci }: Environment): boolean {
  return json !== true && ci === undefined;
}

/** `Asking 12/40`, rewritten in place on a terminal once it takes noticeable time; silent in pipes and with `--json`. */
export function startProgress(context: Context, what: string, total: number): Progress {
  return total === 0 ? silent : start(context, (done) => `${what} ${done}/${total}`);
}

/** The same where nobody knows how long it takes. */
export async function whileWaiting<T>(context: Context, what: string, work: Promise<T>): Promise<T> {
  const progress = start(context, () => what);
  try {
    return await work;
  } finally {
    progress.stop();
  }
}

function start({ io, clock, options, environment }: Context, textOf: (done: number) => string): Progress {
  if (!isAnimated(options, environment)) return silent;
  const stopping = new AbortController();
  let done = 0;
  let isShown = false;
  // The wait is given up as soon as everything is done.
  clock.sleep(patienceMs, stopping.signal).then(
    () => {
      isShown = true;
      io.status(textOf(done));
    },
    () => undefined,
  );
  return {
    step() {
      done += 1;
      if (isShown) io.status(textOf(done));
    },
    stop() {
      stopping.abort();
      isShown = false;
      io.status();
    },
  };
}
