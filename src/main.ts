import packageJson from '../package.json' with { type: 'json' };
import { run } from './cli/run.js';
import { systemClock } from './core/clock.js';
import { AppError } from './core/errors.js';
import { systemProcesses } from './core/storage/process-table.js';

const interruption = new AbortController();
let interrupts = 0;
process.on('SIGINT', () => {
  interrupts += 1;
  if (interrupts > 1) process.exit(130);
  interruption.abort();
});
process.on('SIGTERM', () => interruption.abort());

/** Node makes a stream when it is first asked for, which takes milliseconds: most commands need only one of them. */
const streams = {
  get stdin() {
    return process.stdin;
  },
  get stdout() {
    return endingQuietly(process.stdout);
  },
  get stderr() {
    return endingQuietly(process.stderr);
  },
};

function endingQuietly(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  return stream.listeners('error').includes(endQuietly) ? stream : stream.on('error', endQuietly);
}

/** A reader that has gone away, as in `| head -1`, is no failure of ours; a full disk behind a redirect is. */
function endQuietly(this: NodeJS.WriteStream, error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(process.exitCode);
  if (this !== process.stderr) process.stderr.write(`error: cannot write the output: ${error.code ?? error.message}\n`);
  process.exit(1);
}

/** Asked for by the commands that need it only: a shell may stand in a directory that somebody removed. */
function workingDirectory(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw new AppError('usage', 'the current directory does not exist any more', {
      hint: 'cd to a directory that does',
      cause: error,
    });
  }
}

const effectiveUserId = process.geteuid?.();

async function main(): Promise<void> {
  process.exitCode = await run(process.argv.slice(2), {
    variables: process.env,
    streams,
    get cwd() {
      return workingDirectory();
    },
    clock: systemClock,
    processes: systemProcesses,
    ...(effectiveUserId === undefined ? {} : { effectiveUserId }),
    platform: process.platform,
    architecture: process.arch,
    version: packageJson.version,
    signal: interruption.signal,
  });
  if (interruption.signal.aborted) process.exit(process.exitCode);
}

// Not awaited at the top level: the quick bundle is CommonJS, which knows no such thing (esbuild.config.mjs).
void main();
