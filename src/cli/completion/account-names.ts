import { describeAccount, type ShownAccount } from '../../core/accounts/account.js';
import { normalizeEmailKey } from '../../core/accounts/identity.js';
import { readAuthFile } from '../../core/codex/auth-file-state.js';
import { homeOf } from '../../core/environment.js';
import { AppError } from '../../core/errors.js';
import { locateScope, scopeForReading } from '../../core/project/scope.js';
import { readScopes } from '../../core/roster/roster.js';
import { openRosterIndex } from '../../core/roster/roster-index.js';
import type { ShownScope } from '../../core/roster/shown-roster.js';
import { unstoredAccount } from '../../core/roster/unstored-login.js';
import type { Context } from '../program/context.js';
import type { Candidate } from './candidates.js';

/**
 * What the accounts can be called on a command line: those of the scope, then those of other pools. Only files are
 * read; where they cannot be, there are no names.
 */
export function accountNames(open: () => Context, isWanted: (account: ShownAccount) => boolean): Candidate[] {
  const [here, ...elsewhere] = readNamed(open);
  if (here === undefined) return [];
  const local = here.accounts;
  const others = elsewhere.flatMap(({ accounts }) => accounts);
  // A name that an account of this scope has would be taken for that one: an account elsewhere is not offered by it.
  const taken = new Set(local.flatMap(callings).map(normalizeEmailKey));
  const names = [...namesOf(local, isWanted), ...namesOf(others, isWanted, taken)];
  return [...new Map(names.map((each) => [each.value, each])).values()];
}

/** The emails of all accounts, those that are set aside included. */
export function accountEmails(open: () => Context): Candidate[] {
  const accounts = readNamed(open).flatMap(({ accounts, setAside }) => [...accounts, ...setAside]);
  const emails = new Map(
    accounts.flatMap((account) => (account.email === undefined ? [] : [[account.email, account]])),
  );
  return [...emails].map(([value, account]) => ({ value, description: describeAccount(account) }));
}

interface NamedPool {
  readonly accounts: readonly ShownAccount[];
  readonly setAside: readonly ShownAccount[];
}

function namedPool({ pool, flagged }: ShownScope): NamedPool {
  return { accounts: pool.accounts, setAside: flagged.accounts };
}

/**
 * The pools, that of the scope first. None where a file cannot be read: at a Tab nobody wants to read why, and the
 * command itself reports it.
 */
function readNamed(open: () => Context): readonly NamedPool[] {
  try {
    const { root, home, options, machine, environment, settings } = open();
    const directories = { cwd: machine.cwd, home: homeOf(environment) ?? '' };
    const { scope } = scopeForReading(locateScope(options, settings(), directories));
    const known = openRosterIndex(root, home, scope, { version: machine.version })?.scopes();
    if (known !== undefined) return known.map(namedPool);
    // A Tab must not open a keyring, which may ask for its password.
    const inUse = home.otherStore === undefined ? readAuthFile(home).content : undefined;
    const { records, others } = readScopes(root, scope, inUse);
    const unstored = unstoredAccount([records, ...others], inUse);
    const here = unstored === undefined ? records.pool.accounts : [...records.pool.accounts, unstored];
    return [{ ...namedPool(records), accounts: here }, ...others.map(namedPool)];
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}

function namesOf(
  accounts: readonly ShownAccount[],
  isWanted: (account: ShownAccount) => boolean,
  taken: ReadonlySet<string> = new Set(),
): Candidate[] {
  const counts = new Map<string, number>();
  for (const name of accounts.flatMap(callings).map(normalizeEmailKey)) counts.set(name, (counts.get(name) ?? 0) + 1);
  const isClear = (name: string) => counts.get(normalizeEmailKey(name)) === 1 && !taken.has(normalizeEmailKey(name));
  return accounts.filter(isWanted).flatMap((account) => {
    const clear = callings(account).filter(isClear);
    const values = clear.length > 0 ? clear : [account.id];
    // A label from a file of another tool may begin with a dash: it would be taken for an option.
    const typed = values.filter((value) => !value.startsWith('-'));
    return typed.map((value) => ({ value, description: descriptionOf(account, value) }));
  });
}

/** The names by which a person calls an account. */
function callings({ label, email }: ShownAccount): string[] {
  return [label, email].flatMap((name) => (name === undefined || name === '' ? [] : [name]));
}

function descriptionOf({ label, email, workspaceName, planType, distinction }: ShownAccount, value: string): string {
  const facts = [label, email, workspaceName, planType, distinction === planType ? undefined : distinction];
  return facts.filter((fact) => fact !== undefined && fact !== '' && fact !== value).join(', ');
}
