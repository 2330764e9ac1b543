import { AppError } from '../../core/errors.js';
import { printable, printableIn, printableLines } from '../../core/printable.js';
import { loginCommand } from '../commands/login.js';
import type { Context } from '../program/context.js';
import { failureOf, failureText } from '../program/output.js';
import { createTheme } from '../render/theme.js';
import type { Whom } from '../sign-in/whom.js';
import type { Message } from './model.js';
import { startSession } from './session.js';
import { show } from './show.js';

/** Shows the dashboard until the person leaves it. Throws `interrupted` for Ctrl-C and for a request to end. */
export async function openDashboard(context: Context): Promise<void> {
  const session = startSession(context);
  try {
    for (;;) {
      const leave = await show(context, session);
      if (leave.kind === 'quit') return;
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
  // Ink has let go of it, and a question alone would not keep the process alive.
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
