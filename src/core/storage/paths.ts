import { join } from 'node:path';

/** Where everything lives below one root (DESIGN §4). */
export interface RootPaths {
  readonly root: string;
  readonly globalPool: string;
  readonly globalFlagged: string;
  readonly projects: string;
  readonly accountState: string;
  readonly settings: string;
  readonly journal: string;
  readonly lineageLog: string;
  readonly locks: string;
  readonly kept: string;
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
    settings: join(root, 'settings.json'),
    journal: join(root, 'refresh-journal'),
    lineageLog: join(root, 'lineage.ndjson'),
    locks: join(root, 'locks'),
    kept: join(root, 'kept'),
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

/** The home of the official client: `CODEX_HOME`, else `~/.codex` (CODEX.md §2). */
export function codexHome(environment: { codexHome?: string; home: string }): string {
  return environment.codexHome ?? join(environment.home, '.codex');
}

/** `CODEX_MULTI_AUTH_DIR`, else `multi-auth` in the official client's home. Never a search (DESIGN §4). */
export function rootDirectory(environment: { rootDir?: string; codexHome?: string; home: string }): string {
  return environment.rootDir ?? join(codexHome(environment), 'multi-auth');
}
