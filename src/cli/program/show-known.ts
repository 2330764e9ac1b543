import { listCommand } from '../commands/list.js';
import { statusCommand } from '../commands/status.js';
import type { Output } from '../terminal/io.js';
import { type Command, renderText } from './command.js';
import { createContext } from './context.js';
import type { Machine } from './machine.js';

/*
 * The bare `list` and `status`, which are typed all day, with as little as they need: no command tree and no schemas. Whatever
 * is not as usual goes the usual way, which knows what to say: a warning, an index that does not hold, an error.
 */

/** The exit code; undefined, with nothing written, where the usual way has to be gone. */
export async function showKnown(argv: readonly string[], machine: Machine): Promise<number | undefined> {
  switch (argv.at(-1)) {
    case 'list':
    case 'ls':
      return show(listCommand, machine);
    case 'status':
      return show(statusCommand, machine);
    default:
      return undefined;
  }
}

async function show<Result, Document>(
  command: Command<object, Result, Document>,
  machine: Machine,
): Promise<number | undefined> {
  try {
    const streams = onlyAnswers(machine.streams);
    const context = createContext(
      { ...machine, streams, indexing: { withoutIndex: giveUp } },
      { input: true, color: true },
    );
    const result = await command.run(context, {});
    const text = await renderText(command, result, context, { style: context.io.style, options: {} });
    context.io.print(text);
    return command.exitCode?.(result) ?? 0;
  } catch {
    // Also for a fault of ours: the usual way meets the same thing, and tells it.
    return undefined;
  }
}

/** The streams themselves, of which none is to be made before it is used. */
function onlyAnswers(streams: Machine['streams']): Machine['streams'] {
  return Object.create(streams, { messages: { value: unusual } });
}

/** Whatever there is to say besides the answer, the usual way says. */
const unusual: Output = { write: giveUp };

function giveUp(): never {
  throw new Error('this is not as usual');
}
