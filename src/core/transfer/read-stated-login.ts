import { type Account, newAccountId } from '../accounts/account.js';
import { definedOnly } from '../defined-only.js';
import { claimsOf, judgeStatedLogin } from '../token-files/stated-login.js';
import type { FoundLogin, ParsedLogin } from './login-file.js';
import {
  accountIdIn,
  disabledIn,
  emailIn,
  expiryIn,
  labelIn,
  lastRefreshIn,
  type Members,
  orderIn,
  planIn,
  providerIn,
  providerNamed,
  type StatedTokens,
  tokensIn,
  userIdIn,
} from './stated-members.js';
import { isChosen, labelOfKey, type Surroundings } from './surroundings.js';

/** The login of an object that has tokens among its members; missing facts are taken from the objects around it. */
export function readStatedLogin(members: Members, around: Surroundings): ParsedLogin {
  const tokens = tokensIn(members);
  if (tokens === undefined) return { kind: 'refused', reason: 'no-tokens' };
  const all = [members, ...around.objects];
  if (isOfOthers(tokens, all, around)) return { kind: 'passed', reason: 'other-provider' };
  const judged = judgeStatedLogin({
    ...tokens,
    // An id in an outer object may be another tool's own. It is used only where neither object nor tokens have one.
    accountId: accountIdIn(members) ?? gap(tokens, all, accountIdIn, 'accountId'),
    userId: members.get('chatgptuserid') ?? gap(tokens, all, userIdIn, 'userId'),
    email: firstOf(all, emailIn),
    expiresAt: firstOf(all, expiryIn),
    lastRefresh: firstOf(all, lastRefreshIn),
  });
  if (judged === 'no-refresh-token') return { kind: 'refused', reason: 'no-tokens' };
  if (typeof judged === 'string') return { kind: 'refused', reason: judged };
  const account: Account = { id: newAccountId(), enabled: true, raw: {}, ...judged.identity, tokens: judged.tokens };
  const planType = account.planType ?? firstOf(all, planIn);
  return withStatedNames({ kind: 'login', account: { ...account, ...definedOnly({ planType }) } }, members, around);
}

/** The login with what the file says besides: label, place in the order, and whether it is disabled or in use. */
export function withStatedNames(login: FoundLogin, members: Members, around: Surroundings): FoundLogin {
  const all = [members, ...around.objects];
  const label = login.account.label ?? firstOf(all, labelIn) ?? labelOfKey(around);
  const isDisabled = all.some((each) => disabledIn(each) === true);
  const isActive = isChosen(around, members) || undefined;
  const order = firstOf(all, orderIn);
  const account = { ...login.account, ...definedOnly({ label }), enabled: login.account.enabled && !isDisabled };
  return { ...login, account, ...definedOnly({ isActive, order }) };
}

function firstOf<T>(all: readonly Members[], read: (members: Members) => T | undefined): T | undefined {
  for (const members of all) {
    const value = read(members);
    if (value !== undefined) return value;
  }
  return undefined;
}

function gap(
  { accessToken, idToken }: StatedTokens,
  all: readonly Members[],
  read: (members: Members) => string | undefined,
  name: 'accountId' | 'userId',
): string | undefined {
  const claims = { ...claimsOf(accessToken), ...claimsOf(idToken) };
  return claims[name] === undefined ? firstOf(all, read) : undefined;
}

/** Whether it is a login of another provider: by what the file says, else by its tokens, else by the name around it. */
function isOfOthers(tokens: StatedTokens, all: readonly Members[], { key }: Surroundings): boolean {
  const said = firstOf(all, providerIn);
  if (said !== undefined) return said === 'other';
  const { accountId, userId } = { ...claimsOf(tokens.accessToken), ...claimsOf(tokens.idToken) };
  if (accountId !== undefined || userId !== undefined) return false;
  const named = providerNamed(key);
  return named === undefined ? tokens.isShort : named === 'other';
}
