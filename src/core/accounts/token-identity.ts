import { definedOnly } from '../defined-only.js';
import type { Secret } from '../secret.js';
import type { TokenSet } from './account.js';
import type { Identity } from './identity.js';
import { readClaims, type TokenClaims } from './jwt-claims.js';

/** Whose a login is, and what its tokens say besides. */
export type TokenIdentity = Identity & { readonly planType?: string };

/** Who the tokens belong to, by their own claims; the id token speaks first. */
export function identityOfTokens({ accessToken, idToken }: Pick<TokenSet, 'accessToken' | 'idToken'>): TokenIdentity {
  return identityOfClaims({ ...claims(accessToken), ...claims(idToken) });
}

/** The subject stands in for a user id only where there is no email either. */
export function identityOfClaims({ userId, accountId, email, subject, planType }: TokenClaims): TokenIdentity {
  return definedOnly({ userId: userId ?? (email === undefined ? subject : undefined), accountId, email, planType });
}

function claims(token: Secret | undefined): ReturnType<typeof readClaims> {
  return token === undefined ? undefined : readClaims(token.reveal());
}
