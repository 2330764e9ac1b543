import type { Flag, IndexedAccount, ShownAccount } from '../accounts/account.js';
import { definedOnly } from '../defined-only.js';
import { isJsonObject, type JsonObject } from '../json-object.js';
import { isAbsentOr, isNumber, isNumberOrAbsent, isText, isTextOrAbsent } from '../json-values.js';
import { type AccountColumns, accountsIn, columnsOf } from './account-columns.js';
import type { IndexedFlaggedAccount, ShownLogin, ShownRoster, ShownScope } from './shown-roster.js';

/** What an index keeps of a roster: the parts that follow from its inputs alone, and no token. */
export interface IndexContent extends Pick<ShownRoster, 'path' | 'readFrom'> {
  /** The first is the scope that the accounts come from. */
  readonly scopes: readonly ShownScope[];
  readonly login?: ShownLogin;
  /** The account that the official client has: the index of its scope in `scopes`, and its position there. */
  readonly active?: { readonly scope: number; readonly position: number };
}

/** The same as it stands in the file. */
export interface StoredContent extends Omit<IndexContent, 'scopes'> {
  readonly scopes: readonly StoredScope[];
}

interface StoredScope {
  readonly key?: string;
  readonly pool: Omit<ShownScope['pool'], 'accounts'> & { readonly accounts: AccountColumns };
  readonly flagged: { readonly accounts: AccountColumns; readonly flags: readonly Flag[] };
}

/** Undefined for a roster that does not follow from files alone, or that warns. */
export function contentOf(roster: ShownRoster, stateWarning: string | undefined): StoredContent | undefined {
  const { path, readFrom, records, others, accounts, authFile, sharesHome, warnings, active } = roster;
  const isPlain = warnings.every((warning) => warning === stateWarning) && sharesHome === undefined;
  if (!isPlain || authFile.problem !== undefined || accounts.length !== records.pool.accounts.length) return undefined;
  const scopes = [storedScope(records, accounts), ...others.map((scope) => storedScope(scope, scope.pool.accounts))];
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

/** The roster of an index, completed by what the run knows besides. */
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

/** Whether a pool is shown that an older version kept for one checkout, and that belongs into this project's. */
export function hasLegacyKeys(scope: ShownRoster['scope'], shown: readonly ShownScope[]): boolean {
  if (scope.kind !== 'project') return false;
  return shown.some(({ key }) => key !== undefined && key !== scope.key && scope.legacyKeys.includes(key));
}

function storedScope({ key, pool, flagged }: ShownScope, accounts: readonly ShownAccount[]): StoredScope {
  const { activeId, previousId, projectRoot } = pool;
  return definedOnly({
    key,
    pool: { ...definedOnly({ activeId, previousId, projectRoot }), accounts: columnsOf(accounts) },
    flagged: { accounts: columnsOf(flagged.accounts), flags: flagged.accounts.map(({ flag }) => flag) },
  });
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

/** The content in a parsed file; undefined where any part of it has another form than expected. */
export function contentFrom(value: unknown): IndexContent | undefined {
  if (!isJsonObject(value) || !isAboutRoster(value)) return undefined;
  const found = Array.isArray(value['scopes']) ? value['scopes'].map(scopeFrom) : [];
  const scopes = found.filter((scope) => scope !== undefined);
  return scopes.length === 0 || scopes.length < found.length ? undefined : { ...value, scopes };
}

function isAboutRoster(value: JsonObject): value is JsonObject & Omit<IndexContent, 'scopes'> {
  const { path, readFrom, login, active } = value;
  return (
    isText(path) &&
    isText(readFrom) &&
    isAbsentOr(login, isLogin) &&
    isAbsentOr(active, ({ scope, position }) => isCount(scope) && isCount(position))
  );
}

function scopeFrom(value: unknown): ShownScope | undefined {
  if (!isJsonObject(value) || !isJsonObject(value['pool']) || !isJsonObject(value['flagged'])) return undefined;
  const { key, pool, flagged } = value;
  const { activeId, previousId, projectRoot } = pool;
  const [accounts, setAside] = [accountsIn(pool['accounts']), accountsIn(flagged['accounts'])];
  if (accounts === undefined || setAside === undefined || !isTextOrAbsent(key)) return undefined;
  if (!isTextOrAbsent(activeId) || !isTextOrAbsent(previousId) || !isTextOrAbsent(projectRoot)) return undefined;
  const flags = flagged['flags'];
  if (!Array.isArray(flags) || flags.length !== setAside.length || !flags.every(isFlag)) return undefined;
  return definedOnly({
    key,
    pool: { ...definedOnly({ activeId, previousId, projectRoot }), accounts },
    flagged: { accounts: setAside.flatMap((account, place) => withFlag(account, flags[place])) },
  });
}

function withFlag(account: IndexedAccount, flag: Flag | undefined): IndexedFlaggedAccount[] {
  return flag === undefined ? [] : [{ ...account, flag }];
}

function isFlag(flag: unknown): flag is Flag {
  if (!isJsonObject(flag)) return false;
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
