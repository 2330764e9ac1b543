import { createHash, randomBytes } from 'node:crypto';
import { oauthScopes, type Provider } from '../provider/provider.js';
import { Secret } from '../secret.js';

interface AuthorizeRequest {
  readonly redirectUri: string;
  /** RFC 7636 section 4.3. */
  readonly codeChallenge: string;
  readonly state: string;
  /** The email that the sign-in page fills in. */
  readonly loginHint?: string;
}

/** The address of the sign-in page: parameters, order and form encoding as the official client sends them. */
export function buildAuthorizeUrl(provider: Provider, request: AuthorizeRequest): string {
  const parameters = new URLSearchParams([
    ['response_type', 'code'],
    ['client_id', provider.clientId],
    ['redirect_uri', request.redirectUri],
    ['code_challenge', request.codeChallenge],
    ['code_challenge_method', 'S256'],
    ['state', request.state],
    ['scope', oauthScopes.join(' ')],
    ['id_token_add_organizations', 'true'],
    ['codex_cli_simplified_flow', 'true'],
    ['originator', provider.originator],
  ]);
  if (request.loginHint) parameters.append('login_hint', request.loginHint);
  return `${provider.issuer}/oauth/authorize?${parameters}`;
}

/** RFC 7636 section 4: the verifier stays here until the code is exchanged, the challenge goes into the URL. */
interface Pkce {
  readonly verifier: Secret;
  readonly challenge: string;
}

/** 64 random bytes, as the official client: 86 characters of the 128 that section 4.1 allows. */
export function createPkce(): Pkce {
  const verifier = randomBytes(64).toString('base64url');
  return { verifier: new Secret(verifier), challenge: challengeOf(verifier) };
}

/** RFC 7636 section 4.2, method S256. */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier, 'ascii').digest('base64url');
}

/** 43 characters that tie a callback to the login that asked for it (RFC 6749 section 10.12). */
export function createState(): string {
  return randomBytes(32).toString('base64url');
}
