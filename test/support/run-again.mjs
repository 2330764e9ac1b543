/**
 * Preload (`node --import …/run-again.mjs program.js`) that runs the program as often as `RUN_TIMES` says, each time from its
 * first line, in one process: what only many runs show, without the 50 ms that starting Node takes.
 */
import { createRequire } from 'node:module';

const program = process.argv[1];
const require = createRequire(program);
const end = process.exit;
let left = Number(process.env.RUN_TIMES);

/** Thrown in the place of the end of the process, so that nothing behind it runs. */
const ended = new Error('ended');
process.on('unhandledRejection', (reason) => {
  if (reason !== ended) throw reason;
});

process.exit = (code) => {
  left -= 1;
  if (left === 0 || (code ?? 0) !== 0) end(code);
  setImmediate(() => {
    for (const path of Object.keys(require.cache)) delete require.cache[path];
    require(program);
  });
  throw ended;
};
