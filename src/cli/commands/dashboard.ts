import * as z from 'zod/mini';
import { AppError } from '../../core/errors.js';
import { printable, printableIn, printableLines } from '../../core/printable.js';
import { loadDrawing } from '../dashboard/drawing-library.js';
import type { Leave, Message } from '../dashboard/model.js';
import { type Session, startSession } from '../dashboard/session.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { failureOf, failureText } from '../program/output.js';
import { createTheme } from '../render/theme.js';
import type { Whom } from '../sign-in/questions.js';
import { enterScreen } from '../terminal/enter-screen.js';
import { loginCommand } from './login.js';

/** Empty: what was done in the dashboard has been shown there. */
const DashboardResult = z.object({});
type DashboardResult = z.infer<typeof DashboardResult>;

/** Shows the dashboard until the person leaves it. Throws `interrupted` for Ctrl-C and for a request to end. */
async function dashboard(context: Context): Promise<DashboardResult> {
  const session = startSession(context);
  try {
    for (;;) {
      const leave = await show(context, session);
      if (leave.kind === 'quit') return {};
      if (leave.kind === 'interrupt') throw new AppError('interrupted', 'interrupted');
      if (leave.kind === 'suspend') await context.machine.jobControl?.suspend();
      if (leave.kind === 'sign-in') session.dispatch({ kind: 'signed-in', message: await signIn(context, leave.whom) });
    }
  } finally {
    await session.close();
  }
}

/** The very login that a person would type, on the screen that the dashboard has just left. */
async function signIn(context: Context, whom: Whom): Promise<Message> {
  const { io, clock } = context;
  // Ink has released stdin, and a question alone would not keep the process alive.
  io.stdin.ref();
  try {
    const result = await loginCommand.run(context, { whom });
    const text = loginCommand.render(printableIn(result), createTheme(io.style, clock.now()));
    io.print(text);
    return { tone: 'good', text: io.shown(text), warnings: [] };
  } catch (error) {
    const failure = failureOf(error);
    if (failure.code === 'interrupted') throw error;
    io.noteRendered(failureText(failure, io.noteStyle));
    return {
      tone: 'bad',
      text: printableLines(io.shown(failure.message)),
      hint: failure.hint && printable(failure.hint),
      warnings: [],
    };
  }
}

/** Takes the terminal until there is a reason to give it back, and leaves it as it was, whatever happens. */
async function show(context: Context, session: Session): Promise<Leave> {
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
    // An error of the drawing has been thrown by the race.
    await drawn.catch(() => undefined);
    screen.leave();
    // What is typed from now on is for the shell, or for a question.
    io.stdin.pause();
  }
}

/** What ends or interrupts the drawing besides the person's keys. */
function reasonsFromOutside({ io, signal, machine }: Context) {
  const stopping = new AbortController();
  const leave = new Promise<Leave>((resolve) => {
    const interrupt = () => resolve({ kind: 'interrupt' });
    if (signal.aborted) interrupt();
    signal.addEventListener('abort', interrupt, { once: true, signal: stopping.signal });
    // The terminal has closed without a signal.
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

export const dashboardCommand: Command<object, DashboardResult> = {
  name: 'dashboard',
  schema: DashboardResult,
  run: dashboard,
  render: () => '',
  // The terminal is given back before anything is said about it.
  endsOnSignal: true,
};
