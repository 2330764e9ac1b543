import { findSame, type Identity, normalizeEmailKey } from './identity.js';

/** Logins by what can make two of them the same, so that finding one among thousands does not look at all of them. */
export class IdentityIndex<A extends Identity> {
  private readonly byName = new Map<string, Set<A>>();
  private readonly positions = new Map<A, number>();

  /** Also for one that is in it already, and has got to know more of its names. */
  add(login: A): void {
    if (!this.positions.has(login)) this.positions.set(login, this.positions.size);
    for (const name of namesOf(login)) this.byName.set(name, (this.byName.get(name) ?? new Set()).add(login));
  }

  /** As {@link findSame} among all of them, in the order in which they came. */
  find(identity: Identity): A | undefined {
    const near = new Set(namesOf(identity).flatMap((name) => [...(this.byName.get(name) ?? [])]));
    const positionOf = (login: A) => this.positions.get(login) ?? 0;
    return findSame(
      [...near].sort((a, b) => positionOf(a) - positionOf(b)),
      identity,
    );
  }
}

/** Two logins that share neither are never the same: an account id alone says nothing of the person. */
function namesOf({ userId, email }: Identity): string[] {
  return [
    ...(userId === undefined ? [] : [`user ${userId}`]),
    ...(email === undefined ? [] : [`email ${normalizeEmailKey(email)}`]),
  ];
}
