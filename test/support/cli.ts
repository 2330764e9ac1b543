import { PassThrough, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Machine } from '../../src/cli/program/machine.js';
import { run } from '../../src/cli/program/run.js';
import type { Clock } from '../../src/core/clock.js';
import { type ProcessTable, systemProcesses } from '../../src/core/storage/process-table.js';
import { runBeside } from '../../src/process/side-program.js';

import type { Provider } from './provider/start.js';
import { temporaryDirectory } from './temporary.js';
import { makeTestHome, type TestHome } from './test-home.js';

export type { TestHome };

/** A home of its own for the running test, removed after it. */
export function createTestHome(provider?: Provider, directory = temporaryDirectory()): TestHome {
  return makeTestHome(directory, provider);
}

export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** Default: the one of the home. */
  readonly clock?: Clock;
  readonly cwd?: string;
  readonly variables?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  /** Default: those of this machine. */
  readonly processes?: ProcessTable;
  /** Default: the platform that the tests run on. */
  readonly platform?: NodeJS.Platform;
  /** Default: the user who runs the tests. */
  readonly effectiveUserId?: number;
  /** What stands on stdin. A stream stays open, for keys that are pressed later. */
  readonly stdin?: string | PassThrough;
  /** Default: `bin/codex-auth.js`, run by the Node of the tests. */
  readonly script?: string;
  /** All three streams are a terminal of this width. */
  readonly terminal?: { readonly columns: number; readonly rows?: number };
  /** Instead of the 15 seconds that a request which spends a token may take. */
  readonly spendingDeadlineMs?: number;
  /** What a command starts in its place; default: nothing can be started. */
  readonly launch?: Machine['launch'];
  /** As a process of its own would, the run leaves an index after its answer, however new the files are. */
  readonly leavesIndex?: boolean;
  /** Called with everything on stderr so far, whenever there is more: to act on a sign-in URL. */
  readonly onStderr?: (text: string) => void;
}

/** For a run so late after a refresh without an answer that the token may be sent once more. */
export const muchLater = { variables: { CODEX_AUTH_UNANSWERED_RETRY_MS: '0' } } as const satisfies CliOptions;

const ownScript = fileURLToPath(new URL('../../bin/codex-auth.js', import.meta.url));

/** Runs one command line in this process, as `main.ts` would; without a terminal unless told. */
export async function runCli(home: TestHome, argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const output = { stdout: '', stderr: '' };
  const effectiveUserId = options.effectiveUserId ?? process.geteuid?.();
  const stdout = outputStream((text) => {
    output.stdout += text;
  }, options.terminal);
  const stderr = outputStream((text) => {
    output.stderr += text;
    options.onStderr?.(output.stderr);
  }, options.terminal);
  const afterAnswer: (() => void)[] = [];
  const machine: Machine = {
    variables: { ...home.variables, ...options.variables },
    streams: {
      stdin: inputStream(options.stdin ?? '', options.terminal),
      ...{ stdout, stderr, answers: stdout, messages: stderr },
    },
    cwd: options.cwd ?? home.cwd,
    clock: options.clock ?? home.clock,
    processes: options.processes ?? systemProcesses,
    ...(effectiveUserId === undefined ? {} : { effectiveUserId }),
    platform: options.platform ?? process.platform,
    architecture: process.arch,
    version: '0.0.0-test',
    program: { node: process.execPath, script: options.script ?? ownScript },
    signal: options.signal ?? new AbortController().signal,
    unfinished: new Set(),
    runBeside,
    ...(options.launch === undefined ? {} : { launch: options.launch }),
    ...(options.leavesIndex === true
      ? { indexing: { settledMs: 0, afterwards: (task: () => void) => void afterAnswer.push(task) } }
      : {}),
    ...(options.spendingDeadlineMs === undefined ? {} : { spendingDeadlineMs: options.spendingDeadlineMs }),
  };
  const exitCode = await run(argv, machine);
  for (const task of afterAnswer) task();
  return { exitCode, ...output };
}

/** `runCli` with `--json`: the parsed document and the exit code. */
export async function runJson(home: TestHome, argv: readonly string[], options: CliOptions = {}) {
  const result = await runCli(home, [...argv, '--json'], options);
  return { ...result, document: JSON.parse(result.stdout) };
}

type Terminal = CliOptions['terminal'];

function outputStream(write: (text: string) => void, terminal: Terminal): NodeJS.WriteStream {
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      write(String(chunk));
      done();
    },
  });
  // A prompt ends its output when it is done, which does nothing to the streams of a process.
  const end = () => stream;
  return Object.assign(stream, { isTTY: terminal !== undefined, end, ...terminal }) as unknown as NodeJS.WriteStream;
}

function inputStream(input: string | PassThrough, terminal: Terminal): NodeJS.ReadStream {
  const stream = typeof input === 'string' ? new PassThrough() : input;
  if (typeof input === 'string') stream.end(input);
  // Keys come one by one here also without raw mode.
  const setRawMode = () => stream;
  return Object.assign(stream, { isTTY: terminal !== undefined, setRawMode }) as unknown as NodeJS.ReadStream;
}
