import { describeAccount } from '../../core/accounts/account.js';
import type { Roster } from '../../core/accounts/roster.js';
import type { Scope } from '../../core/project/scope.js';
import { hasFiles, readScope } from '../../core/storage/scope-files.js';
import type { Context } from '../context.js';

/** Where a new account goes. The first login in a project asks; without a terminal it stays in the project and says so. */
export async function chooseLoginScope(context: Context): Promise<Scope> {
  const scope = context.writingScope();
  if (scope.kind === 'global' || context.options.project !== undefined) return scope;
  if (hasFiles(readScope(context.root.paths, scope.key))) return scope;
  if (!context.io.isInteractive) {
    context.warn(`the account is kept for the project ${scope.root} only; use --global to keep it for everywhere`);
    return scope;
  }
  const prompter = await context.prompter();
  return prompter.select<Scope>('Where should this account be available?', [
    { name: 'Only in this project', value: scope, description: scope.root },
    { name: 'Everywhere', value: { kind: 'global' } },
  ]);
}

interface GivenOptions {
  readonly label?: string;
  readonly activate?: boolean;
}

/**
 * On a terminal with accounts: whether the person wants another account, or to sign in again to a known one, whose email
 * is then expected. Undefined for another account, and wherever the command line has already said what is wanted.
 */
export async function chooseWhom(context: Context, roster: Roster, given: GivenOptions): Promise<string | undefined> {
  const isDecided = given.label !== undefined || given.activate !== undefined;
  if (!context.io.isInteractive || isDecided || roster.accounts.length === 0) return undefined;
  const known = roster.accounts.filter(({ email }) => email !== undefined);
  const prompter = await context.prompter();
  return prompter.select<string | undefined>('You have accounts already. Sign in', [
    { name: 'to another account', value: undefined },
    ...known.map((account) => ({ name: `again to ${describeAccount(account)}`, value: account.email })),
  ]);
}
