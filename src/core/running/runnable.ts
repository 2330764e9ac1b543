import { statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { isSubcommand, takesValue } from '../codex/client-line.js';
import { isClientName } from '../codex/client-program.js';
import { readCodexConfig } from '../codex/config.js';
import { systemDirectory } from '../codex/config-files.js';
import { codexHomeAt } from '../codex/home.js';
import type { Variables } from '../environment.js';
import { AppError } from '../errors.js';
import { executableOnPath, isExecutable, pathOf } from '../shell/on-path.js';

/** A program that can be started, and what it gets. */
export interface Runnable {
  readonly path: string;
  /** As it was called, which some programs look at. */
  readonly name: string;
  readonly arguments: readonly string[];
}

export interface CommandPlace {
  readonly environment: Variables;
  readonly cwd: string;
}

/**
 * The program that a shell would start for this line. Throws `command-not-found` or `not-executable`, which have the exit
 * codes of a shell, and `not-allowed` for the official client's own login and logout.
 */
export function findRunnable([name = 'codex', ...words]: readonly string[], place: CommandPlace): Runnable {
  if (isClientName(name)) refuseEndingLogin(words);
  return { path: findProgram(name, place), name, arguments: words };
}

function findProgram(name: string, { environment, cwd }: CommandPlace): string {
  const hasPath = /[\\/]/.test(name);
  const found = hasPath ? [resolve(cwd, name)].find(isExecutable) : executableOnPath(name, environment);
  if (found !== undefined) return found;
  if (name === '') {
    throw new AppError('command-not-found', 'the command after -- has no name', {
      hint: 'see that no variable in it is empty',
    });
  }
  const places = hasPath ? [resolve(cwd, name)] : pathOf(environment).map((directory) => resolve(cwd, directory, name));
  const closed = places.find(isThere);
  if (closed !== undefined) {
    throw new AppError('not-executable', `${closed} cannot be executed`, {
      hint: statSync(closed).isDirectory() ? 'name a program, not a directory' : `chmod +x ${closed}`,
      details: { path: closed },
    });
  }
  const where = hasPath ? '' : ` on PATH (${pathOf(environment).join(delimiter)})`;
  throw new AppError('command-not-found', `there is no ${name}${where}`, {
    hint: name === 'codex' ? 'npm install -g @openai/codex' : 'see that the command after -- is spelled as in a shell',
  });
}

function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // The path is closed to us, or below a file: the program is not there for us.
    return false;
  }
}

function refuseEndingLogin(words: readonly string[]): void {
  const plain = words.filter((word, at) => !word.startsWith('-') && !takesValue(words[at - 1] ?? ''));
  const at = plain.findIndex((word) => isSubcommand(word));
  const [command, next] = plain.slice(at);
  const endsLogin = command === 'logout' || (command === 'login' && next !== 'status');
  if (at < 0 || !endsLogin) return;
  const message = `codex ${command} ends the login of the account at the provider, for every copy of it`;
  throw new AppError('not-allowed', message, {
    hint: command === 'login' ? 'codex-auth login' : 'codex-auth remove <selector> --revoke',
  });
}

const useFile = ['-c', 'cli_auth_credentials_store="file"'];

/**
 * A keyring has one entry for each home, and no links between them, so that in a private home the login is always in a
 * file. Where the configuration, which is shared, says otherwise, the client has to be told. Another program that may
 * start a client cannot be told: then it throws `not-allowed`.
 */
export function withFileStore(runnable: Runnable, shares: string): Runnable {
  if (codexHomeAt(shares).otherStore === undefined) return runnable;
  const { path } = readCodexConfig(shares).credentialStore;
  const isManaged = path.startsWith(systemDirectory) && path.endsWith('managed_config.toml');
  if (isClientName(runnable.name) && !isManaged) return { ...runnable, arguments: [...useFile, ...runnable.arguments] };
  const message = isManaged
    ? `${path} makes the official client keep its login in the keyring, which holds one for each home`
    : `the official client keeps its login in the keyring, and ${runnable.name} would start it without knowing that this one is in a file`;
  throw new AppError('not-allowed', message, {
    hint: isManaged
      ? 'ask whoever manages this machine'
      : `run the client itself, or set cli_auth_credentials_store = "file" in ${path}, then sign in or switch again`,
    details: { path },
  });
}
