import type { Account } from '../accounts/account.js';
import { isNewer } from '../accounts/lineage.js';
import type { AuthFileLogin } from '../codex/auth-file.js';
import { type AuthFileState, readAuthFileForDisplay } from '../codex/auth-file-state.js';
import type { CodexHome } from '../codex/home.js';
import { findHomesForDisplay } from '../homes/known-homes.js';
import { withoutLinked } from '../homes/links.js';
import type { Root } from '../storage/root.js';
import { isLoginOf } from './foreign-login.js';
import { type JournalEntry, readEntries } from './journal.js';
import { withJournal } from './journal-overlay.js';
import { nextTokens } from './rotation.js';

/** The copies of logins that can be newer than a record: what the official homes hold, and answers in the journal. */
export interface BesideRecords {
  readonly logins: readonly AuthFileLogin[];
  readonly journal: readonly JournalEntry[];
  /** What kept some of them from being read. */
  readonly problem?: string;
}

/** Reads without a lock and changes nothing. `current` is what the home of this run holds, where that is known already. */
export function readBesideRecords(
  root: Root,
  home: CodexHome,
  current: AuthFileState = readAuthFileForDisplay(home),
): BesideRecords {
  const { problem, others } = findHomesForDisplay(root, home);
  const states = withoutLinked(others.map((each) => each.home)).map(readAuthFileForDisplay);
  const logins = [current, ...states].flatMap(({ content }) => (content?.kind === 'login' ? content.login : []));
  return { logins, journal: readEntries(root.paths.journal), ...(problem === undefined ? {} : { problem }) };
}

/** The account with the newest tokens of all its copies, in memory only. */
export function withNewestTokens<A extends Account>(account: A, { logins, journal }: BesideRecords): A {
  return logins.reduce(withLogin, journal.length === 0 ? account : withJournal(account, journal));
}

function withLogin<A extends Account>(account: A, login: AuthFileLogin): A {
  if (!isLoginOf({ kind: 'login', login }, account)) return account;
  const theirs = { source: 'auth-file', tokens: login.tokens } as const;
  const isBehind = isNewer(theirs, { source: 'pool', tokens: account.tokens });
  return isBehind ? { ...account, tokens: nextTokens(account.tokens, login.tokens) } : account;
}
