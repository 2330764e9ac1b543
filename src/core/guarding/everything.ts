import { join } from 'node:path';
import type { Account, FlaggedAccount } from '../accounts/account.js';
import { type CodexHome, codexHomeAt } from '../codex/home.js';
import { findHomesForDisplay, reachableHomes } from '../homes/known-homes.js';
import { withNewestTokens } from '../lineage/beside-records.js';
import type { ScopeRecords } from '../pools/scope-records.js';
import type { Roster } from '../roster/roster.js';
import type { RootPaths } from '../storage/paths.js';
import type { Root } from '../storage/root.js';
import { type Guarded, guardedAccounts } from './due.js';

/** Everything below a root, as one look finds it. */
export interface Everything {
  /** The roster of the scope that the guard was started in; what its state knows is about all accounts. */
  readonly roster: Roster;
  readonly scopes: readonly ScopeRecords[];
  /** The accounts of all pools, with the newest tokens of all their copies. */
  readonly accounts: readonly Account[];
  readonly setAside: readonly FlaggedAccount[];
  readonly guarded: readonly Guarded[];
  /** The homes of the official client that can be read now. */
  readonly homes: readonly CodexHome[];
}

export function everythingIn(root: Root, home: CodexHome, roster: Roster): Everything {
  const scopes = [roster.records, ...roster.others];
  return {
    roster,
    scopes,
    accounts: scopes.flatMap(({ pool }) => pool.accounts).map((account) => withNewestTokens(account, roster.beside)),
    setAside: scopes.flatMap(({ flagged }) => flagged.accounts),
    guarded: guardedAccounts(scopes, roster.beside),
    homes: reachableHomes(findHomesForDisplay(root, home)),
  };
}

/** The files whose change may make something due, and the directories in which new ones may appear. */
export function filesOf(
  { paths }: { readonly paths: RootPaths },
  { scopes, homes }: Pick<Everything, 'scopes' | 'homes'>,
): { readonly files: string[]; readonly directories: string[] } {
  const pools = scopes.flatMap(({ files }) => [files.pool, files.flagged]);
  const logins = homes.map(({ authFile }) => authFile);
  return {
    files: [...new Set([...pools, paths.globalPool, paths.globalFlagged, paths.settings, paths.homes, ...logins])],
    directories: [paths.projects],
  };
}

/** The files to follow after a look that failed: those that a person would mend. */
export function filesOfNobody({ paths }: { readonly paths: RootPaths }, home: CodexHome): string[] {
  const here = codexHomeAt(home.directory);
  return [paths.globalPool, paths.globalFlagged, paths.settings, paths.homes, join(here.directory, 'auth.json')];
}
