import type { Account } from '../../accounts/account.js';
import { readClaims } from '../../accounts/jwt-claims.js';
import { identityOfTokens } from '../../accounts/token-identity.js';
import { definedOnly } from '../../defined-only.js';
import { isOrganizationId } from '../../pools/account-codec.js';
import type { FilledField } from './repair.js';

/** The record with what its own tokens tell and it does not hold yet; reading has filled in who it is already. */
export function completed<A extends Account>(account: A): A {
  const { accessToken } = account.tokens;
  const planType = account.planType ?? identityOfTokens(account.tokens).planType;
  const expiresAt = account.tokens.expiresAt ?? (accessToken && readClaims(accessToken.reveal())?.expiresAt);
  if (planType === account.planType && expiresAt === account.tokens.expiresAt) return account;
  return { ...account, ...definedOnly({ planType }), tokens: { ...account.tokens, ...definedOnly({ expiresAt }) } };
}

/** What {@link completed} and the reading of the record know, and the file does not. */
export function missingFields(account: Account): FilledField[] {
  const { userId, accountId, email, planType, tokens } = completed(account);
  const known = { userId, accountId, email, planType, expiresAt: tokens.expiresAt };
  const isMissing = (field: FilledField) => known[field] !== undefined && isBlank(account.raw[field]);
  return (['userId', 'accountId', 'email', 'planType', 'expiresAt'] as const).filter(isMissing);
}

/** The organization id that the file holds where the account id should be, when the tokens tell the right one. */
export function wrongAccountId({ raw, accountId }: Account): { from: string; to: string } | undefined {
  const from = raw['accountId'];
  const isWrong = typeof from === 'string' && isOrganizationId(from) && accountId !== undefined && accountId !== from;
  return isWrong ? { from, to: accountId } : undefined;
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
