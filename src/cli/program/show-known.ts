import { listCommand } from '../commands/list.js';
import { statusCommand } from '../commands/status.js';
import { saysNothing, type Usual } from './as-usual.js';
import { type Command, renderText } from './command.js';
import { createContext } from './context.js';
import type { Machine } from './machine.js';

/*
 * The bare `list` and `status`, which are typed all day, with as little as they need: no command tree and no schemas.
 * Whatever is not as usual, such as a warning or an error, is left to the quick bundle, which knows what to say.
 */

/** The exit code; undefined, with nothing written, where the quick bundle has to do it. */
export async function showKnown(argv: readonly string[], machine: Machine, usual: Usual): Promise<number | undefined> {
  switch (argv.at(-1)) {
    case 'list':
    case 'ls':
      return show(listCommand, machine, usual);
    case 'status':
      return show(statusCommand, machine, usual);
    default:
      return undefined;
  }
}

async function show<Result, Document>(
  command: Command<object, Result, Document>,
  machine: Machine,
  usual: Usual,
): Promise<number | undefined> {
  try {
    const context = createContext(saysNothing(machine, usual), { input: true, color: true });
    const result = await command.run(context, {});
    const text = await renderText(command, result, context, { style: context.io.style, options: {} });
    if (!usual.isAsUsual()) return undefined;
    context.io.print(text);
    return command.exitCode?.(result) ?? 0;
  } catch {
    // Whatever was thrown, the quick bundle runs the command again, and reports it.
    return undefined;
  }
}
