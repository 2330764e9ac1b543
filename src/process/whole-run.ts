import type { Machine } from '../cli/program/machine.js';
import { run } from '../cli/program/run.js';
import { launch } from './launch.js';
import { ownMachine } from './own-machine.js';
import { ownStreams } from './own-streams.js';
import { afterAnswer } from './short-run.js';
import { runBeside } from './side-program.js';
import { heedSignals, jobControl } from './signals.js';

/** Runs the command line that this process was started with, whatever it asks for, and ends the process. */
export async function wholeRun(more: Pick<Machine, 'expectLongRead'>): Promise<never> {
  const { interrupt, ...interruption } = heedSignals();
  const streams = ownStreams({ endUnheard: interrupt, mayWait: process.platform !== 'win32' });
  const { afterwards, runAll } = afterAnswer();
  const ownJobControl = process.platform === 'win32' ? {} : { jobControl };
  process.exitCode = await run(
    process.argv.slice(2),
    ownMachine({
      streams,
      ...interruption,
      ...ownJobControl,
      ...more,
      indexing: { afterwards },
      // A stream of Node leaves its descriptor in a state that is undone for a child, but not for our replacement.
      launch: (program) => launch(program, { mayReplace: !streams.areMade }),
      runBeside,
    }),
  );
  // Node would end by itself too, but lets V8 finish its background work first, which costs tens of milliseconds.
  await streams.written();
  runAll();
  process.exit();
}
