import type { Context } from '../program/context.js';
import { enterScreen } from '../terminal/enter-screen.js';
import { loadDrawing } from './drawing-library.js';
import type { Leave } from './model.js';
import type { Session } from './session.js';

/** Takes the terminal until there is a reason to give it back, and leaves it as it was, whatever happens. */
export async function show(context: Context, session: Session): Promise<Leave> {
  const { io, clock } = context;
  const { draw } = await loadDrawing();
  const screen = enterScreen(context);
  const outside = reasonsFromOutside(context);
  const { stdin, stderr, style } = io;
  const { drawn, end } = draw({ stdout: screen.stdout, stdin, stderr, style, now: clock.now }, session);
  try {
    return await Promise.race([session.nextLeave(), outside.leave, drawn.then(() => ({ kind: 'quit' }) as const)]);
  } finally {
    outside.stop();
    end();
    // Whatever it failed with has been told by the race.
    await drawn.catch(() => undefined);
    screen.leave();
    // What is typed from now on is for the shell, or for a question.
    io.stdin.pause();
  }
}

interface Outside {
  readonly leave: Promise<Leave>;
  stop(): void;
}

/** What ends or interrupts the drawing besides the person's keys. */
function reasonsFromOutside({ io, signal, machine }: Context): Outside {
  const stopping = new AbortController();
  const leave = new Promise<Leave>((resolve) => {
    const interrupt = () => resolve({ kind: 'interrupt' });
    if (signal.aborted) interrupt();
    signal.addEventListener('abort', interrupt, { once: true, signal: stopping.signal });
    // The terminal has gone without a word.
    const close = () => resolve({ kind: 'quit' });
    io.stdin.once('end', close);
    const unlisten = machine.jobControl?.listen((event) => resolve({ kind: event === 'stop' ? 'suspend' : 'redraw' }));
    stopping.signal.addEventListener('abort', () => {
      io.stdin.off('end', close);
      unlisten?.();
    });
  });
  return { leave, stop: () => stopping.abort() };
}
