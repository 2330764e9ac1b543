import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { builtProject } from './program-process.js';
import type { TestHome } from './test-home.js';

const execute = promisify(execFile);

/** The program that a real terminal needs and that is not installed; undefined where there is one. */
export const missingForTerminal = ['tmux', 'bash'].find((name) => spawnSync(name, ['-V']).error !== undefined);

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly variables?: Readonly<Record<string, string>>;
}

/** How long the slowest machine may take to draw something. */
const patienceMs = 25_000;

const prompt = 'shell>';

/** A real terminal: tmux on a socket of its own, with a shell in it that finds the built `codex-auth`. */
export class Terminal {
  // The socket is outside of the home, which is removed before the server has ended; and its path has to be short.
  readonly #socket = join(mkdtempSync(join(tmpdir(), 'codex-auth-tmux-')), 'socket');
  readonly #pidFile: string;

  private constructor(home: TestHome) {
    this.#pidFile = join(home.directory, 'program.pid');
  }

  static async open(home: TestHome, options: TerminalOptions = {}): Promise<Terminal> {
    const { columns = 100, rows = 24, variables = {} } = options;
    const terminal = new Terminal(home);
    onTestFinished(() => terminal.close());
    const { COLUMNS: _, PATH, ...known } = home.variables;
    const env = { TERM: 'xterm-256color', LANG: 'C.UTF-8', ...known, ...variables, PATH: `${programIn(home)}:${PATH}` };
    // tmux starts it through sh, which does not pass a prompt on.
    const shell = `exec env PS1='${prompt} ' ${asVariables({ TERM: env.TERM, LANG: env.LANG })} bash --noprofile --norc`;
    const size = ['-x', String(columns), '-y', String(rows)];
    const argv = ['-u', '-f', '/dev/null', 'new-session', '-d', ...size, '-c', home.cwd, shell];
    await execute('tmux', ['-S', terminal.#socket, ...argv], { env });
    await terminal.shows(prompt);
    return terminal;
  }

  /** Types a command line into the shell, once it is there again. */
  async run(line: string): Promise<void> {
    await this.#until((screen) => screen.trimEnd().endsWith(prompt), 'come back to the shell');
    await this.type(line);
    await this.press('Enter');
  }

  /** Runs the program as a job of the shell whose process id is known. */
  async start(...argv: string[]): Promise<void> {
    await this.run(`sh -c 'echo $$ >${this.#pidFile}; exec codex-auth ${argv.join(' ')}'`);
  }

  /** The process id of the program that was started last. */
  programPid(): number {
    return Number(readFileSync(this.#pidFile, 'utf8'));
  }

  async type(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', '--', text);
  }

  /** Keys by the names that tmux has for them: `Enter`, `Escape`, `Down`, `C-c`. */
  async press(...keys: string[]): Promise<void> {
    await this.#tmux('send-keys', '--', ...keys);
  }

  /** Waits until the screen shows all of this, and returns it. */
  async shows(...wanted: readonly (string | RegExp)[]): Promise<string> {
    return this.#until((screen) => wanted.every((each) => includes(screen, each)), `show ${wanted.join(' and ')}`);
  }

  /** Waits until the screen shows none of this, and returns it. */
  async hides(...wanted: readonly (string | RegExp)[]): Promise<string> {
    return this.#until((screen) => !wanted.some((each) => includes(screen, each)), `hide ${wanted.join(' and ')}`);
  }

  /** Waits until the program has ended, and returns the exit code that the shell knows. */
  async exitCode(): Promise<number> {
    await this.run('echo "exit code: $?;"');
    const screen = await this.shows(/exit code: \d+;/);
    return Number(/exit code: (\d+);/.exec(screen)?.[1]);
  }

  /** What the screen shows, without styles; a line that was too long for it is one line. */
  async screen(): Promise<string> {
    return this.#tmux('capture-pane', '-J', '-p');
  }

  /** The same with its styles as escape sequences. */
  async styled(): Promise<string> {
    return this.#tmux('capture-pane', '-e', '-p');
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** Whether the alternate screen is on, and whether the cursor is seen. */
  async modes(): Promise<{ alternate: boolean; cursor: boolean }> {
    const [alternate, cursor] = (await this.#tmux('display', '-p', '#{alternate_on} #{cursor_flag}')).trim().split(' ');
    return { alternate: alternate === '1', cursor: cursor === '1' };
  }

  /** Closes the terminal, which its programs are told by a signal. */
  async close(): Promise<void> {
    // The terminal may have ended by itself, with its shell.
    await this.#tmux('kill-server').catch(() => undefined);
    rmSync(dirname(this.#socket), { recursive: true, force: true });
  }

  async #until(isSo: (screen: string) => boolean, what: string): Promise<string> {
    const end = performance.now() + patienceMs;
    for (;;) {
      const screen = await this.screen();
      if (isSo(screen)) return screen;
      if (performance.now() > end) throw new Error(`the terminal did not ${what}:\n${screen}`);
      await delay(40);
    }
  }

  async #tmux(...argv: string[]): Promise<string> {
    return (await execute('tmux', ['-S', this.#socket, ...argv])).stdout;
  }
}

function asVariables(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}='${value}'`)
    .join(' ');
}

function includes(screen: string, wanted: string | RegExp): boolean {
  return typeof wanted === 'string' ? screen.includes(wanted) : wanted.test(screen);
}

/** A directory for PATH with the built `codex-auth` in it. */
export function programIn(home: TestHome): string {
  const directory = join(home.directory, 'bin');
  mkdirSync(directory, { recursive: true });
  const link = join(directory, 'codex-auth');
  if (!existsSync(link)) symlinkSync(join(builtProject(), 'bin', 'codex-auth.js'), link);
  return directory;
}
