import type { Account } from '../accounts/account.js';
import { readClaims } from '../accounts/jwt-claims.js';
import type { Provider } from './provider.js';

/**
 * The client that a login was issued to: a refresh token works for no other, neither to be exchanged nor to be revoked
 * (RFC 6749 section 6, RFC 7009 section 2.1). What was stored with it says so, else its tokens, else it is the usual one.
 */
export function clientIdOf(
  { tokens, provenance }: Pick<Account, 'tokens' | 'provenance'>,
  { clientId }: Pick<Provider, 'clientId'>,
): string {
  const access = tokens.accessToken && readClaims(tokens.accessToken.reveal());
  const id = tokens.idToken && readClaims(tokens.idToken.reveal());
  // The audience of an access token is a server; that of an id token is the client (OpenID Connect Core section 2).
  return provenance?.clientId ?? access?.clientId ?? id?.clientId ?? id?.audience ?? clientId;
}
