import { statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { definedOnly } from '../defined-only.js';
import { type Environment, environmentVariables, homeOf } from '../environment.js';
import { AppError, systemErrorCode } from '../errors.js';
import { type Locations, locationsIn } from './locations.js';

/** Where everything lives below one root. */
export interface RootPaths {
  readonly root: string;
  readonly globalPool: string;
  readonly globalFlagged: string;
  readonly projects: string;
  readonly accountState: string;
  readonly quotaHistory: string;
  /** What happened to the accounts, one event a line. */
  readonly events: string;
  /** How the accounts stood when `guard` last looked, so that nothing is told twice. */
  readonly eventMemory: string;
  /** What a guard that runs as a service has told. */
  readonly guardLog: string;
  /** The service of the guard, as the task scheduler of Windows was given it. */
  readonly guardTask: string;
  /** The homes of the official client that logins of this root were written to. */
  readonly homes: string;
  /** What is known of the pool that several machines share. Holds its address, with the password. */
  readonly share: string;
  /** The directory of the homes that `run` makes, each for one account. */
  readonly privateHomes: string;
  /** The directories in which the official client runs as one account. */
  readonly bindings: string;
  /** The login that is being written over a file in place, until that is done. */
  readonly loginWrite: string;
  /** Requests to spend a reset credit that have no definite answer yet. */
  readonly redemptions: string;
  readonly settings: string;
  readonly journal: string;
  readonly lineageLog: string;
  readonly locks: string;
  readonly kept: string;
  /** What commands have changed about the accounts, so that it can be taken back. */
  readonly changes: string;
  /** What V8 made of the program, for the next start (docs/decisions/010-quick-bundle.md). */
  readonly cache: string;
  /** The shim, where `setup` was run. */
  readonly bin: string;
  /** The key of the shared pool, or the name of its entry in the keyring. */
  readonly shareKey: string;
}

const cacheName = 'cache';
/** A root with this file takes part in a shared pool. */
export const shareFileName = 'share.json';
export const poolFileName = 'openai-codex-accounts.json';
/** The private homes of `run` are in it. */
export const privateHomesName = 'homes';
export const flaggedFileName = 'openai-codex-flagged-accounts.json';

/** A file in `bin` that tells every shim not to look for the official client in that directory. */
export const shimMarkName = '.codex-auth-shim';

/** A file beside the shim, which reads in it which directories are bound to an account. */
export const shimBindingsName = '.codex-auth-bindings';

export function rootPaths(root: string): RootPaths {
  const within = namesIn(root);
  return {
    root,
    globalPool: within(poolFileName),
    globalFlagged: within(flaggedFileName),
    projects: within('projects'),
    accountState: within('account-state.json'),
    quotaHistory: within('quota-history.ndjson'),
    events: within('events.ndjson'),
    eventMemory: within('event-memory.json'),
    guardLog: within('guard.log'),
    guardTask: within('guard-task.xml'),
    homes: within('homes.json'),
    share: within(shareFileName),
    bindings: within('bindings.json'),
    privateHomes: within(privateHomesName),
    loginWrite: within('login-write.json'),
    redemptions: within('redemptions.json'),
    settings: within('settings.json'),
    journal: within('refresh-journal'),
    lineageLog: within('lineage.ndjson'),
    locks: within('locks'),
    kept: within('kept'),
    changes: within('changes'),
    cache: within(cacheName),
    bin: within('bin'),
    shareKey: within('share-key.json'),
  };
}

/** The directory of files that only save time. */
export function cachePath(root: string): string {
  return join(root, cacheName);
}

/** Joins names to a directory, for many files of it: `join` would go through all letters of the path each time. */
export function namesIn(directory: string): (name: string) => string {
  const start = join(directory, cacheName).slice(0, -cacheName.length);
  return (name) => start + name;
}

/** The two files of one scope. */
export interface ScopeFiles {
  readonly pool: string;
  readonly flagged: string;
}

export function scopeFiles(paths: RootPaths, projectKey: string | undefined): ScopeFiles {
  if (projectKey === undefined) return { pool: paths.globalPool, flagged: paths.globalFlagged };
  const within = namesIn(join(paths.projects, projectKey));
  return { pool: within(poolFileName), flagged: within(flaggedFileName) };
}

export interface Located extends Locations {
  /** Why the environment names no place for them. Until it does, nothing may be written. */
  readonly problem?: AppError;
}

export function locate(environment: Environment & { readonly home: string }, cwd: string): Located {
  return definedOnly({ ...locationsIn(environment, cwd), problem: misplacement(environment, cwd) });
}

/**
 * Why `CODEX_HOME` or `CODEX_MULTI_AUTH_DIR` names no place. A home that is not there is refused in the words of the
 * official client. A relative one is refused as well: it would be another home in every directory, with the tokens of
 * each left behind there.
 */
function misplacement(environment: Environment, cwd: string): AppError | undefined {
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
    // Its place is closed to us, so that it may exist. Reading or writing in it reports the error.
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
