import packageJson from '../package.json' with { type: 'json' };
import type { JobControl } from './cli/machine.js';
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
for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interruption.abort());

const jobControl: JobControl = {
  async suspend() {
    // The whole group, as the terminal would: `npx` in front of us would else keep the shell waiting.
    process.kill(0, 'SIGTSTP');
    // Time stands still until the job goes on; where nothing stops it, as without a shell, it simply goes on.
    await systemClock.sleep(100);
  },
  listen(listener) {
    const stop = () => listener('stop');
    const goOn = () => listener('continue');
    process.on('SIGTSTP', stop).on('SIGCONT', goOn);
    return () => process.off('SIGTSTP', stop).off('SIGCONT', goOn);
  },
  beforeEnd(restore) {
    process.on('exit', restore);
    return () => process.off('exit', restore);
  },
};

/** Node makes a stream when it is first asked for, which takes milliseconds: most commands need only one of them. */
const streams = {
  get stdin() {
    const { stdin } = process;
    const isWatched = !stdin.isTTY || stdin.listeners('error').includes(endUnheard);
    return isWatched ? stdin : stdin.on('error', endUnheard);
  },
  get stdout() {
    return endingQuietly(process.stdout);
  },
  get stderr() {
    return endingQuietly(process.stderr);
  },
};

const outputs = new Set<NodeJS.WriteStream>();

function endingQuietly(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  if (outputs.has(stream)) return stream;
  outputs.add(stream);
  return stream.on('error', endQuietly);
}

/**
 * Ends once the readers have taken everything. Node would end by itself too, but lets V8 finish its background work
 * first, which costs tens of milliseconds after a long listing.
 */
async function endWhenWritten(): Promise<never> {
  await Promise.all([...outputs].map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))));
  process.exit();
}

/** A reader that has gone away, as in `| head -1`, is no failure of ours; a full disk behind a redirect is. */
function endQuietly(this: NodeJS.WriteStream, error: NodeJS.ErrnoException): void {
  // Messages come while requests are on their way; the answer of a command comes when they are not.
  if (this === process.stderr || (error.code === 'EIO' && this.isTTY)) {
    endUnheard();
    return;
  }
  if (error.code === 'EPIPE') process.exit(process.exitCode);
  process.stderr.write(`error: cannot write the output: ${error.code ?? error.message}\n`);
  process.exit(1);
}

/** The terminal has closed, or nobody reads the messages: what must not be cut off is still waited for. */
function endUnheard(): void {
  interruption.abort();
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
    program: { node: process.execPath, script: process.argv[1] ?? '' },
    signal: interruption.signal,
    ...(process.platform === 'win32' ? {} : { jobControl }),
  });
  await endWhenWritten();
}

// Not awaited at the top level: the quick bundle is CommonJS, which knows no such thing (esbuild.config.mjs).
void main();
