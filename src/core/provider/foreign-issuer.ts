import type { Account } from '../accounts/account.js';
import { readClaims } from '../accounts/jwt-claims.js';
import type { Secret } from '../secret.js';
import { defaultIssuer, type Provider } from './provider.js';

/** A copy of a login, and who issued it, as far as that is known. */
type Issued = Pick<Account, 'tokens' | 'provenance'>;

/**
 * The address that issued the account's tokens when it is not the configured one: they are sent to nobody else (P20).
 */
export function foreignIssuer(account: Issued, { issuer }: Provider): string | undefined {
  const own = addressOf(account);
  return own === undefined || own === issuer ? undefined : own;
}

/** The same for a login in a file of another tool: where the file names no address, the tokens say who issued them. */
export function foreignIssuerOfFile(login: Issued, { issuer }: Provider): string | undefined {
  const own = addressOf(login) ?? nameIn(login);
  return own === undefined || own === issuer ? undefined : own;
}

/**
 * Whether two copies of a login come from different providers, who both know the same ids: then neither is a newer copy
 * of the other. They come from one provider where the address or the issuer named in the tokens agrees: behind a proxy
 * the address is another one, and the client drops it now and then (official-client.md#refresh). What one copy lacks is
 * not compared.
 */
export function areOfDifferentIssuers(one: Issued, other: Issued): boolean {
  if (one.tokens.refreshToken?.equals(other.tokens.refreshToken) === true) return false;
  const said = [
    [addressOf(one), addressOf(other)],
    [nameIn(one), nameIn(other)],
  ].filter((pair) => pair.every((issuer) => issuer !== undefined));
  return said.length > 0 && said.every(([a, b]) => a !== b);
}

function addressOf({ provenance }: Issued): string | undefined {
  return provenance && withoutSlash(provenance.issuer);
}

function nameIn({ tokens: { accessToken, idToken } }: Issued): string | undefined {
  return nameInToken(accessToken) ?? nameInToken(idToken);
}

/**
 * What the provider called itself before, and older tools still name
 * (docs/decisions/020-json-to-the-token-endpoint.md).
 */
const formerName = 'https://auth0.openai.com';

function nameInToken(token: Secret | undefined): string | undefined {
  const name = token && readClaims(token.reveal())?.issuer;
  if (name === undefined) return undefined;
  return withoutSlash(name) === formerName ? defaultIssuer : withoutSlash(name);
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

/**
 * The client that a login was issued to: a refresh token works for no other, neither to be exchanged nor to be revoked
 * (RFC 6749 section 6, RFC 7009 section 2.1). The stored provenance names it, or else the tokens; without both it is
 * the provider's usual one.
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
