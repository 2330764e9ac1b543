import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** Why the tests that need the keyring of the system are skipped; undefined when they are not. */
export function missingForKeyring(): string | undefined {
  if (process.platform !== 'linux') return 'the secret service is a thing of Linux';
  const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
  const absent = ['dbus-run-session', 'gnome-keyring-daemon'].filter((program) => !has(program));
  if (absent.length > 0) return `${absent.join(' and ')} not installed: apt-get install dbus gnome-keyring`;
  return hasKeyringLibrary() ? undefined : '@napi-rs/keyring is not installed';
}

/** Whether the library for keyrings is there, an optional dependency that npm may have left out. */
export function hasKeyringLibrary(): boolean {
  try {
    return library() !== '';
  } catch {
    return false;
  }
}

/** A keyring of its own, unlocked, on a message bus of its own. */
export interface SecretService {
  /** What a process needs to reach it. */
  readonly variables: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const script = `printf '\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
echo "$DBUS_SESSION_BUS_ADDRESS"
read line`;

/** Starts gnome-keyring without a display, with an empty password; everything it writes is below `directory`. */
export async function startSecretService(directory: string): Promise<SecretService> {
  const [home, runtime] = ['keyring-home', 'run'].map((name) => join(directory, name)) as [string, string];
  for (const each of [home, runtime]) mkdirSync(each, { mode: 0o700 });
  const env = { PATH: process.env['PATH'], HOME: home, XDG_RUNTIME_DIR: runtime };
  const child = spawn('dbus-run-session', ['--', 'sh', '-c', script], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  try {
    const address = await firstLine(child);
    const variables = { DBUS_SESSION_BUS_ADDRESS: address };
    await untilItAnswers(variables);
    return { variables, stop };
  } catch (error) {
    await stop();
    throw error;
  }

  /** The bus ends with its session, and the daemon with its bus. */
  async function stop(): Promise<void> {
    child.stdin.end();
    await ended;
  }
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('unreachable');
  for await (const line of createInterface({ input: stdout })) return line;
  throw new Error('the message bus did not start');
}

/** The value of an entry, as another program would read it; null when there is none. */
export function readEntry(account: string, { variables }: Pick<SecretService, 'variables'>): string | null {
  const program = `const { Entry } = require(${JSON.stringify(library())});
process.stdout.write(JSON.stringify(new Entry('Codex Auth', process.argv[1], { linux: { store: 'secret-service' } }).getPassword()));`;
  const { stdout, status } = spawnSync(process.execPath, ['-e', program, account], {
    env: variables,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error('the keyring does not answer');
  return JSON.parse(stdout);
}

const library = () => createRequire(import.meta.url).resolve('@napi-rs/keyring');

async function untilItAnswers(variables: Record<string, string>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      readEntry('probe', { variables });
      return;
    } catch (error) {
      if (attempt === 50) throw error;
      await delay(200);
    }
  }
}
