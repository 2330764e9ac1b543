import { run } from './cli/program/run.js';
import type { Leaving } from './process/code-cache.js';
import { usual } from './process/giving-up.js';
import { heldBack } from './process/held-back.js';
import { ownMachine } from './process/own-machine.js';
import { ownStreams } from './process/own-streams.js';
import { afterAnswer, expectLongRead } from './process/short-run.js';

// The process of the quick bundle, and of the one that has the command tree and no command
// (docs/decisions/010-quick-bundle.md). Both only read and print, so that a signal ends them as it ends any program,
// also while a reader keeps them waiting.

export { runQuick as run };

/**
 * Resolves to false where the command needs a schema, which this bundle lacks: nothing has been written then. A run
 * that saves V8's compiled form for later ones changes no flags of V8: with other flags V8 would refuse that form.
 */
async function runQuick(leaving: Leaving): Promise<boolean> {
  const streams = ownStreams({ endUnheard: () => process.exit(), mayWait: true });
  const { held, release } = heldBack(streams);
  const { signal } = new AbortController();
  const { afterwards, runAll } = afterAnswer();
  const exitCode = await run(
    process.argv.slice(2),
    ownMachine({
      streams: held,
      signal,
      unfinished: new Set(),
      neverAsks: true,
      indexing: { afterwards },
      ...(leaving.codeCache ? {} : { expectLongRead }),
    }),
  );
  if (!usual.isAsUsual()) return false;
  release();
  process.exitCode = exitCode;
  await streams.written();
  // A run that has just made the index has run code that the next run does not need.
  if (runAll()) leaving.codeCache = false;
  process.exit();
}
