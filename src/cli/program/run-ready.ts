import { readEnvironment } from '../../core/environment.js';
import { isShared } from '../../core/session/exchange-first.js';
import { type RunOptions, runCommand } from '../commands/run.js';
import { createIo } from '../terminal/io.js';
import { saysNothing, type Usual } from './as-usual.js';
import { createContext } from './context.js';
import type { Launch, Machine } from './machine.js';
import { failureOf, failureText } from './output.js';

/*
 * `run` as it is typed mostly and as the shim calls it, where the home of the account is ready: with as little as that
 * needs, no command tree and no schemas. Whatever is not as usual before the command is started is left to the bundle
 * of all commands.
 */

interface Starter extends Machine {
  readonly launch: (program: Launch) => Promise<number>;
}

/** The exit code; undefined, with nothing started, where the bundle of all commands has to do it. */
export async function runReady(argv: readonly string[], machine: Starter, usual: Usual): Promise<number | undefined> {
  let isStarting = false;
  function launch(program: Launch): Promise<number> {
    if (!usual.isAsUsual()) usual.giveUp();
    isStarting = true;
    return machine.launch(program);
  }
  try {
    const context = createContext({ ...saysNothing(machine, usual), launch }, { input: true, color: true });
    // Where logins are shared with other machines, an exchange with them comes first.
    if (isShared(context)) return undefined;
    const { status } = await runCommand.run(context, optionsIn(argv));
    return status;
  } catch (error) {
    // Whatever was thrown, the bundle of all commands runs this again, and reports it. But nothing is started twice.
    return isStarting ? tell(error, machine) : undefined;
  }
}

/** The options in a command line that `start.ts` has found to be a plain one. */
function optionsIn(argv: readonly string[]): RunOptions {
  const [account = '', , ...command] = argv.slice(argv.indexOf('run') + 1);
  return account === '--here' ? { here: true, command } : { selector: account, command };
}

function tell(error: unknown, { streams, variables }: Machine): number {
  const failure = failureOf(error);
  const io = createIo(streams, readEnvironment(variables), { input: false, color: true });
  io.noteRendered(failureText(failure, io.noteStyle));
  return failure.exitCode;
}
