import { definedOnly } from '../../core/defined-only.js';
import type { Scope } from '../../core/project/scope.js';
import { type Roster, readScopes } from '../../core/roster/roster.js';
import type { ExpectedPerson } from '../../core/sign-in/expected-person.js';
import { HandOver, runDashboard } from '../program/bare-command.js';
import type { Context } from '../program/context.js';
import { titleOf } from '../render/account-table.js';

interface LoginScope {
  readonly scope: Scope;
  /**
   * The project, where nobody could be asked whether accounts should belong to it alone. Say so of what has been added
   * to it.
   */
  readonly unasked?: string;
}

/**
 * Where new accounts go. For the first ones in a project it asks; without a terminal, or where nothing is to be asked,
 * they stay in the project.
 */
export async function chooseLoginScope(context: Context, asks = context.io.isInteractive): Promise<LoginScope> {
  const scope = context.writingScope();
  if (scope.kind === 'global' || context.options.project !== undefined) return { scope };
  if (readScopes(context.root, scope, undefined).records.key === scope.key) return { scope };
  if (!asks) return { scope, unasked: scope.root };
  const prompter = await context.prompter();
  const chosen = await prompter.select<Scope>('Where should this account be available?', [
    { name: 'Everywhere', value: { kind: 'global' } },
    { name: 'Only in this project', value: scope, description: scope.root },
  ]);
  return { scope: chosen };
}

interface GivenOptions {
  readonly label?: string;
  readonly activate?: boolean;
  readonly whom?: Whom;
}

/**
 * On a terminal with accounts: whether the person wants another account, or to sign in again to a known one, who is then
 * expected. Undefined for another account, and wherever the caller has already said what is wanted. Hands over to the
 * dashboard when that is what the person wants instead.
 */
export async function chooseWhom(
  context: Context,
  roster: Roster,
  given: GivenOptions,
): Promise<ExpectedPerson | undefined> {
  if (given.whom !== undefined) return knownPerson(roster, given.whom);
  const isDecided = given.label !== undefined || given.activate !== undefined;
  if (!context.io.isInteractive || isDecided || roster.accounts.length === 0) return undefined;
  const prompter = await context.prompter();
  const choice = await prompter.select<Whom | { kind: 'dashboard' }>('You have accounts already. Sign in', [
    { name: 'to another account', value: { kind: 'another' } },
    ...roster.accounts
      .filter(({ email }) => email !== undefined)
      .map((account) => ({
        name: `again to ${titleOf({ ...account, workspace: account.workspaceName })}`,
        value: { kind: 'again' as const, id: account.id },
      })),
    ...(context.io.canFillScreen ? [{ name: 'or open the dashboard', value: { kind: 'dashboard' as const } }] : []),
  ]);
  if (choice.kind === 'dashboard') throw new HandOver(runDashboard);
  return knownPerson(roster, choice);
}

/** The person behind a known account, set aside as it may be. */
function knownPerson({ accounts, records }: Roster, whom: Whom): ExpectedPerson | undefined {
  if (whom.kind === 'another') return undefined;
  const known = [...accounts, ...records.flagged.accounts].find(({ id }) => id === whom.id);
  if (known?.email === undefined) return undefined;
  const { email, accountId, workspaceName } = known;
  return { email, ...definedOnly({ accountId, workspaceName }) };
}

/** Who is to sign in: anybody who is not here yet, or somebody known by the id of an account. */
export type Whom = { readonly kind: 'another' } | { readonly kind: 'again'; readonly id: string };
