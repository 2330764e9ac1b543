import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { type Environment, environmentVariables, homeOf } from '../environment.js';
import { AppError, systemErrorCode } from '../errors.js';

/**
 * Why `CODEX_HOME` or `CODEX_MULTI_AUTH_DIR` names no place. A home that is not there is refused in the words of the
 * official client. A relative one is refused as well: it would be another home in every directory, with the tokens of
 * each left behind there.
 */
export function misplacement(environment: Environment, cwd: string): AppError | undefined {
  return homeProblem(environment, cwd) ?? rootProblem(environment, cwd);
}

function homeProblem(environment: Environment, cwd: string): AppError | undefined {
  const { codexHome: value } = environment;
  if (value === undefined) return undefined;
  const name = environmentVariables.codexHome;
  const kind = kindOf(resolve(cwd, value));
  if (kind === 'directory') return isAbsolute(value) ? undefined : notAbsolute(name, value, environment, cwd);
  const hint = isAbsolute(value) ? absoluteHint(name, value, kind) : spellingHint(name, value, environment, cwd);
  const why = kind === 'nothing' ? 'does not exist' : 'is not a directory';
  return new AppError('usage', `${name} points to ${JSON.stringify(value)}, but that path ${why}`, { hint });
}

/** The root need not be there: the first sign-in makes it. */
function rootProblem(environment: Environment, cwd: string): AppError | undefined {
  const { rootDir: value } = environment;
  if (value === undefined || isAbsolute(value)) return undefined;
  return notAbsolute(environmentVariables.rootDir, value, environment, cwd);
}

function notAbsolute(name: string, value: string, environment: Environment, cwd: string): AppError {
  const hint = spellingHint(name, value, environment, cwd);
  return new AppError('usage', `${name} is not an absolute path: ${JSON.stringify(value)}`, { hint });
}

function kindOf(path: string): 'directory' | 'other' | 'nothing' {
  try {
    return statSync(path).isDirectory() ? 'directory' : 'other';
  } catch (error) {
    const code = systemErrorCode(error);
    // In a directory that is closed to us there may be one: what is then to be read or written says so.
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'nothing' : 'directory';
  }
}

function absoluteHint(name: string, path: string, kind: 'other' | 'nothing'): string {
  const way = kind === 'nothing' ? `make it: mkdir -p '${path}'` : `set ${name} to a directory`;
  return `${way}; or unset ${name} to use ~/.codex`;
}

/** The path that was meant: quotes and `~` as a shell would have understood them. */
function spellingHint(name: string, value: string, environment: Environment, cwd: string): string {
  const bare = /^(["'])(.*)\1$/s.exec(value)?.[2] ?? value;
  const expanded = bare
    .replace(/^~(?=[/\\]|$)/, homeOf(environment) ?? '~')
    .replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced, plain) => environment.raw[braced ?? plain] ?? whole);
  const meant = /^[~$]/.test(expanded) ? 'an absolute path' : resolve(cwd, expanded);
  return `set ${name} to ${meant}`;
}
