import Provider, { type Context } from 'oidc-provider';
import { CLIENT_ID, CONNECTOR_SCOPE, deviceRedirect, LOOPBACK_REDIRECTS, OPENID_SCOPE, RESOURCE } from './client.js';
import type { IssuedLog } from './issued-tokens.js';
import type { Account, People } from './people.js';
import type { ResetCredits } from './reset-credits.js';
import type { Scenario } from './scenario.js';
import { identityClaims, type TokenSigner } from './token-signer.js';
import type { TokenStore } from './token-store.js';

/** What the parts of one stand-in share. */
export interface Parts {
  readonly issuer: string;
  readonly people: People;
  readonly scenario: Scenario;
  readonly signer: TokenSigner;
  readonly store: TokenStore;
  readonly issued: IssuedLog;
  readonly resetCredits: ResetCredits;
}

const DAY = 86_400;

/** The OAuth server: PKCE, rotation, and reuse detection that revokes the whole grant, all by oidc-provider. */
export function createOAuthServer(parts: Parts): Provider {
  const { issuer, people, scenario, signer, store } = parts;
  return new Provider(issuer, {
    adapter: store.adapter,
    jwks: { keys: [signer.privateJwk] },
    cookies: { keys: ['stand-in'] },
    routes: { authorization: '/oauth/authorize', token: '/oauth/token', revocation: '/oauth/revoke' },
    clients: [
      {
        client_id: CLIENT_ID,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: [...LOOPBACK_REDIRECTS, deviceRedirect(issuer)],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    pkce: { required: () => true, methods: ['S256'] },
    rotateRefreshToken: () => !scenario.refreshOmits.includes('refresh_token'),
    issueRefreshToken: () => true,
    expiresWithSession: () => false,
    conformIdTokenClaims: false,
    scopes: OPENID_SCOPE.split(' '),
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['https://api.openai.com/auth', 'https://api.openai.com/profile'],
    },
    findAccount: (_ctx: unknown, key: string) => {
      const account = people.byKey(key);
      return account && { accountId: key, claims: () => identityClaims(account) };
    },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: CONNECTOR_SCOPE,
          audience: RESOURCE,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    formats: {
      customizers: {
        jwt: (_ctx: unknown, token: { accountId: string }, jwt: { payload: Record<string, unknown> }) => {
          const account = people.byKey(token.accountId);
          if (account !== undefined) Object.assign(jwt.payload, accessClaims(account, scenario));
        },
      },
    },
    interactions: { url: (_ctx: unknown, interaction: { uid: string }) => `/interaction/${interaction.uid}` },
    ttl: {
      AccessToken: () => Math.max(1, scenario.accessTokenSeconds),
      AuthorizationCode: 600,
      Grant: 90 * DAY,
      IdToken: () => Math.max(1, scenario.idTokenSeconds),
      Interaction: 3_600,
      RefreshToken: 90 * DAY,
      Session: DAY,
    },
    renderError: (ctx: Context, answer: { error: string; error_description?: string }) => {
      ctx.type = 'text/plain';
      ctx.body = `${answer.error}: ${answer.error_description ?? ''}\n`;
    },
  });
}

/** Identity and lifetime of an access token; unlike oidc-provider's, its life may already be over. */
function accessClaims(account: Account, scenario: Scenario): Record<string, unknown> {
  const issuedAt = Math.floor(scenario.now() / 1000);
  return { ...identityClaims(account), iat: issuedAt, exp: issuedAt + scenario.accessTokenSeconds };
}
