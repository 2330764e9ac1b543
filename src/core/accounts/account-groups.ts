import { definedOnly } from '../defined-only.js';
import type { Identity } from './identity.js';
import { IdentityIndex } from './identity-index.js';

/** Several records of one account, and what they say together about who it is. */
export interface AccountGroup<T> extends Identity {
  readonly members: readonly T[];
}

/**
 * Sorts records into accounts (P13). A half-known record counts to the one account that it can mean; where it
 * could mean several, `otherwise` may name one of them, or it stands alone. The best known records come first.
 */
export function groupByAccount<T>(
  records: readonly T[],
  identityOf: (record: T) => Identity,
  otherwise: (record: T, groups: readonly AccountGroup<T>[]) => AccountGroup<T> | undefined = () => undefined,
): AccountGroup<T>[] {
  const groups: Group<T>[] = [];
  const index = new IdentityIndex<Group<T>>();
  const known = (record: T) => idsOf(identityOf(record));
  for (const record of [...records].sort((a, b) => known(b) - known(a))) {
    const identity = identityOf(record);
    const group = index.find(identity) ?? memberOf(groups, otherwise(record, groups)) ?? new Group<T>();
    if (group.members.length === 0) groups.push(group);
    group.add(record, identity);
    index.add(group);
  }
  return groups;
}

function memberOf<T>(groups: readonly Group<T>[], wanted: AccountGroup<T> | undefined): Group<T> | undefined {
  return wanted === undefined ? undefined : groups.find((each) => each === wanted);
}

function idsOf({ userId, accountId }: Identity): number {
  return (userId === undefined ? 0 : 1) + (accountId === undefined ? 0 : 2);
}

class Group<T> implements AccountGroup<T> {
  readonly members: T[] = [];
  userId?: string;
  accountId?: string;
  email?: string;

  add(member: T, identity: Identity): void {
    this.members.push(member);
    Object.assign(this, { ...namesOf(identity), ...namesOf(this) });
  }
}

function namesOf({ userId, accountId, email }: Identity): Identity {
  return definedOnly({ userId, accountId, email });
}
