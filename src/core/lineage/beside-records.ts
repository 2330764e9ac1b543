import type { Account } from '../accounts/account.js';
import { findSame } from '../accounts/identity.js';
import { isNewer } from '../accounts/lineage.js';
import type { AuthFileLogin } from '../codex/auth-file.js';
import { type AuthFileState, readAuthFileForDisplay } from '../codex/auth-file-state.js';
import type { CodexHome } from '../codex/home.js';
import { findHomesForDisplay } from '../homes/known-homes.js';
import { withoutLinked } from '../homes/links.js';
import { areOfDifferentIssuers } from '../provider/foreign-issuer.js';
import type { Root } from '../storage/root.js';
import { type JournalEntry, readEntries } from './journal.js';
import { withJournal } from './journal-overlay.js';
import { nextTokens } from './rotation.js';

/** The copies of logins that can be newer than a record: what the official homes hold, and answers in the journal. */
export interface BesideRecords {
  readonly logins: readonly HomeLogin[];
  readonly journal: readonly JournalEntry[];
  /** What kept some of them from being read. */
  readonly problem?: string;
}

/** A login that an official home holds. */
export interface HomeLogin {
  readonly login: AuthFileLogin;
  /** The record that it is a copy of; an email that several accounts have tells nothing. */
  readonly accountId?: string;
}

/**
 * Reads without a lock and changes nothing. `records` are all of the root; `current` is what the home of this run holds,
 * and `journal` its entries, where that is known already.
 */
export function readBesideRecords(
  root: Root,
  home: CodexHome,
  records: readonly Account[],
  current: AuthFileState = readAuthFileForDisplay(home),
  journal: readonly JournalEntry[] = readEntries(root.paths.journal),
): BesideRecords {
  const { problem, others } = findHomesForDisplay(root, home);
  const states = withoutLinked(others.map((each) => each.home)).map(readAuthFileForDisplay);
  const logins = [current, ...states].flatMap(({ content }) =>
    content?.kind === 'login' ? homeLogin(content.login, records) : [],
  );
  return { logins, journal, ...(problem === undefined ? {} : { problem }) };
}

export function homeLogin(login: AuthFileLogin, records: readonly Account[]): HomeLogin {
  const owner = findSame(records, login.identity);
  const isTheirs = owner !== undefined && !areOfDifferentIssuers(login, owner);
  return isTheirs ? { login, accountId: owner.id } : { login };
}

/** The account with the newest tokens of all its copies, in memory only. */
export function withNewestTokens<A extends Account>(account: A, { logins, journal }: BesideRecords): A {
  const own = logins.filter(({ accountId }) => accountId === account.id);
  return own.reduce(withLogin, journal.length === 0 ? account : withJournal(account, journal));
}

function withLogin<A extends Account>(account: A, { login }: HomeLogin): A {
  const theirs = { source: 'auth-file', tokens: login.tokens } as const;
  const isBehind = isNewer(theirs, { source: 'pool', tokens: account.tokens });
  return isBehind ? { ...account, tokens: nextTokens(account.tokens, login.tokens) } : account;
}
