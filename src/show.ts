import { showKnown } from './cli/program/show-known.js';
import type { Leaving } from './process/code-cache.js';
import { usual } from './process/giving-up.js';
import { ownMachine } from './process/own-machine.js';
import { ownStreams } from './process/own-streams.js';
import { afterAnswer, expectLongRead } from './process/short-run.js';

// The process of the smallest bundle, for the bare listings (docs/decisions/043-index.md).

export { runShow as run };

/** Resolves to false where more is to be done than printing what is known: nothing has been written then. */
async function runShow(leaving: Leaving): Promise<boolean> {
  const streams = ownStreams({ endUnheard: () => process.exit(), mayWait: true });
  const { signal } = new AbortController();
  const { afterwards, runAll } = afterAnswer();
  const machine = ownMachine({
    streams,
    signal,
    unfinished: new Set(),
    neverAsks: true,
    indexing: { afterwards },
    ...(leaving.codeCache ? {} : { expectLongRead }),
  });
  const exitCode = await showKnown(process.argv.slice(2), machine, usual);
  if (exitCode === undefined) return false;
  process.exitCode = exitCode;
  await streams.written();
  // A run that has just made the index has run code that the next run does not need.
  if (runAll()) leaving.codeCache = false;
  process.exit();
}
