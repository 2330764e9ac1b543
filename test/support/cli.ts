import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Machine } from '../../src/cli/machine.js';
import { run } from '../../src/cli/run.js';
import { type Clock, systemClock } from '../../src/core/clock.js';
import { systemProcesses } from '../../src/core/storage/process-table.js';
import type { Provider } from './provider/start.js';
import { temporaryDirectory } from './temporary.js';

/** A home of its own for one test, with everything a command can reach inside it. */
export interface TestHome {
  readonly directory: string;
  readonly codexHome: string;
  readonly authFile: string;
  readonly root: string;
  readonly poolFile: string;
  /** Where commands run: no repository, unless the test makes one. */
  readonly cwd: string;
  readonly variables: Readonly<Record<string, string>>;
}

export function createTestHome(provider?: Provider, directory = temporaryDirectory()): TestHome {
  const [home, codexHome, cwd] = ['person', 'codex', 'work'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  for (const each of [home, codexHome, cwd]) mkdirSync(each, { recursive: true });
  const root = join(codexHome, 'multi-auth');
  return {
    directory,
    codexHome,
    authFile: join(codexHome, 'auth.json'),
    root,
    poolFile: join(root, 'openai-codex-accounts.json'),
    cwd,
    variables: {
      HOME: home,
      CODEX_HOME: codexHome,
      PATH: process.env['PATH'] ?? '',
      TZ: 'UTC',
      COLUMNS: '120',
      BROWSER: '/nonexistent/browser',
      CODEX_AUTH_LOGIN_PORTS: '0',
      ...(provider === undefined
        ? {}
        : { CODEX_AUTH_ISSUER: provider.issuer, CODEX_AUTH_BACKEND_URL: provider.backendUrl }),
    },
  };
}

export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly clock?: Clock;
  readonly cwd?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly stdin?: string;
  /** Called with everything on stderr so far, whenever there is more: to act on a sign-in URL. */
  readonly onStderr?: (text: string) => void;
}

/** Runs one command line in this process, as `main.ts` would, without a terminal. */
export async function runCli(home: TestHome, argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const output = { stdout: '', stderr: '' };
  const machine: Machine = {
    variables: { ...home.variables, ...options.variables },
    streams: {
      stdin: inputStream(options.stdin ?? ''),
      stdout: outputStream((text) => {
        output.stdout += text;
      }),
      stderr: outputStream((text) => {
        output.stderr += text;
        options.onStderr?.(output.stderr);
      }),
    },
    cwd: options.cwd ?? home.cwd,
    clock: options.clock ?? systemClock,
    processes: systemProcesses,
    ...(process.geteuid === undefined ? {} : { effectiveUserId: process.geteuid() }),
    platform: process.platform,
    architecture: process.arch,
    version: '0.0.0-test',
    signal: options.signal ?? new AbortController().signal,
  };
  const exitCode = await run(argv, machine);
  return { exitCode, ...output };
}

/** `runCli` with `--json`: the parsed document and the exit code. */
export async function runJson(home: TestHome, argv: readonly string[], options: CliOptions = {}) {
  const result = await runCli(home, [...argv, '--json'], options);
  return { ...result, document: JSON.parse(result.stdout) };
}

function outputStream(write: (text: string) => void): NodeJS.WriteStream {
  const stream = new PassThrough({ decodeStrings: false, encoding: 'utf8' });
  stream.on('data', write);
  return Object.assign(stream, { isTTY: false }) as unknown as NodeJS.WriteStream;
}

function inputStream(text: string): NodeJS.ReadStream {
  const stream = new PassThrough();
  stream.end(text);
  return Object.assign(stream, { isTTY: false }) as unknown as NodeJS.ReadStream;
}
