import { join, resolve } from 'node:path';
import { definedOnly } from '../defined-only.js';
import type { Environment } from '../environment.js';
import type { AppError } from '../errors.js';
import { misplacement } from './misplacement.js';

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
  /** What is known of the pool that several machines share; its address holds a password. */
  readonly share: string;
  /** Those of them that were made for the runs of one account. */
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
  /** The key of the shared pool, or where it is. */
  readonly shareKey: string;
}

const cacheName = 'cache';
export const poolFileName = 'openai-codex-accounts.json';
/** The private homes of `run` are in it. */
export const privateHomesName = 'homes';
export const flaggedFileName = 'openai-codex-flagged-accounts.json';

/** A file in `bin` that tells every shim that its directory is no place to find the official client in. */
export const shimMarkName = '.codex-auth-shim';

/** Beside the shim: the directories that are bound to an account, for it to read. */
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
    share: within('share.json'),
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

/** Where what only saves time is kept. */
export function cachePath(root: string): string {
  return join(root, cacheName);
}

/** Joined once, for whoever names many files of a directory: each join goes through all its letters. */
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
  const directory = projectKey === undefined ? paths.root : join(paths.projects, projectKey);
  return { pool: join(directory, poolFileName), flagged: join(directory, flaggedFileName) };
}

export interface Located {
  readonly codexHome: string;
  readonly root: string;
  /** Why the environment names no place for them. Until it does, nothing may be written. */
  readonly problem?: AppError;
}

/**
 * Where the official client and this program keep their files: `CODEX_HOME`, else `~/.codex`; `CODEX_MULTI_AUTH_DIR`,
 * else `multi-auth` in it. Never a search.
 */
export function locate(environment: Environment & { readonly home: string }, cwd: string): Located {
  const codexHome = resolve(cwd, environment.codexHome ?? join(environment.home, '.codex'));
  const root = resolve(cwd, environment.rootDir ?? join(codexHome, 'multi-auth'));
  return definedOnly({ codexHome, root, problem: misplacement(environment, cwd) });
}
