import type { Context } from '../program/context.js';
import { perform } from './action.js';
import { type Effect, initialModel, type Leave, type Model } from './model.js';
import { type QuietRun, quietRun } from './quiet-run.js';
import { type Event, update } from './update.js';

/** The model as it changes, and what is done for it. It outlives the screen, which comes and goes. */
export interface Session {
  readonly model: () => Model;
  /** Calls back after every change. Returns how to stop it. */
  subscribe(listener: () => void): () => void;
  dispatch(event: Event): void;
  /** Resolves when the screen is to be given back, and why. */
  nextLeave(): Promise<Leave>;
  /** Ends what still runs, waiting for what must not be cut off. */
  close(): Promise<void>;
}

/** How often the files are read: other programs change them, too. */
const readEveryMs = 5_000;

/** How often numbers are looked for that have become old; a younger one is not asked for again (`quotaTtlMs`). */
const askEveryMs = 60_000;

export function startSession(context: Context): Session {
  const ending = new AbortController();
  const end = () => ending.abort();
  if (context.signal.aborted) end();
  context.signal.addEventListener('abort', end, { once: true });
  const run = quietRun(context, ending.signal);

  const listeners = new Set<() => void>();
  const running = new Set<Promise<void>>();
  let model = initialModel;
  let left = leaving();

  function dispatch(event: Event): void {
    const step = update(model, event);
    model = step.model;
    for (const listener of listeners) listener();
    for (const effect of step.effects) start(effect);
  }

  function start(effect: Effect): void {
    if (effect.kind === 'leave') {
      left.resolve(effect.leave);
      return;
    }
    if (ending.signal.aborted) return;
    const work = eventOf(run, effect)
      .then(dispatch)
      // What went wrong in a command is an event. An exception here is a mistake of ours, and ends the dashboard.
      .catch(left.reject)
      .finally(() => running.delete(work));
    running.add(work);
  }

  const tick = (asksQuota: boolean) => () => dispatch({ kind: 'tick', asksQuota });
  const timers = [setInterval(tick(false), readEveryMs), setInterval(tick(true), askEveryMs)];
  for (const asksQuota of [false, true]) tick(asksQuota)();

  return {
    model: () => model,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    dispatch,
    async nextLeave() {
      const leave = await left.promise;
      left = leaving();
      return leave;
    },
    async close() {
      for (const timer of timers) clearInterval(timer);
      listeners.clear();
      end();
      context.signal.removeEventListener('abort', end);
      await Promise.all(running);
    },
  };
}

async function eventOf(run: QuietRun, effect: Exclude<Effect, { kind: 'leave' }>): Promise<Event> {
  switch (effect.kind) {
    case 'read':
    case 'read-quota': {
      const { reportCommand } = await import('../commands/report.js');
      const isNow = effect.kind === 'read-quota' && effect.now === true;
      const ending = await run(reportCommand, isNow ? { live: true } : { cached: effect.kind === 'read' });
      return { kind: effect.kind === 'read' ? 'read' : 'quota-read', ending };
    }
    case 'read-details': {
      const { id } = effect;
      const { statusCommand } = await import('../commands/status.js');
      return { kind: 'details-read', id, ending: await run(statusCommand, { selector: id }) };
    }
    case 'act':
      return { kind: 'ended', action: effect.action, outcome: await perform(run, effect.action) };
  }
}

interface Leaving {
  readonly promise: Promise<Leave>;
  readonly resolve: (leave: Leave) => void;
  readonly reject: (error: unknown) => void;
}

function leaving(): Leaving {
  let resolve: Leaving['resolve'] = () => undefined;
  let reject: Leaving['reject'] = () => undefined;
  const promise = new Promise<Leave>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  // The next call of `nextLeave` passes the rejection on; until then it must not count as unhandled.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
