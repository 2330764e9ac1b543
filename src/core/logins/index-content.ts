import type { Account, IndexedAccount, ShownAccount } from '../accounts/account.js';
import { definedOnly } from '../defined-only.js';
import { isJsonObject, type JsonObject } from '../json-object.js';
import { isAbsentOr, isListOf, isNumber, isNumberOrAbsent, isText, isTextOrAbsent } from '../json-values.js';
import { seemsToHoldForeignTokens } from './foreign-tokens.js';
import type { IndexedFlaggedAccount, ShownLogin, ShownRoster, ShownScope } from './shown-roster.js';

/** What an index keeps of a roster: the parts that follow from its inputs alone, and no token. */
export interface IndexContent extends Pick<ShownRoster, 'path' | 'readFrom'> {
  /** The scope that the accounts come from first. */
  readonly scopes: readonly ShownScope[];
  readonly login?: ShownLogin;
  /** Where the account is that the official client has: its scope, and its position there. */
  readonly active?: { readonly scope: number; readonly position: number };
}

/** Undefined for a roster that does not follow from files alone, or that warns. */
export function contentOf(roster: ShownRoster, stateWarning: string | undefined): IndexContent | undefined {
  const { path, readFrom, records, others, accounts, authFile, sharesHome, warnings, active } = roster;
  const isPlain = warnings.every((warning) => warning === stateWarning) && sharesHome === undefined;
  if (!isPlain || authFile.problem !== undefined || accounts.length !== records.pool.accounts.length) return undefined;
  const scopes = [indexedScope(records, accounts), ...others.map((scope) => indexedScope(scope, scope.pool.accounts))];
  const lists = [accounts, ...others.map(({ pool }) => pool.accounts)];
  const place = active && placeOf(lists, active.account);
  if (active !== undefined && place === undefined) return undefined;
  return definedOnly({
    path,
    readFrom,
    scopes,
    login: authFile.content && indexedLogin(authFile.content),
    active: place,
  });
}

/** The roster again, with what else a run knows. */
export function rosterOf(
  { path, readFrom, scopes, login, active }: IndexContent,
  known: Pick<ShownRoster, 'scope' | 'state' | 'warnings'>,
): ShownRoster | undefined {
  const [records, ...others] = scopes;
  if (records === undefined || hasLegacyKeys(known.scope, scopes)) return undefined;
  const place = active && scopes[active.scope];
  const account = active && place?.pool.accounts[active.position];
  return definedOnly({
    ...known,
    ...{ path, readFrom, records, others, accounts: records.pool.accounts },
    authFile: definedOnly({ content: login }),
    active: account && definedOnly({ account, scopeKey: place?.key }),
  });
}

/** Pools that an older version kept for one checkout, which belong into this project's. */
export function hasLegacyKeys(scope: ShownRoster['scope'], shown: readonly ShownScope[]): boolean {
  if (scope.kind !== 'project') return false;
  return shown.some(({ key }) => key !== undefined && key !== scope.key && scope.legacyKeys.includes(key));
}

function indexedScope({ key, pool, flagged }: ShownScope, accounts: readonly ShownAccount[]): ShownScope {
  const { activeId, previousId, projectRoot } = pool;
  return definedOnly({
    key,
    pool: { ...definedOnly({ activeId, previousId, projectRoot }), accounts: accounts.map(indexedAccount) },
    flagged: { accounts: flagged.accounts.map((each) => ({ ...indexedAccount(each), flag: each.flag })) },
  });
}

function indexedAccount(account: ShownAccount): IndexedAccount {
  const { id, userId, accountId, email, label, planType, workspaceName, distinction } = account;
  const { enabled, priority, reservePercent, lastUsedAt, tokens } = account;
  return definedOnly({
    ...{ id, userId, accountId, email, label, planType, workspaceName, distinction },
    ...{ enabled, priority, reservePercent, lastUsedAt },
    tokens: definedOnly({
      refreshToken: tokens.refreshToken && {},
      accessToken: tokens.accessToken && {},
      expiresAt: tokens.expiresAt,
      lastRefresh: tokens.lastRefresh,
    }),
    isMixedUp: isMixedUp(account),
  });
}

/** Also for one that is set aside, of which nobody asks it. */
function isMixedUp(account: Account | IndexedAccount): boolean {
  return 'isMixedUp' in account ? account.isMixedUp : seemsToHoldForeignTokens(account);
}

function indexedLogin(content: ShownLogin): ShownLogin {
  if (content.kind === 'unadoptable') return { kind: 'unadoptable', reason: content.reason };
  const { identity, tokens } = content.login;
  const { userId, accountId, email } = identity;
  return {
    kind: 'login',
    login: {
      identity: definedOnly({ userId, accountId, email }),
      tokens: definedOnly({ expiresAt: tokens.expiresAt }),
    },
  };
}

function placeOf(lists: readonly (readonly ShownAccount[])[], account: ShownAccount): IndexContent['active'] {
  const scope = lists.findIndex((accounts) => accounts.includes(account));
  return scope < 0 ? undefined : { scope, position: lists[scope]?.indexOf(account) ?? 0 };
}

/** Whether a parsed file holds that, so that nothing else than a list can be wrong with it. */
export function isIndexContent(value: unknown): value is IndexContent {
  if (!isJsonObject(value)) return false;
  const { path, readFrom, scopes, login, active } = value;
  return (
    isText(path) &&
    isText(readFrom) &&
    isListOf(scopes, isScope) &&
    Array.isArray(scopes) &&
    scopes.length > 0 &&
    isAbsentOr(login, isLogin) &&
    isAbsentOr(active, ({ scope, position }) => isCount(scope) && isCount(position))
  );
}

function isScope({ key, pool, flagged }: JsonObject): boolean {
  return (
    isTextOrAbsent(key) &&
    isJsonObject(pool) &&
    [pool['activeId'], pool['previousId'], pool['projectRoot']].every(isTextOrAbsent) &&
    isListOf(pool['accounts'], isAccount) &&
    isJsonObject(flagged) &&
    isListOf(flagged['accounts'], isFlaggedAccount)
  );
}

/** Of each of thousands: so without a list of the members that are alike. */
function isAccount(account: JsonObject): boolean {
  const { id, userId, accountId, email, label, planType, workspaceName, distinction } = account;
  const { enabled, priority, reservePercent, lastUsedAt, tokens, isMixedUp } = account;
  return (
    isText(id) &&
    isTextOrAbsent(userId) &&
    isTextOrAbsent(accountId) &&
    isTextOrAbsent(email) &&
    isTextOrAbsent(label) &&
    isTextOrAbsent(planType) &&
    isTextOrAbsent(workspaceName) &&
    isTextOrAbsent(distinction) &&
    typeof enabled === 'boolean' &&
    (priority === undefined || priority === 'first' || priority === 'last') &&
    isNumberOrAbsent(reservePercent) &&
    isNumberOrAbsent(lastUsedAt) &&
    isTokenFacts(tokens) &&
    typeof isMixedUp === 'boolean'
  );
}

function isFlaggedAccount(account: JsonObject): account is JsonObject & IndexedFlaggedAccount {
  const { flag } = account;
  if (!isAccount(account) || !isJsonObject(flag)) return false;
  const { at, reason, lastError, lastVerifiedAt, verificationCount } = flag;
  const numbers = isNumber(at) && isNumberOrAbsent(lastVerifiedAt) && isNumber(verificationCount);
  return numbers && isText(reason) && isTextOrAbsent(lastError);
}

function isTokenFacts(tokens: unknown): boolean {
  if (!isJsonObject(tokens)) return false;
  const { refreshToken, accessToken, expiresAt, lastRefresh } = tokens;
  const areMarks = isMarkOrAbsent(refreshToken) && isMarkOrAbsent(accessToken);
  return areMarks && isNumberOrAbsent(expiresAt) && isNumberOrAbsent(lastRefresh);
}

function isMarkOrAbsent(value: unknown): boolean {
  return value === undefined || isJsonObject(value);
}

function isLogin({ kind, reason, login }: JsonObject): boolean {
  if (kind === 'unadoptable') return isText(reason);
  if (kind !== 'login' || !isJsonObject(login)) return false;
  const { identity, tokens } = login;
  if (!isJsonObject(identity) || !isTokenFacts(tokens)) return false;
  return [identity['userId'], identity['accountId'], identity['email']].every(isTextOrAbsent);
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}
