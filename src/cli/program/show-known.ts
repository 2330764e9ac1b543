import { listCommand } from '../commands/list.js';
import { statusCommand } from '../commands/status.js';
import { saysNothing, type Usual } from './as-usual.js';
import { type Command, renderText } from './command.js';
import { createContext } from './context.js';
import type { Machine } from './machine.js';

/*
 * The bare `list` and `status`, which are typed all day, with as little as they need: no command tree and no schemas. Whatever
 * is not as usual goes the usual way, which knows what to say: a warning, an error.
 */

/** The exit code; undefined, with nothing written, where the usual way has to be gone. */
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
    // Also for a fault of ours: the usual way meets the same thing, and tells it.
    return undefined;
  }
}
