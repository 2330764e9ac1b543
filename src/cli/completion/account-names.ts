import { type Account, describeAccount } from '../../core/accounts/account.js';
import { normalizeEmailKey } from '../../core/accounts/identity.js';
import { homeOf } from '../../core/environment.js';
import { AppError } from '../../core/errors.js';
import { readScopes } from '../../core/logins/roster.js';
import type { ScopeRecords } from '../../core/pools/scope-records.js';
import { locateScope, scopeForReading } from '../../core/project/scope.js';
import type { Context } from '../context.js';
import type { Candidate } from './candidates.js';

/**
 * What the accounts can be called on a command line: those of the scope, then those of other pools. Only files are read;
 * where they cannot be, there are no names.
 */
export function accountNames(open: () => Context, isWanted: (account: Account) => boolean): Candidate[] {
  const [here, ...elsewhere] = readPools(open);
  if (here === undefined) return [];
  const local = here.pool.accounts;
  const others = elsewhere.flatMap(({ pool }) => pool.accounts);
  // A name of this scope is looked up here first (DESIGN §6); elsewhere it would be taken for that one.
  const taken = new Set(local.flatMap(callings).map(normalizeEmailKey));
  const names = [...namesOf(local, isWanted), ...namesOf(others, isWanted, taken)];
  return [...new Map(names.map((each) => [each.value, each])).values()];
}

/** The emails of all accounts, those that are set aside included. */
export function accountEmails(open: () => Context): Candidate[] {
  const accounts = readPools(open).flatMap(({ pool, flagged }) => [...pool.accounts, ...flagged.accounts]);
  const emails = new Map(
    accounts.flatMap((account) => (account.email === undefined ? [] : [[account.email, account]])),
  );
  return [...emails].map(([value, account]) => ({ value, description: describeAccount(account) }));
}

/** The pool of the scope first. Nobody wants to read at a Tab what is wrong with a file: the command itself says it. */
function readPools(open: () => Context): readonly ScopeRecords[] {
  try {
    const { root, options, machine, environment, settings } = open();
    const home = homeOf(environment) ?? '';
    const { scope } = scopeForReading(locateScope(options, settings(), { cwd: machine.cwd, home }));
    const { records, others } = readScopes(root, scope);
    return [records, ...others];
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}

function namesOf(
  accounts: readonly Account[],
  isWanted: (account: Account) => boolean,
  taken: ReadonlySet<string> = new Set(),
): Candidate[] {
  const counts = new Map<string, number>();
  for (const name of accounts.flatMap(callings).map(normalizeEmailKey)) counts.set(name, (counts.get(name) ?? 0) + 1);
  const isClear = (name: string) => counts.get(normalizeEmailKey(name)) === 1 && !taken.has(normalizeEmailKey(name));
  return accounts.filter(isWanted).flatMap((account) => {
    const clear = callings(account).filter(isClear);
    const values = clear.length > 0 ? clear : [account.id];
    // From a file of another tool; it would be taken for an option.
    const typed = values.filter((value) => !value.startsWith('-'));
    return typed.map((value) => ({ value, description: descriptionOf(account, value) }));
  });
}

/** What a person calls it. */
function callings({ label, email }: Account): string[] {
  return [label, email].flatMap((name) => (name === undefined || name === '' ? [] : [name]));
}

function descriptionOf({ label, email, workspaceName, planType, distinction }: Account, value: string): string {
  const facts = [label, email, workspaceName, planType, distinction === planType ? undefined : distinction];
  return facts.filter((fact) => fact !== undefined && fact !== '' && fact !== value).join(', ');
}
