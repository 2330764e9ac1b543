import type { Account } from './account.js';
import { normalizeEmailKey } from './identity.js';

/**
 * Gives accounts that would be called the same what tells them apart, so that two lines of a list or two answers of a switch
 * are never alike: the plan, or else the end of the account id. It is for people only, and never stored.
 */
export function tellApart<A extends Account>(accounts: readonly A[]): readonly A[] {
  const groups = groupByName(accounts);
  if (groups.size === accounts.length) return accounts;
  return accounts.map((account) => {
    const twins = groups.get(calledAs(account)) ?? [];
    return twins.length < 2 ? account : { ...account, distinction: distinctionOf(account, twins) };
  });
}

function groupByName<A extends Account>(accounts: readonly A[]): Map<string, A[]> {
  const groups = new Map<string, A[]>();
  for (const account of accounts) {
    const name = calledAs(account);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [account]);
    else group.push(account);
  }
  return groups;
}

function calledAs({ id, label, email, workspaceName = '' }: Account): string {
  return `${normalizeEmailKey(label ?? email ?? id)}\n${workspaceName}`;
}

function distinctionOf(account: Account, twins: readonly Account[]): string {
  const { planType } = account;
  if (planType !== undefined && areDifferent(twins.map((twin) => twin.planType))) return planType;
  const ids = twins.map(({ accountId }) => accountId);
  const { id, accountId = id } = account;
  return areDifferent(ids)
    ? endOf(accountId, ids)
    : endOf(
        id,
        twins.map((twin) => twin.id),
      );
}

function areDifferent(values: readonly (string | undefined)[]): values is readonly string[] {
  return !values.includes(undefined) && new Set(values).size === values.length;
}

const shortestEnd = 4;

/** The end of the id, as short as it can be while no other of these ids has it. */
function endOf(id: string, all: readonly string[]): string {
  for (let length = shortestEnd; length < id.length; length += 1) {
    const end = id.slice(-length);
    if (all.filter((each) => each.endsWith(end)).length === 1) return `…${end}`;
  }
  return id;
}
