import type { Launch } from './cli/program/machine.js';
import { runReady } from './cli/program/run-ready.js';
import { usual } from './process/giving-up.js';
import { launch } from './process/launch.js';
import { ownMachine } from './process/own-machine.js';
import { ownStreams } from './process/own-streams.js';

// The process of the bundle that only starts a command as an account whose home is ready (docs/decisions/063-run-bundle.md). It
// has no listeners for signals: until the command is being started, there is nothing that must not be cut off.

export { runRun as run };

/** False where there is something else to do than to start the command: it has not been started then. */
async function runRun(): Promise<boolean> {
  const streams = ownStreams({ endUnheard: () => process.exit(), mayWait: true });
  const { signal } = new AbortController();
  const machine = {
    ...ownMachine({ streams, signal, unfinished: new Set(), neverAsks: true }),
    // A stream that Node has made leaves its descriptor in a state that only a child is protected from.
    launch: (program: Launch) => launch(program, { mayReplace: !streams.areMade }),
  };
  const exitCode = await runReady(process.argv.slice(2), machine, usual);
  if (exitCode === undefined) return false;
  process.exitCode = exitCode;
  await streams.written();
  process.exit();
}
