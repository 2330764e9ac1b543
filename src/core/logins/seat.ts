import { type Account, describeAccount } from '../accounts/account.js';
import { type AuthFileState, looseLoginIn } from '../codex/auth-file-state.js';
import type { CodexHome } from '../codex/home.js';
import { loginPlace, loginStoreKind } from '../codex/official-login.js';
import { privateHomeAt } from '../codex/private-home.js';
import { AppError } from '../errors.js';
import type { Homes } from '../homes/known-homes.js';
import { homesLinkedTo, linkedInto } from '../homes/links.js';
import { isLoginOf } from '../lineage/foreign-login.js';
import { type Records, readBeside } from '../lineage/shared-login.js';
import { shellWord } from '../shell/shell-word.js';
import { type HeldLogin, heldLogins, livesAway, mayHold } from './residence.js';

/*
 * One login, one home: of two files with one refresh token, one would sooner or later hold a spent one. A login that two
 * homes want stands in the file of the first, and the second has a link to it.
 */

/** How the login of an account comes to stand in a home. */
export type Seat =
  | { readonly kind: 'own' }
  | { readonly kind: 'linked'; readonly into: CodexHome }
  /** Moved out of a private home in which nothing runs, which then has a link to it. */
  | { readonly kind: 'moved'; readonly from: CodexHome };

export interface SeatRules {
  /** The login is taken also from a home that cannot be read now. */
  readonly takes: boolean;
  /** The pids of official clients that use a home. */
  readonly runningClients: (home: CodexHome) => readonly number[];
  readonly records: Records;
}

/**
 * Throws `not-allowed` where the account's login lives in a home that cannot be read now, unless `takes` is set, and
 * where it cannot stand in both homes at once.
 */
export function seatFor(homes: Homes, account: Account, { takes, runningClients, records }: SeatRules): Seat {
  const away = homes.unreachable.find((record) => mayHold(record, account, records));
  if (away !== undefined && !takes) throw livesAway(account, away);
  const staying = followersOnOneLogin(homes, account, readBeside(homes.current, records));
  const inUse = staying.find((each) => privateHomeAt(each.directory) === undefined || runningClients(each).length > 0);
  if (inUse !== undefined) throw sharesToken(account, inUse);
  const holdsOurs = ({ state: { content } }: HeldLogin) =>
    content?.kind === 'login' && content.login.tokens.refreshToken?.equals(account.tokens.refreshToken) === true;
  const held = heldLogins(homes, records);
  // Homes with our own token come first: a home with an older login of the account counts only where none has it.
  for (const { home, state } of [...held.filter(holdsOurs), ...held]) {
    if (home.directory === homes.current.directory) continue;
    if (isLoginOf(state.content, account)) {
      const isMovable = mayLeave(homes, home) && runningClients(home).length === 0;
      return isMovable ? { kind: 'moved', from: home } : linked(homes.current, home, account);
    }
    if (holdsOurs({ home, state })) throw sharesToken(account, home);
    if (looseLoginIn(state)?.tokens.refreshToken?.equals(account.tokens.refreshToken) === true)
      throw sharesLoosely(account, home);
  }
  return { kind: 'own' };
}

/** A file that cannot become an account, under the id of another one for instance: a client may go on with its token. */
function sharesLoosely(account: Account, home: CodexHome): AppError {
  const what = `${home.authFile} holds the login of ${describeAccount(account)}, and not as this account`;
  return new AppError('not-allowed', what, {
    hint: `CODEX_HOME=${shellWord(home.directory)} codex-auth switch ${shellWord(account.id)} --replace`,
    details: { home: home.directory },
  });
}

/**
 * The homes with a link to the file of this one, where that holds another workspace of the account's login: they could not
 * keep what they have without a second file with its token.
 */
export function followersOnOneLogin(
  { current, others }: Homes,
  account: Account,
  { content }: AuthFileState,
): CodexHome[] {
  const { refreshToken } = account.tokens;
  if (content?.kind !== 'login' || refreshToken === undefined || isLoginOf(content, account)) return [];
  if (!refreshToken.equals(content.login.tokens.refreshToken)) return [];
  const beside = others.map((each) => each.home);
  return linkedInto(current, beside) === undefined ? homesLinkedTo(current, beside) : [];
}

/** Whether a login may move from a private home to one of the person's own: not while other homes are linked to it. */
function mayLeave({ current, others }: Homes, home: CodexHome): boolean {
  if (privateHomeAt(home.directory) === undefined || privateHomeAt(current.directory) !== undefined) return false;
  if (loginStoreKind(current) !== 'file') return false;
  const beside = others.map((each) => each.home);
  return homesLinkedTo(home, beside).length === 0;
}

function linked(home: CodexHome, into: CodexHome, account: Account): Seat {
  const isLinkable = [home, into].every((each) => loginStoreKind(each) === 'file');
  if (isLinkable) return { kind: 'linked', into };
  const message = `${describeAccount(account)} is in use in ${loginPlace(into)} of ${into.directory}`;
  throw new AppError('not-allowed', message, {
    hint: `switch that home to another account first: CODEX_HOME=${shellWord(into.directory)} codex-auth switch`,
    details: { home: into.directory },
  });
}

function sharesToken(account: Account, home: CodexHome): AppError {
  const who = describeAccount(account);
  return new AppError('not-allowed', `the login of ${who} is in use for another workspace in ${home.directory}`, {
    hint: `switch that home to another account first, or sign in to ${who} again: codex-auth login`,
    details: { home: home.directory },
  });
}
