import { type Account, describeAccount } from '../../core/accounts/account.js';
import type { Roster } from '../../core/accounts/roster.js';
import type { Scope } from '../../core/project/scope.js';
import { hasFiles, readScope } from '../../core/storage/scope-files.js';
import type { Context } from '../context.js';
import type { ExpectedPerson } from './expectation.js';

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
 * On a terminal with accounts: whether the person wants another account, or to sign in again to a known one, who is then
 * expected. Undefined for another account, and wherever the command line has already said what is wanted.
 */
export async function chooseWhom(
  context: Context,
  roster: Roster,
  given: GivenOptions,
): Promise<ExpectedPerson | undefined> {
  const isDecided = given.label !== undefined || given.activate !== undefined;
  if (!context.io.isInteractive || isDecided || roster.accounts.length === 0) return undefined;
  const prompter = await context.prompter();
  return prompter.select<ExpectedPerson | undefined>('You have accounts already. Sign in', [
    { name: 'to another account', value: undefined },
    ...roster.accounts.flatMap((account) => {
      const value = personOf(account);
      return value === undefined ? [] : [{ name: `again to ${describeAccount(account)}`, value }];
    }),
  ]);
}

function personOf({ email, accountId, workspaceName }: Account): ExpectedPerson | undefined {
  if (email === undefined) return undefined;
  return {
    email,
    ...(accountId === undefined ? {} : { accountId }),
    ...(workspaceName === undefined ? {} : { workspaceName }),
  };
}
