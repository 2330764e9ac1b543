import { isDeepStrictEqual } from 'node:util';
import type { Account, AuthFileExtras, Provenance, TokenSet } from '../accounts/account.js';
import { isNewer, type LineageCopy } from '../accounts/lineage.js';
import { definedOnly } from '../defined-only.js';
import { isKnownSpent } from '../lineage/lineage-log.js';
import { areTokensOf, spread } from '../lineage/rotation.js';
import { changeRecords } from '../pools/change-records.js';
import type { RecordStore } from '../pools/store.js';
import type { Secret } from '../secret.js';

/** A copy of a login outside of our pools: in `auth.json`, or in a file to import. */
export interface OutsideCopy extends LineageCopy {
  readonly source: 'auth-file' | 'import';
  /** Absent where the file has no place for them. */
  readonly extras?: AuthFileExtras;
  readonly provenance?: Provenance;
}

/** Whether we have exchanged a refresh token ourselves; a caller that takes many copies reads the log only once. */
type IsSpent = (token: Secret) => boolean;

export interface TakenCopy {
  readonly wasNewer: boolean;
  /** The refresh token before and after. */
  readonly before?: Secret;
  readonly after?: Secret;
}

/**
 * Brings an account up to date with a copy of its login (P2): newer tokens replace ours, in every record that shared
 * the refresh token; of the same login we take what we lack; an older one leaves ours as it is.
 */
export function takeCopy(
  store: RecordStore,
  account: Account,
  copy: OutsideCopy,
  isSpent: IsSpent = (token) => isKnownSpent(store.root, token),
): TakenCopy {
  const before = account.tokens.refreshToken;
  const isSameLogin = before?.equals(copy.tokens.refreshToken) === true;
  const isSameAccess = account.tokens.accessToken?.equals(copy.tokens.accessToken) === true;
  const isSameCopy = isSameAccess && (isSameLogin || isUndatedFile(account, copy, isSpent));
  // The provider has answered the client for another workspace of the login: its refresh token is for all of them.
  const isForAnother = !areTokensOf(account, copy.tokens);
  const isSame = isForAnother ? isSameLogin : isSameCopy;
  const isLater = isNewer(copy, { source: 'pool', tokens: account.tokens }) && !isSame;
  const wasNewer = isLater || makesRenewable(account, copy, isSpent);
  const news = wasNewer ? newsOf(isForAnother ? withoutAccess(copy) : copy, isSpent) : {};
  if (wasNewer) spread(store, account.id, news, sharedToken(account, copy));
  else if (isSameLogin) completeTokens(store, account, copy);
  // `auth.json` says what goes with a login now; any other file is a copy of some earlier day.
  const tellsMore = isSameLogin && (copy.source === 'auth-file' || account.authFile === undefined);
  if (wasNewer || tellsMore) storeExtras(store, account.id, copy);
  return { wasNewer, ...definedOnly({ before, after: news.refreshToken ?? before }) };
}

function withoutAccess(copy: OutsideCopy): OutsideCopy {
  const { accessToken: _, idToken: __, expiresAt: ___, ...tokens } = copy.tokens;
  return { ...copy, tokens };
}

/** However late our access token was issued, a login that can be renewed lasts longer. */
function makesRenewable({ tokens }: Account, copy: OutsideCopy, isSpent: IsSpent): boolean {
  const { refreshToken } = copy.tokens;
  return tokens.refreshToken === undefined && refreshToken !== undefined && !isSpent(refreshToken);
}

/**
 * With one access token in both, a file cannot show that its refresh token is the later one where pools of other tools
 * left no time in our record: another workspace of the login may have moved ours on since.
 */
function isUndatedFile({ tokens }: Account, { source }: OutsideCopy, isSpent: IsSpent): boolean {
  const { refreshToken, lastRefresh } = tokens;
  if (source !== 'import' || lastRefresh !== undefined || refreshToken === undefined) return false;
  return !isSpent(refreshToken);
}

/** A refresh token that we have spent is no news, however new the access token is that the client got beside it. */
function newsOf({ tokens }: OutsideCopy, isSpent: IsSpent): Partial<TokenSet> {
  const { refreshToken, ...others } = tokens;
  return refreshToken !== undefined && isSpent(refreshToken) ? others : tokens;
}

/**
 * The token that other workspaces of this login hold as well. A new login gets a new owner id
 * (official-client.md#login-file) and replaces nobody else's token.
 */
function sharedToken(account: Account, copy: OutsideCopy): Secret | undefined {
  const before = account.authFile?.tokens['login_owner_id'];
  const now = copy.extras?.tokens['login_owner_id'];
  const isNewLogin = typeof before === 'string' && typeof now === 'string' && before !== now;
  return isNewLogin ? undefined : account.tokens.refreshToken;
}

/**
 * Of the same login we may lack a part: pools of other tools keep no id token. What we have may be newer, and stays.
 */
function completeTokens(store: RecordStore, account: Account, { tokens }: OutsideCopy): void {
  const { idToken, accessToken, expiresAt, lastRefresh } = tokens;
  const ours = account.tokens;
  const missing = definedOnly({
    idToken: ours.idToken === undefined ? idToken : undefined,
    lastRefresh: ours.lastRefresh === undefined ? lastRefresh : undefined,
    ...(ours.accessToken === undefined ? { accessToken, expiresAt } : {}),
  });
  if (Object.keys(missing).length > 0) spread(store, account.id, missing, undefined);
}

/** What we write for an account of which nothing else is known; it tells nothing. */
const plainExtras: AuthFileExtras = { top: { OPENAI_API_KEY: null }, tokens: {} };

/** Everything besides the tokens belongs to the account it was seen with (P7). */
function storeExtras(store: RecordStore, id: string, { extras, provenance }: OutsideCopy): void {
  if (extras === undefined) return;
  changeRecords(store, (account) => {
    if (account.id !== id || isDeepStrictEqual(account.authFile ?? plainExtras, extras)) return account;
    return { ...account, ...definedOnly({ provenance }), authFile: extras };
  });
}
