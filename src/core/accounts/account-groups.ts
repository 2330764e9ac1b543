import { definedOnly } from '../defined-only.js';
import { findSame, type Identity } from './identity.js';

/** Several records of one account, and what they say together about who it is. */
export interface AccountGroup<T> extends Identity {
  readonly members: readonly T[];
}

/**
 * Sorts records into accounts (P13, DESIGN §6). A half-known record counts to the one account that it can mean; where it
 * could mean several, `otherwise` may name one of them, or it stands alone. The best known records come first.
 */
export function groupByAccount<T>(
  records: readonly T[],
  identityOf: (record: T) => Identity,
  otherwise: (record: T, groups: readonly AccountGroup<T>[]) => AccountGroup<T> | undefined = () => undefined,
): AccountGroup<T>[] {
  const groups: Group<T>[] = [];
  const known = (record: T) => idsOf(identityOf(record));
  for (const record of [...records].sort((a, b) => known(b) - known(a))) {
    const found = findSame(groups, identityOf(record)) ?? otherwise(record, groups);
    const group = groups.find((each) => each === found);
    if (group === undefined) groups.push(new Group(record, identityOf(record)));
    else group.add(record, identityOf(record));
  }
  return groups;
}

function idsOf({ userId, accountId }: Identity): number {
  return (userId === undefined ? 0 : 1) + (accountId === undefined ? 0 : 2);
}

class Group<T> implements AccountGroup<T> {
  readonly members: T[];
  userId?: string;
  accountId?: string;
  email?: string;

  constructor(first: T, identity: Identity) {
    this.members = [first];
    Object.assign(this, namesOf(identity));
  }

  add(member: T, identity: Identity): void {
    this.members.push(member);
    Object.assign(this, { ...namesOf(identity), ...namesOf(this) });
  }
}

function namesOf({ userId, accountId, email }: Identity): Identity {
  return definedOnly({ userId, accountId, email });
}
