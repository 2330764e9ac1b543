import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { borrowCaches, lendCaches } from './lent-caches.js';
import type { TestHome } from './test-home.js';

const project = fileURLToPath(new URL('../..', import.meta.url));

let built: string | undefined;

/**
 * The directory that holds `bin` and `dist` of the present sources. That is the project itself while its build is not
 * older than its sources; else a private build of them, which test files share that run at once.
 */
export function builtProject(): string {
  built ??= findBuild();
  return built;
}

function findBuild(): string {
  const changedAt = newestSource();
  const builtAt = statSync(join(project, 'dist', 'cli.metafile.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (builtAt > changedAt) return project;
  // The builds are not below node_modules: esbuild's account of the bundled packages could not name them there.
  const cache = join(tmpdir(), `codex-auth-builds-${process.getuid?.() ?? ''}`);
  const directory = join(cache, String(Math.round(changedAt)));
  if (!existsSync(directory)) {
    buildInto(directory);
    forgetOlderBuilds(cache, directory);
  }
  return directory;
}

function newestSource(): number {
  const sources = readdirSync(join(project, 'src'), { recursive: true, encoding: 'utf8' });
  const files = [...sources.map((name) => join('src', name)), 'package.json', 'tsconfig.json', 'esbuild.config.mjs'];
  return Math.max(...files.map((name) => statSync(join(project, name)).mtimeMs));
}

/** Builds into a directory that appears as a whole, by a rename, whichever process is the first. */
function buildInto(directory: string): void {
  const own = `${directory}.${process.pid}`;
  mkdirSync(own, { recursive: true, mode: 0o700 });
  symlinkSync(join(project, 'src'), join(own, 'src'));
  // The pages that the program shows.
  symlinkSync(join(project, 'docs'), join(own, 'docs'));
  // For the one dependency that is not bundled.
  symlinkSync(join(project, 'node_modules'), join(own, 'node_modules'));
  for (const name of ['bin', 'package.json', 'tsconfig.json'])
    cpSync(join(project, name), join(own, name), { recursive: true });
  const config = join(project, 'esbuild.config.mjs');
  const { status, stderr } = spawnSync(process.execPath, [config], { cwd: own, encoding: 'utf8' });
  if (status !== 0) {
    rmSync(own, { recursive: true });
    throw new Error(`the build failed:\n${stderr}`);
  }
  try {
    renameSync(own, directory);
  } catch (error) {
    if (!existsSync(directory)) throw error;
    rmSync(own, { recursive: true });
  }
}

const buildLifeMs = 3_600_000;

/** Removes older builds, by the times of files alone, which no test shifts. */
function forgetOlderBuilds(cache: string, newest: string): void {
  const builtAt = lstatSync(newest).mtimeMs;
  for (const path of readdirSync(cache).map((name) => join(cache, name))) {
    if (builtAt - lstatSync(path).mtimeMs > buildLifeMs) rmSync(path, { recursive: true, force: true });
  }
}

export interface ProgramOptions {
  readonly variables?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A command that runs the program, such as `unshare`. */
  readonly prefix?: readonly string[];
  /** A copy of what {@link builtProject} names, for a user who cannot read that. */
  readonly project?: string;
  readonly stdin?: string;
  /** Whether V8's compiled form is put into its root; default: unless something is preloaded, which may count steps. */
  readonly lendsCaches?: boolean;
  /** Names of files in `test/support` to be loaded before the program, such as `kill-at-step.mjs`. */
  readonly preload?: readonly string[];
  /** Default 30 s; then the program is killed, and its `signal` says so. */
  readonly timeoutMs?: number;
  /** Called with everything on stdout so far, whenever there is more. */
  readonly onStdout?: (text: string) => void;
  /** The same for stderr: to act on a sign-in URL. */
  readonly onStderr?: (text: string) => void;
}

export interface ProgramResult {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built product as a process of its own, with the environment of the home, and of this process only the time. */
export class ProgramProcess {
  readonly pid: number;
  readonly ended: Promise<ProgramResult>;
  readonly #child: ChildProcess;

  constructor(home: TestHome, argv: readonly string[], options: ProgramOptions = {}) {
    const { DATE_SHIFT_MS } = process.env;
    const isShifted = DATE_SHIFT_MS !== undefined;
    const names = [...(isShifted ? ['shift-date.mjs'] : []), ...(options.preload ?? [])];
    const preload = names.map((name) => ['--import', new URL(name, import.meta.url).href]);
    const script = join(options.project ?? builtProject(), 'bin', 'codex-auth.js');
    const line = [...(options.prefix ?? []), process.execPath, ...preload.flat(), script, ...argv];
    const [command = process.execPath, ...words] = line;
    // Another build, or a program behind another one, may run as another user.
    const isOurs = options.prefix === undefined && options.project === undefined;
    if (isOurs && (options.lendsCaches ?? options.preload === undefined)) lendCaches(home.root, argv);
    const child = spawn(command, words, {
      cwd: options.cwd ?? home.cwd,
      env: { ...home.variables, ...options.variables, ...(isShifted ? { DATE_SHIFT_MS } : {}) },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    if (isOurs) child.once('close', () => borrowCaches(home.root, argv));
    this.pid = child.pid ?? -1;
    // A program that ends without reading what it was given is no failure of the test.
    child.stdin.on('error', () => undefined).end(options.stdin ?? '');
    this.ended = this.#collect(options);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  #collect({ timeoutMs = 30_000, onStdout, onStderr }: ProgramOptions): Promise<ProgramResult> {
    const output = { stdout: '', stderr: '' };
    this.#child.stdout?.setEncoding('utf8').on('data', (text) => {
      output.stdout += text;
      onStdout?.(output.stdout);
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text) => {
      output.stderr += text;
      onStderr?.(output.stderr);
    });
    const killer = setTimeout(() => this.signal('SIGKILL'), timeoutMs);
    return new Promise((resolve, reject) => {
      this.#child.once('error', reject).once('close', (exitCode, signal) => {
        clearTimeout(killer);
        resolve({ exitCode, signal, ...output });
      });
    });
  }
}
