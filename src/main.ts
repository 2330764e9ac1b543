import { run } from './cli/program/run.js';
import { launch } from './process/launch.js';
import { ownMachine } from './process/own-machine.js';
import { ownStreams } from './process/own-streams.js';
import { afterAnswer } from './process/short-run.js';
import { runBeside } from './process/side-program.js';
import { heedSignals, jobControl } from './process/signals.js';

const { interrupt, ...interruption } = heedSignals();
const streams = ownStreams({ endUnheard: interrupt, mayWait: process.platform !== 'win32' });

/** The command line that this process was started with. */
export { runMain as run };

async function runMain(): Promise<never> {
  const { afterwards, runAll } = afterAnswer();
  const ownJobControl = process.platform === 'win32' ? {} : { jobControl };
  process.exitCode = await run(
    process.argv.slice(2),
    ownMachine({
      streams,
      ...interruption,
      ...ownJobControl,
      indexing: { afterwards },
      // A stream that Node has made leaves its descriptor in a state that only a child is protected from.
      launch: (program) => launch(program, { mayReplace: !streams.areMade }),
      runBeside,
    }),
  );
  // Node would end by itself too, but lets V8 finish its background work first, which costs tens of milliseconds.
  await streams.written();
  runAll();
  process.exit();
}
