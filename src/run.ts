import type { Launch } from './cli/program/machine.js';
import { runReady } from './cli/program/run-ready.js';
import { usual } from './process/giving-up.js';
import { launch } from './process/launch.js';
import { ownMachine } from './process/own-machine.js';
import { ownStreams } from './process/own-streams.js';

// The process of the bundle that only starts a command as an account whose home is ready
// (docs/decisions/063-run-bundle.md). It has no listeners for signals: until the command is being started, there is
// nothing that must not be cut off.

export { runRun as run };

/** Resolves to false where more is to be done than starting the command: it has not been started then. */
async function runRun(): Promise<boolean> {
  const streams = ownStreams({ endUnheard: () => process.exit(), mayWait: true });
  const { signal } = new AbortController();
  const machine = {
    ...ownMachine({ streams, signal, unfinished: new Set(), neverAsks: true }),
    // A stream of Node leaves its descriptor in a state that is undone for a child, but not for our replacement.
    launch: (program: Launch) => launch(program, { mayReplace: !streams.areMade }),
  };
  const exitCode = await runReady(process.argv.slice(2), machine, usual);
  if (exitCode === undefined) return false;
  process.exitCode = exitCode;
  await streams.written();
  process.exit();
}
