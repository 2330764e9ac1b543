import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { LockTask } from './worker.js';

const workerNames = ['counter', 'holder', 'once', 'rounds', 'store-counter', 'store-holder'] as const;
type WorkerName = (typeof workerNames)[number];

/** An ESM bundle has no `require`, which proper-lockfile and what it depends on call for Node's own modules. */
const requireBanner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The lock workers as plain JavaScript, so that twenty of them start in the time of one TypeScript loader. */
export class LockWorkers {
  readonly #bundles = mkdtempSync(join(tmpdir(), 'codex-auth-lock-workers-'));
  readonly #running = new Set<LockWorker>();

  async build(): Promise<void> {
    const source = (name: string) => fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
    await build({
      entryPoints: workerNames.map(source),
      outdir: this.#bundles,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      platform: 'node',
      format: 'esm',
      banner: { js: requireBanner },
      logLevel: 'error',
    });
  }

  /** `prefix` is a command that runs the worker, such as `unshare`. */
  start(
    name: WorkerName,
    task: LockTask,
    setup: { preload?: string; env?: object; prefix?: string[]; uid?: number } = {},
  ) {
    const preload = setup.preload === undefined ? [] : ['--import', preloadUrl(setup.preload)];
    const line = [process.execPath, ...preload, join(this.#bundles, `${name}.mjs`), JSON.stringify(task)];
    const [command = '', ...args] = [...(setup.prefix ?? []), ...line];
    const child = spawn(command, args, {
      env: { PATH: process.env['PATH'], ...setup.env },
      stdio: ['pipe', 'pipe', 'inherit'],
      ...(setup.uid === undefined ? {} : { uid: setup.uid, gid: setup.uid }),
    });
    const worker = new LockWorker(child);
    this.#running.add(worker);
    void worker.ended.then(() => this.#running.delete(worker));
    return worker;
  }

  /** Lets workers with another user id read the bundles. */
  openToOthers(): void {
    chmodSync(this.#bundles, 0o755);
  }

  /** Ends whatever still runs, stopped processes included. */
  async endAll(): Promise<void> {
    for (const worker of this.#running) worker.signal('SIGKILL');
    await Promise.all([...this.#running].map((worker) => worker.ended));
  }

  remove(): void {
    rmSync(this.#bundles, { recursive: true, force: true });
  }
}

export class LockWorker {
  readonly pid: number;
  readonly lines: string[] = [];
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  #onLine: () => void = () => undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid ?? -1;
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        resolve({ code, signal });
        this.#onLine();
      });
    });
    if (child.stdout === null) throw new Error('a worker without stdout');
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.lines.push(line);
      this.#onLine();
    });
  }

  /** Resolves when the worker has said this line; rejects when it ends without. */
  async said(line: string): Promise<void> {
    let isOver = false;
    void this.ended.then(() => {
      isOver = true;
    });
    while (!this.lines.includes(line)) {
      if (isOver) throw new Error(`the worker ended and never said "${line}", but: ${this.lines.join(' | ')}`);
      await new Promise<void>((resolve) => {
        this.#onLine = resolve;
      });
    }
  }

  tell(command: string): void {
    this.#child.stdin?.write(`${command}\n`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when the kernel shows the process as stopped. Linux only. */
  async stopped(): Promise<void> {
    while (!/\) [Tt] /.test(readFileSync(`/proc/${this.pid}/stat`, 'utf8'))) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

function preloadUrl(name: string): string {
  return pathToFileURL(fileURLToPath(new URL(`../${name}`, import.meta.url))).href;
}
