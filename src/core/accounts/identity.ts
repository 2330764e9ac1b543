/**
 * Who a login is: the pair (ChatGPT user id, ChatGPT account id). Some logins name no account, and are whole without one.
 * The email only helps while an id is unknown.
 */
export interface Identity {
  readonly userId?: string;
  readonly accountId?: string;
  readonly email?: string;
}

/** Two spellings of one address are one key. */
export function normalizeEmailKey(email: string): string {
  return email.trim().toLowerCase();
}

/** Some tools write the organization of the person where the account id belongs: it tells no account from another. */
export function isOrganizationId(accountId: string | undefined): boolean {
  return accountId !== undefined && /^\s*org[-_]/i.test(accountId);
}

/** The id as the provider takes it; absent where there is none or only an organization's. */
export function realAccountId(accountId: string | undefined): string | undefined {
  return isOrganizationId(accountId) ? undefined : accountId;
}

/**
 * Whether two logins are the same account. What both sides know must agree. A person's login without an account id is
 * complete, and is not the same as a login of that person with one. Where a side has no user id, the normalized email
 * decides.
 */
export function isSameAccount(a: Identity, b: Identity): boolean {
  if (contradicts(a, b)) return false;
  if (hasSame('userId', a, b)) return namesAccount(a) === namesAccount(b);
  return hasSameEmail(a, b);
}

/** Whether both name the same user id, and the same account id or none: no email is compared. */
export function isExactly(a: Identity, b: Identity): boolean {
  return hasSame('userId', a, b) && a.accountId === b.accountId;
}

/** Whether an id that both sides know tells them apart. */
export function contradicts(a: Identity, b: Identity): boolean {
  return differs(a.userId, b.userId) || differInAccount(a.accountId, b.accountId);
}

/**
 * The one of several accounts that is this login. Ids count before an email; an email alone that fits several accounts
 * means none of them, because the tokens of one workspace must not land in another.
 */
export function findSame<A extends Identity>(candidates: readonly A[], identity: Identity): A | undefined {
  const same = candidates.filter((each) => isSameAccount(each, identity));
  const byIds =
    same.find((each) => isExactly(each, identity)) ??
    same.find((each) => hasSame('userId', each, identity)) ??
    same.find((each) => hasSame('accountId', each, identity)) ??
    withoutAccountUntilNow(candidates, identity);
  if (byIds !== undefined) return byIds;
  const [only, ...others] = same;
  return others.length === 0 ? only : undefined;
}

/**
 * The only login of the person, when it names no account and `identity` does. Where the person has more logins,
 * `identity` could be any of them, so that none is returned.
 */
function withoutAccountUntilNow<A extends Identity>(candidates: readonly A[], identity: Identity): A | undefined {
  if (!namesAccount(identity)) return undefined;
  const [only, ...others] = candidates.filter((each) => hasSame('userId', each, identity));
  return only !== undefined && others.length === 0 && !namesAccount(only) ? only : undefined;
}

function namesAccount({ accountId }: Identity): boolean {
  return realAccountId(accountId) !== undefined;
}

function hasSame(id: 'userId' | 'accountId', a: Identity, b: Identity): boolean {
  return a[id] !== undefined && a[id] === b[id];
}

function differs(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

function differInAccount(a: string | undefined, b: string | undefined): boolean {
  return differs(a, b) && isOrganizationId(a) === isOrganizationId(b);
}

/** Whether two email addresses differ. A text without `@`, which some tools put in place of one, is not compared. */
export function haveOtherEmails(a: string | undefined, b: string | undefined): boolean {
  if (a?.includes('@') !== true || b?.includes('@') !== true) return false;
  return normalizeEmailKey(a) !== normalizeEmailKey(b);
}

function hasSameEmail(a: Identity, b: Identity): boolean {
  if (a.email === undefined || b.email === undefined) return false;
  const key = normalizeEmailKey(a.email);
  return key !== '' && key === normalizeEmailKey(b.email);
}
