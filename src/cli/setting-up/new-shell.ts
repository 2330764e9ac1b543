import { spawn } from 'node:child_process';
import { requireHome, type Variables } from '../../core/environment.js';
import { setupPlace } from '../../core/session/places.js';
import { executableOnPath } from '../../core/shell/on-path.js';
import type { SetupPlace } from '../../core/shell/setup-plan.js';
import type { ShellName } from '../../core/shell/shell-files.js';
import type { Context } from '../program/context.js';

/** Where `setup` may write: the files of the person's shells are nowhere without a home directory. */
export async function writableSetupPlace(context: Context): Promise<SetupPlace> {
  requireHome(context.environment);
  const place = setupPlace(context);
  const { environment } = place.shells;
  const ZDOTDIR = await zshDirectory(environment);
  return ZDOTDIR === undefined
    ? place
    : { ...place, shells: { ...place.shells, environment: { ...environment, ZDOTDIR } } };
}

/** How long a shell may read the person's files: several times the slowest start that anybody would put up with. */
const patienceMs = 15_000;

/** Shells whose files we can try: of PowerShell we only know what its manual says. */
type TriedShell = Exclude<ShellName, 'powershell'>;

/**
 * Whether "codex auth" reaches this program in a new shell of this kind, as its files are now: it is asked for its version
 * there, which the official client answers with its name. Undefined where the shell is not installed, or not one we can try.
 */
export async function reachesUs(shell: ShellName, variables: Variables): Promise<boolean | undefined> {
  if (shell === 'powershell') return undefined;
  const output = await askNewShell(shell, ['-ic', question], variables);
  return output === undefined ? undefined : /^codex-auth-says \d+\.\d+\.\d+\S*$/m.test(output);
}

/** The mark tells it from what the person's own files print. */
const question = 'echo codex-auth-says $(codex auth --version)';

/** Where zsh looks for its files: it may be told so in `.zshenv` alone, which exports nothing to us. */
async function zshDirectory(variables: Variables): Promise<string | undefined> {
  const output = await askNewShell('zsh', ['-c', `printf 'codex-auth-says %s\\n' "\${ZDOTDIR-}"`], variables);
  return /^codex-auth-says (.+)$/m.exec(output ?? '')?.[1];
}

/** Asks a new shell in a session of its own, because an interactive shell takes the terminal for itself. */
function askNewShell(shell: TriedShell, flags: readonly string[], variables: Variables): Promise<string | undefined> {
  const program = executableOnPath(shell, variables);
  if (program === undefined) return Promise.resolve(undefined);
  const child = spawn(program, flags, {
    env: variables,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: patienceMs,
    killSignal: 'SIGKILL',
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  // What the shell has started may hold the pipe open for as long as it likes.
  child.once('exit', (_code, signal) => signal !== null && child.stdout.destroy());
  return new Promise((resolve) => {
    child.once('error', () => resolve(undefined)).once('close', () => resolve(output));
  });
}
