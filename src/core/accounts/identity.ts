/** Who a login is: the pair (ChatGPT user id, ChatGPT account id); the email only helps while one of them is unknown. */
export interface Identity {
  readonly userId?: string;
  readonly accountId?: string;
  readonly email?: string;
}

/** Two spellings of one address are one key. */
export function normalizeEmailKey(email: string): string {
  return email.trim().toLowerCase();
}

/**
 * Whether two logins are the same account (P13, DESIGN §6). Where both sides know an id, it must agree; where a user id
 * is missing on a side, the normalized email decides. Two different account ids are never the same account.
 */
export function isSameAccount(a: Identity, b: Identity): boolean {
  if (contradicts(a, b)) return false;
  return isExactly(a, b) || hasSameEmail(a, b);
}

/** Both ids are known on both sides and agree: nothing is left to an email. */
export function isExactly(a: Identity, b: Identity): boolean {
  return hasSame('userId', a, b) && hasSame('accountId', a, b);
}

/** An id that both sides know tells them apart. */
export function contradicts(a: Identity, b: Identity): boolean {
  return differs(a.accountId, b.accountId) || differs(a.userId, b.userId);
}

/**
 * The one of several accounts that is this login. Ids count before an email; an email alone that fits several accounts
 * means none of them, because the tokens of one workspace must not land in another.
 */
export function findSame<A extends Identity>(candidates: readonly A[], identity: Identity): A | undefined {
  const same = candidates.filter((each) => isSameAccount(each, identity));
  const byIds =
    same.find((each) => isExactly(each, identity)) ?? same.find((each) => hasSame('accountId', each, identity));
  if (byIds !== undefined) return byIds;
  const [only, ...others] = same;
  return others.length === 0 ? only : undefined;
}

function hasSame(id: 'userId' | 'accountId', a: Identity, b: Identity): boolean {
  return a[id] !== undefined && a[id] === b[id];
}

function differs(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

function hasSameEmail(a: Identity, b: Identity): boolean {
  if (a.email === undefined || b.email === undefined) return false;
  const key = normalizeEmailKey(a.email);
  return key !== '' && key === normalizeEmailKey(b.email);
}
