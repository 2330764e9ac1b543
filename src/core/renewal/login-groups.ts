import type { Account } from '../accounts/account.js';
import { groupByAccount } from '../accounts/account-groups.js';
import { findSame } from '../accounts/identity.js';
import { fingerprint } from '../lineage/journal.js';
import { areOfDifferentIssuers } from '../provider/foreign-issuer.js';
import type { TokenFile } from './token-file.js';

/** The accounts and files of one login, or of a shared refresh token: they are renewed together, with one request. */
export interface LoginGroup {
  /** Records of ours, each once. */
  readonly accounts: readonly Account[];
  readonly files: readonly TokenFile[];
}

/**
 * Sorts accounts and token files into logins. `records` are all records of the root: a file belongs to the one that has
 * its login, found by identity, else by refresh token. Every refresh token is in one group only.
 */
export function groupLogins(
  accounts: readonly Account[],
  files: readonly TokenFile[],
  records: readonly Account[],
): LoginGroup[] {
  const known = uniqueById([...accounts, ...records]);
  const owned = files.map((file) => ({ file, owner: ownerOf(file, known) }));
  const loose = owned.flatMap(({ file, owner }) => (owner === undefined ? [file] : []));
  return joinShared([
    ...accounts.map((account) => ({ accounts: [account], files: [] })),
    ...owned.flatMap(({ file, owner }) => (owner === undefined ? [] : [{ accounts: [owner], files: [file] }])),
    ...groupByAccount(loose, ({ login }) => login.identity).map(({ members }) => ({ accounts: [], files: members })),
  ]);
}

/** The record that has a file's login. `records` must hold each record only once. */
export function ownerOf({ login }: TokenFile, records: readonly Account[]): Account | undefined {
  const holdsToken = ({ tokens }: Account) => login.tokens.refreshToken.equals(tokens.refreshToken);
  const owner = findSame(records, login.identity) ?? records.find(holdsToken);
  return owner === undefined || areOfDifferentIssuers(owner, login) ? undefined : owner;
}

/** Groups that have an account or a refresh token in common become one. */
function joinShared(groups: readonly LoginGroup[]): LoginGroup[] {
  const byKey = new Map<string, LoginGroup>();
  for (const group of groups) {
    const related = new Set(keysOf(group).flatMap((key) => byKey.get(key) ?? []));
    const all = [...related, group];
    const accounts = uniqueById(all.flatMap((each) => each.accounts));
    const joined = { accounts, files: all.flatMap(({ files }) => files) };
    for (const key of keysOf(joined)) byKey.set(key, joined);
  }
  return [...new Set(byKey.values())];
}

function keysOf({ accounts, files }: LoginGroup): string[] {
  const tokens = [...accounts.map((each) => each.tokens), ...files.map(({ login }) => login.tokens)];
  const prints = tokens.flatMap(({ refreshToken }) => (refreshToken ? [fingerprint(refreshToken.reveal())] : []));
  return [...accounts.map(({ id }) => id), ...prints];
}

/** The first record of each id. */
function uniqueById(accounts: readonly Account[]): Account[] {
  return [...new Map([...accounts].reverse().map((account) => [account.id, account])).values()].reverse();
}
