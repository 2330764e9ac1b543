import { definedOnly } from '../defined-only.js';
import { findSame, type Identity, normalizeEmailKey } from './identity.js';

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

/** Logins by user id and by email, so that finding the same login among thousands does not look at all of them. */
export class IdentityIndex<A extends Identity> {
  private readonly byName = new Map<string, Set<A>>();
  private readonly positions = new Map<A, number>();

  /** Call it again for a login that is in the index and has got an id or an email since. */
  add(login: A): void {
    if (!this.positions.has(login)) this.positions.set(login, this.positions.size);
    for (const name of keysOf(login)) this.byName.set(name, (this.byName.get(name) ?? new Set()).add(login));
  }

  /** What {@link findSame} finds among all logins of the index, in the order in which they were added. */
  find(identity: Identity): A | undefined {
    const near = new Set(keysOf(identity).flatMap((name) => [...(this.byName.get(name) ?? [])]));
    const positionOf = (login: A) => this.positions.get(login) ?? 0;
    return findSame(
      [...near].sort((a, b) => positionOf(a) - positionOf(b)),
      identity,
    );
  }
}

/** Two logins that share neither user id nor email are never the same: an account id alone names no person. */
function keysOf({ userId, email }: Identity): string[] {
  return [
    ...(userId === undefined ? [] : [`user ${userId}`]),
    ...(email === undefined ? [] : [`email ${normalizeEmailKey(email)}`]),
  ];
}
