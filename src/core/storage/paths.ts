import { join, resolve } from 'node:path';

/** Where everything lives below one root (DESIGN §4). */
export interface RootPaths {
  readonly root: string;
  readonly globalPool: string;
  readonly globalFlagged: string;
  readonly projects: string;
  readonly accountState: string;
  readonly quotaHistory: string;
  readonly settings: string;
  readonly journal: string;
  readonly lineageLog: string;
  readonly locks: string;
  readonly kept: string;
  /** The shim, where `setup` was run (DESIGN §11). */
  readonly bin: string;
}

export const poolFileName = 'openai-codex-accounts.json';
export const flaggedFileName = 'openai-codex-flagged-accounts.json';

export function rootPaths(root: string): RootPaths {
  return {
    root,
    globalPool: join(root, poolFileName),
    globalFlagged: join(root, flaggedFileName),
    projects: join(root, 'projects'),
    accountState: join(root, 'account-state.json'),
    quotaHistory: join(root, 'quota-history.ndjson'),
    settings: join(root, 'settings.json'),
    journal: join(root, 'refresh-journal'),
    lineageLog: join(root, 'lineage.ndjson'),
    locks: join(root, 'locks'),
    kept: join(root, 'kept'),
    bin: join(root, 'bin'),
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

/**
 * Where the official client and this program keep their files: `CODEX_HOME`, else `~/.codex`; `CODEX_MULTI_AUTH_DIR`, else
 * `multi-auth` in it. Never a search (DESIGN §4). A relative one counts from `cwd`, as it does for the client.
 */
export function locate(
  environment: { readonly codexHome?: string; readonly rootDir?: string; readonly home: string },
  cwd: string,
): { readonly codexHome: string; readonly root: string } {
  const codexHome = resolve(cwd, environment.codexHome ?? join(environment.home, '.codex'));
  return { codexHome, root: resolve(cwd, environment.rootDir ?? join(codexHome, 'multi-auth')) };
}
