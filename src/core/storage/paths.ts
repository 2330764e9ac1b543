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

export const poolFileName = 'openai-codex-accounts.json';
/** The private homes of `run` are in it. */
export const privateHomesName = 'homes';
export const flaggedFileName = 'openai-codex-flagged-accounts.json';

/** A file in `bin` that tells every shim that its directory is no place to find the official client in. */
export const shimMarkName = '.codex-auth-shim';

/** Beside the shim: the directories that are bound to an account, for it to read. */
export const shimBindingsName = '.codex-auth-bindings';

export function rootPaths(root: string): RootPaths {
  return {
    root,
    globalPool: join(root, poolFileName),
    globalFlagged: join(root, flaggedFileName),
    projects: join(root, 'projects'),
    accountState: join(root, 'account-state.json'),
    quotaHistory: join(root, 'quota-history.ndjson'),
    events: join(root, 'events.ndjson'),
    eventMemory: join(root, 'event-memory.json'),
    guardLog: join(root, 'guard.log'),
    guardTask: join(root, 'guard-task.xml'),
    homes: join(root, 'homes.json'),
    share: join(root, 'share.json'),
    bindings: join(root, 'bindings.json'),
    privateHomes: join(root, privateHomesName),
    loginWrite: join(root, 'login-write.json'),
    redemptions: join(root, 'redemptions.json'),
    settings: join(root, 'settings.json'),
    journal: join(root, 'refresh-journal'),
    lineageLog: join(root, 'lineage.ndjson'),
    locks: join(root, 'locks'),
    kept: join(root, 'kept'),
    changes: join(root, 'changes'),
    cache: join(root, 'cache'),
    bin: join(root, 'bin'),
    shareKey: join(root, 'share-key.json'),
  };
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
