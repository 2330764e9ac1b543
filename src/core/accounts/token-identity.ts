import { definedOnly } from '../defined-only.js';
import type { Secret } from '../secret.js';
import type { TokenSet } from './account.js';
import type { Identity } from './identity.js';
import { readClaims } from './jwt-claims.js';

/** Who somebody is, and what tokens say besides. */
export type TokenIdentity = Identity & { readonly planType?: string };

/** Who the tokens belong to, by their own claims; the id token speaks first. */
export function identityOfTokens(tokens: TokenSet): TokenIdentity {
  const { userId, accountId, email, planType } = { ...claims(tokens.accessToken), ...claims(tokens.idToken) };
  return definedOnly({ userId, accountId, email, planType });
}

function claims(token: Secret | undefined): ReturnType<typeof readClaims> {
  return token === undefined ? undefined : readClaims(token.reveal());
}
