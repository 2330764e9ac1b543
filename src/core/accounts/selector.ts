import { AppError } from '../errors.js';
import { printable } from '../printable.js';
import { type Account, describeAccount, type ShownAccount } from './account.js';
import { normalizeEmailKey } from './identity.js';

/** An account and the pool it lives in; `scopeKey` is absent for the global pool. */
export interface LocatedAccount<A extends ShownAccount = Account> {
  readonly account: A;
  readonly scopeKey?: string;
}

export interface SelectorScope<A extends ShownAccount = Account> {
  readonly accounts: readonly A[];
  readonly previousId?: string;
}

/**
 * The account a person means: a 1-based index, `-` for the previous one, an email, a label, a workspace, an id, or an
 * unambiguous part of one of them. An exact match beats a partial one, and a name of the account beats the name of its
 * workspace; everything but an index and `-` looks in this scope first, then everywhere. Throws `no-such-account` or
 * `ambiguous-selector` with the candidates.
 */
export function selectAccount<A extends ShownAccount>(
  selector: string,
  here: SelectorScope<A>,
  elsewhere: readonly LocatedAccount<A>[] = [],
): LocatedAccount<A> {
  if (selector === '-') return selectPrevious(here);
  // A negative number is a slip, and not a part of an id.
  if (/^-?\d+$/.test(selector)) return selectIndex(Number(selector), here);
  if (normalizeEmailKey(selector) === '') throw noSuchAccount('an empty name means no account');
  const local: LocatedAccount<A>[] = here.accounts.map((account) => ({ account }));
  const foundHere = matches(selector, local);
  const found = foundHere ?? matches(selector, elsewhere);
  if (found === undefined) throw noSuchAccount(`no account matches "${selector}"`);
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  throw ambiguous(selector, found, foundHere === undefined);
}

function selectPrevious<A extends ShownAccount>(here: SelectorScope<A>): LocatedAccount<A> {
  const account = here.accounts.find((each) => each.id === here.previousId);
  if (account === undefined) throw noSuchAccount('there is no previous account to go back to');
  return { account };
}

function selectIndex<A extends ShownAccount>(index: number, here: SelectorScope<A>): LocatedAccount<A> {
  const account = here.accounts[index - 1];
  if (account !== undefined) return { account };
  throw noSuchAccount(`there is no account ${index}; the list has ${here.accounts.length}`);
}

/** The best class of matches that has any: exact names, then parts of names, each before those of workspaces. */
function matches<A extends ShownAccount>(
  selector: string,
  candidates: readonly LocatedAccount<A>[],
): LocatedAccount<A>[] | undefined {
  const wanted = normalizeEmailKey(selector);
  const isWanted = (name: string) => name === wanted;
  const hasPart = (name: string) => name.includes(wanted);
  for (const isMatch of [isWanted, hasPart]) {
    for (const namesOf of [names, workspaceNames]) {
      const found = candidates.filter(({ account }) => namesOf(account).some(isMatch));
      if (found.length > 0) return found;
    }
  }
  return undefined;
}

function names(account: ShownAccount): string[] {
  const { id, email, label, accountId } = account;
  return [id, email, label, accountId].flatMap((name) => (name === undefined ? [] : [normalizeEmailKey(name)]));
}

function workspaceNames({ workspaceName }: ShownAccount): string[] {
  return workspaceName === undefined ? [] : [normalizeEmailKey(workspaceName)];
}

function noSuchAccount(message: string): AppError {
  return new AppError('no-such-account', message, { hint: 'codex-auth list' });
}

function ambiguous(selector: string, found: readonly LocatedAccount<ShownAccount>[], isElsewhere: boolean): AppError {
  const candidates = found.map(({ account, scopeKey }) => {
    const pool = scopeKey === undefined ? 'the global pool' : `the pool of project ${scopeKey}`;
    const email = account.label === undefined || account.email === undefined ? '' : `, ${printable(account.email)}`;
    return `  ${account.id}  ${describeAccount(account)}${email}${isElsewhere ? `, in ${pool}` : ''}`;
  });
  return new AppError('ambiguous-selector', `"${selector}" means ${found.length} accounts:`, {
    lines: candidates,
    hint: 'name one of them by its id',
    details: { candidates: found.map(({ account }) => ({ id: account.id, email: account.email })) },
  });
}

const maxLength = 60;

/**
 * Why a trimmed text cannot be a label; undefined where it can. A label is a name to type: one line, and nothing that
 * already means a position or an option.
 */
export function labelProblem(text: string): string | undefined {
  if (printable(text) !== text) return 'it has control or invisible characters';
  if (/^\d+$/.test(text)) return 'digits alone mean a position in the list';
  if (text.startsWith('-')) return 'it would read as an option';
  return text.length > maxLength ? `it is longer than ${maxLength} characters` : undefined;
}
