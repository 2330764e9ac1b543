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
  if (differs(a.accountId, b.accountId) || differs(a.userId, b.userId)) return false;
  const sameAccountId = a.accountId !== undefined && a.accountId === b.accountId;
  const sameUserId = a.userId !== undefined && a.userId === b.userId;
  if (sameAccountId && sameUserId) return true;
  return hasSameEmail(a, b);
}

function differs(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

function hasSameEmail(a: Identity, b: Identity): boolean {
  if (a.email === undefined || b.email === undefined) return false;
  return normalizeEmailKey(a.email) === normalizeEmailKey(b.email);
}
