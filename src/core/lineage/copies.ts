import { basename } from 'node:path';
import type { Account, TokenSet } from '../accounts/account.js';
import type { Identity } from '../accounts/identity.js';
import { identityOfTokens } from '../accounts/token-identity.js';
import type { AuthFileState } from '../codex/auth-file-state.js';
import type { CodexHome } from '../codex/home.js';
import { orInstead } from '../errors.js';
import type { ScopeRecords } from '../pools/scope-records.js';
import { readableScopes, readFlagged, readPool } from '../pools/stored-files.js';
import { readVersion } from '../storage/atomic-file.js';
import { backupPaths } from '../storage/backups.js';
import type { FileReader } from '../storage/file-memory.js';
import type { Root } from '../storage/root.js';
import { seemsToHoldForeignTokens } from './foreign-tokens.js';
import { type JournalEntry, readEntries } from './journal.js';
import { isAnswered, tokensOfAnswer } from './journal-overlay.js';
import { readBeside } from './shared-login.js';

/** One copy of a login, and where it is. */
export interface LoginCopy {
  readonly place: 'pool' | 'flagged' | 'backup' | 'auth-file' | 'journal' | 'other-root';
  readonly path: string;
  /** The id of the record; absent where a copy is no record of ours. */
  readonly id?: string;
  readonly identity: Identity;
  readonly tokens: TokenSet;
}

/** Every copy in the places of this root and in `auth.json` that can be read. Changes nothing. */
export function copiesInRoot(root: Root, home: CodexHome, read: FileReader = readVersion): LoginCopy[] {
  const scopes = readableScopes(root.paths, read);
  const records = recordCopies(scopes);
  const held = new Set(records.map(tokenOf));
  return [
    ...records,
    ...scopes.flatMap((scope) => backupCopies(scope, held, read)),
    ...authFileCopies(
      tolerant(() => readBeside(home, { root, scopes: () => scopes })),
      home,
    ),
    ...journalCopies(tolerant(() => readEntries(root.paths.journal)) ?? []),
  ];
}

export function recordCopies(scopes: readonly ScopeRecords[]): LoginCopy[] {
  return scopes.flatMap(({ files, pool, flagged }) => [
    ...pool.accounts.map((account) => copyOf('pool', files.pool, account)),
    ...flagged.accounts.map((account) => copyOf('flagged', files.flagged, account)),
  ]);
}

type Login = Identity & { readonly id: string; readonly tokens: TokenSet };

export function copyOf(place: LoginCopy['place'], path: string, account: Login): LoginCopy {
  return { place, path, id: account.id, identity: account, tokens: account.tokens };
}

/** `held`: which record has which refresh token. */
function backupCopies({ files }: ScopeRecords, held: ReadonlySet<string>, read: FileReader): LoginCopy[] {
  const pools = backupPaths(files.pool).map((path) => ({ path, accounts: readPool(path, read)?.accounts ?? [] }));
  const flagged = backupPaths(files.flagged).map((path) => ({
    path,
    accounts: readFlagged(path, read)?.accounts ?? [],
  }));
  return [...pools, ...flagged].flatMap(({ path, accounts }) => accounts.map((each) => backupCopy(path, each, held)));
}

/**
 * After a crash while two records got back what each had of the other, a backup can be the only place of one of the
 * logins: then its tokens tell whose it is.
 */
function backupCopy(path: string, account: Account, held: ReadonlySet<string>): LoginCopy {
  const copy = copyOf('backup', path, account);
  return held.has(tokenOf(copy)) || !seemsToHoldForeignTokens(account)
    ? copy
    : { ...copy, identity: identityOfTokens(account.tokens) };
}

/** The record of a copy and its refresh token. */
function tokenOf({ id, tokens }: LoginCopy): string {
  return `${id} ${tokens.refreshToken?.reveal()}`;
}

function authFileCopies(state: AuthFileState | undefined, { authFile }: CodexHome): LoginCopy[] {
  if (state?.content?.kind !== 'login') return [];
  const { identity, tokens } = state.content.login;
  return [{ place: 'auth-file', path: authFile, identity, tokens }];
}

function journalCopies(entries: readonly JournalEntry[]): LoginCopy[] {
  return entries.filter(isAnswered).map(({ path, answer }) => {
    const tokens = { generation: 0, ...tokensOfAnswer(answer) };
    return { place: 'journal', path, identity: identityOfTokens(tokens), tokens };
  });
}

/** A place that cannot be read counts as one without a copy here; another check reports it. */
function tolerant<T>(read: () => T): T | undefined {
  return orInstead(read, () => undefined);
}

/** The place in words. */
export function placeName({ place, path }: LoginCopy): string {
  switch (place) {
    case 'auth-file':
      return 'auth.json';
    case 'journal':
      return 'the answer of an interrupted refresh';
    case 'backup':
      return `a backup (${basename(path)})`;
    default:
      return path;
  }
}
