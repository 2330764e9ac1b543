import { run } from './cli/program/run.js';
import { ownMachine } from './process/own-machine.js';
import { ownStreams } from './process/own-streams.js';
import { afterAnswer, expectLongRead } from './process/short-run.js';

// The process of the quick bundle (docs/decisions/010-quick-bundle.md). Its commands only read and print, so that a signal
// ends it as it ends any program, also while a reader keeps it waiting.

const streams = ownStreams({ endUnheard: () => process.exit(), mayWait: true });

/** A run that leaves V8's compiled form changes no flags of V8, which would later refuse what it made under others. */
export { runQuick as run };

async function runQuick(leavesCache: boolean): Promise<never> {
  const { signal } = new AbortController();
  const { afterwards, runAll } = afterAnswer();
  process.exitCode = await run(
    process.argv.slice(2),
    ownMachine({
      streams,
      signal,
      unfinished: new Set(),
      neverAsks: true,
      indexing: { afterwards },
      ...(leavesCache ? {} : { expectLongRead }),
    }),
  );
  await streams.written();
  runAll();
  process.exit();
}
