import { describe, expect, it } from 'vitest';
import { type AuthFileLogin, formatAuthFile, parseAuthFile } from '../../../src/core/codex/auth-file.js';
import { Secret } from '../../../src/core/secret.js';
import { authFileOf, emptied } from '../../support/auth-files.js';
import { tokenFor, unsignedJwt } from '../../support/unsigned-tokens.js';

const parse = (file: unknown) => parseAuthFile(JSON.stringify(file));

function loginIn(file: unknown): AuthFileLogin {
  const content = parse(file);
  if (content?.kind !== 'login') throw new Error(`no login: ${content?.reason}`);
  return content.login;
}

function formatted(login: AuthFileLogin): string {
  const { refreshToken, accessToken, idToken, lastRefresh = 0 } = login.tokens;
  const { accountId } = login.identity;
  if (!refreshToken || !accessToken || !idToken || !accountId) throw new Error('not complete');
  return formatAuthFile({ accountId, refreshToken, accessToken, idToken, lastRefresh, extras: login.extras });
}

describe('a login', () => {
  it('of the browser is read with everything that came with it', () => {
    const { identity, tokens, extras, provenance } = loginIn(authFileOf());
    expect(identity).toEqual({ userId: 'alice', accountId: 'home', email: 'alice@example.com', planType: 'plus' });
    expect(tokens).toMatchObject({ expiresAt: 9_000_000, lastRefresh: Date.parse('2026-11-21T01:50:18.829Z') });
    expect(provenance).toEqual({ issuer: 'https://auth.openai.com', clientId: 'app_made_up' });
    expect(extras).toEqual({
      top: { OPENAI_API_KEY: 'sk-made-up' },
      tokens: { oauth_provenance: authFileOf().tokens['oauth_provenance'], login_owner_id: 'owner-1' },
    });
  });

  it.each<[string, { top?: object; tokens?: object }]>([
    ['of a device', { top: { OPENAI_API_KEY: null } }],
    ['without a mode', { top: { auth_mode: undefined, OPENAI_API_KEY: null } }],
    ['with a null mode', { top: { auth_mode: null, OPENAI_API_KEY: undefined } }],
    ['with an API key of its own', {}],
    ['without account id', { tokens: { account_id: undefined } }],
    ['with an empty account id', { tokens: { account_id: '' } }],
    ['with null provenance', { tokens: { oauth_provenance: null, login_owner_id: null } }],
    ['of an old client', { tokens: { oauth_provenance: undefined, login_owner_id: undefined } }],
    ['with an opaque access token', { tokens: { access_token: 'opaque' } }],
    ['without a refresh time', { top: { last_refresh: undefined } }],
    ['with a refresh time that is none', { top: { last_refresh: 'soon' } }],
    ['with unknown keys', { top: { theirs: [1], agent_identity: null }, tokens: { more: { x: 1 } } }],
  ])('%s keeps whose it is, its tokens and its extras when it is written', (_what, changes) => {
    const login = loginIn(authFileOf(changes));
    expect(login.identity).toMatchObject({ userId: 'alice', accountId: 'home' });
    const again = loginIn(JSON.parse(formatted(login)));
    const secrets = ({ tokens }: AuthFileLogin) =>
      [tokens.refreshToken, tokens.accessToken, tokens.idToken].map((token) => token?.reveal());
    expect(secrets(again)).toEqual(secrets(login));
    expect(again.identity).toEqual(login.identity);
    expect(again.extras).toEqual({ ...login.extras, top: { OPENAI_API_KEY: null, ...login.extras.top } });
  });
});

describe('what is no login of ours', () => {
  const other = { userId: 'bob', accountId: 'studio', email: 'bob@example.com' };

  it.each<[string, string, unknown]>([
    ['an API key', 'api-key', { auth_mode: 'apikey', OPENAI_API_KEY: 'sk-1' }],
    ['an API key without a mode', 'api-key', { OPENAI_API_KEY: 'sk-1' }],
    ['an API key beside tokens, without a mode', 'api-key', authFileOf({ top: { auth_mode: undefined } })],
    ['a personal access token', 'personal-access-token', { OPENAI_API_KEY: null, personal_access_token: 'at-1' }],
    ['a personal access token by its mode', 'personal-access-token', { auth_mode: 'personalAccessToken', theirs: 1 }],
    ['an agent identity', 'agent-identity', { auth_mode: 'agentIdentity', agent_identity: 'jwt' }],
    ['an agent identity without a mode', 'agent-identity', { agent_identity: { account_id: 'x' } }],
    ['Bedrock', 'other-mode', { bedrock_api_key: 'k' }],
    ['a mode of another spelling', 'other-mode', authFileOf({ top: { auth_mode: 'ChatGPT' } })],
    ['tokens from outside', 'other-mode', authFileOf({ top: { auth_mode: 'chatgptAuthTokens' } })],
    ['the id of another account', 'account-mismatch', authFileOf({ tokens: { account_id: 'studio' } })],
    [
      'the access token of another account',
      'account-mismatch',
      authFileOf({ tokens: { access_token: tokenFor(other) } }),
    ],
    [
      'the access token of another person in the same workspace',
      'account-mismatch',
      authFileOf({ tokens: { access_token: tokenFor({ ...other, accountId: 'home' }) } }),
    ],
    [
      'tokens that do not say whose they are',
      'no-identity',
      authFileOf({ tokens: { id_token: unsignedJwt({}), access_token: 'opaque' } }),
    ],
    ['an id token that is none', 'damaged', authFileOf({ tokens: { id_token: 'opaque' } })],
    ['no access token', 'damaged', authFileOf({ tokens: { access_token: undefined } })],
    ['tokens of a wrong type', 'damaged', authFileOf({ tokens: { refresh_token: 5 } })],
    ['provenance of a wrong shape', 'damaged', authFileOf({ tokens: { oauth_provenance: 'x' } })],
    ['an account id without tokens', 'damaged', { auth_mode: 'chatgpt', tokens: { account_id: 'home' } }],
    ['a list of tokens', 'damaged', { auth_mode: 'chatgpt', tokens: ['a'] }],
    ['members of somebody else', 'damaged', { theirs: [1] }],
    ['a mode that is no text', 'damaged', { auth_mode: 3 }],
    ['a list', 'damaged', [1]],
    ['a number', 'damaged', 0],
  ])('%s is %s', (_what, reason, file) => {
    expect(parse(file)).toMatchObject({ kind: 'unadoptable', reason });
  });

  it('the id of another account goes with the tokens of one: both are told', () => {
    const { mixed } = Object(parse(authFileOf({ tokens: { account_id: 'studio' } })));
    expect([mixed.login.identity.accountId, mixed.tokensOf.accountId]).toEqual(['studio', 'home']);
  });

  it.each(emptied)('a file that holds nothing is no login of any kind: %j', (content) => {
    expect(parseAuthFile(content)).toBeUndefined();
  });

  it.each(['{', '{"auth_mode":"chatgpt","tok', 'null null'])('torn content is damaged: %j', (content) => {
    expect(parseAuthFile(content)).toEqual({ kind: 'unadoptable', reason: 'damaged' });
  });
});

describe('the file we write', () => {
  const login = {
    accountId: 'home',
    idToken: new Secret('id'),
    accessToken: new Secret('access'),
    refreshToken: new Secret('refresh'),
    lastRefresh: Date.UTC(2026, 10, 21, 1, 2, 3, 4),
  };

  it('is what the official client writes for a login without API key', () => {
    expect(formatAuthFile({ ...login, extras: undefined })).toBe(
      `{
  "auth_mode": "chatgpt",
  "OPENAI_API_KEY": null,
  "tokens": {
    "id_token": "id",
    "access_token": "access",
    "refresh_token": "refresh",
    "account_id": "home"
  },
  "last_refresh": "2026-11-21T01:02:03.004Z"
}`,
    );
  });

  it('lets no extra take the place of a token', () => {
    const extras = {
      top: { auth_mode: 'apikey', tokens: {}, last_refresh: 'never', mine: 1 },
      tokens: { id_token: 'x', access_token: 'x', refresh_token: 'x', account_id: 'x', mine: 2 },
    };
    const file = JSON.parse(formatAuthFile({ ...login, extras }));
    expect(file).toMatchObject({ auth_mode: 'chatgpt', mine: 1, last_refresh: '2026-11-21T01:02:03.004Z' });
    expect(file.tokens).toEqual({
      id_token: 'id',
      access_token: 'access',
      refresh_token: 'refresh',
      account_id: 'home',
      mine: 2,
    });
  });
});
