import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type AuthFileLogin, formatAuthFile, parseAuthFile } from '../../src/core/codex/auth-file.js';
import { tokenFor } from '../support/unsigned-tokens.js';

const json = fc.json({ maxDepth: 3 }).map((text): unknown => JSON.parse(text));
const extraKey = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'agent_identity', 'bedrock_api_key', 'personal_access_token'),
  fc.string({ maxLength: 5 }).map((key) => `x-${key}`),
);
const extras = fc.dictionary(extraKey, json, { maxKeys: 4, noNullPrototype: true });

const word = fc.string({ minLength: 1, maxLength: 8 });
const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const absentOrNull = <T>(values: fc.Arbitrary<T>) => fc.oneof(fc.constantFrom(null, undefined), values);

/** The shapes of official-client.md#login-file in which a ChatGPT login comes. */
const loginFile = fc
  .record({
    person: fc.record({ userId: word, accountId: word, email: optional(fc.emailAddress()), planType: optional(word) }),
    times: fc.record({ iat: fc.integer(), exp: fc.integer() }, { requiredKeys: [] }),
    isOpaque: fc.boolean(),
    refreshToken: word,
    namesAccount: fc.boolean(),
    provenance: absentOrNull(fc.record({ issuer: word, client_id: word })),
    owner: absentOrNull(word),
    apiKey: absentOrNull(word),
    lastRefresh: fc.oneof(fc.constantFrom(undefined, null, 'soon', 7), fc.date({ noInvalidDate: true }).map(iso)),
    top: extras,
    inTokens: extras,
  })
  .map((given) => {
    const jwt = tokenFor({ ...given.person, ...given.times });
    const tokens = {
      ...given.inTokens,
      id_token: jwt,
      access_token: given.isOpaque ? 'opaque' : jwt,
      refresh_token: given.refreshToken,
      oauth_provenance: given.provenance,
      login_owner_id: given.owner,
      account_id: given.namesAccount ? given.person.accountId : undefined,
    };
    const last_refresh = given.lastRefresh;
    const file = { ...given.top, auth_mode: 'chatgpt', OPENAI_API_KEY: given.apiKey, tokens, last_refresh };
    return { given, file, content: JSON.stringify(file) };
  });

function iso(date: Date): string {
  return date.toISOString();
}

function loginIn(content: string): AuthFileLogin {
  const parsed = parseAuthFile(content);
  if (parsed?.kind !== 'login') throw new Error(parsed?.reason);
  return parsed.login;
}

function formatted({ identity, tokens, extras: kept }: AuthFileLogin): string {
  const { refreshToken, accessToken, idToken, lastRefresh = 0 } = tokens;
  if (!refreshToken || !accessToken || !idToken || !identity.accountId) throw new Error('not complete');
  return formatAuthFile({
    accountId: identity.accountId,
    refreshToken,
    accessToken,
    idToken,
    lastRefresh,
    extras: kept,
  });
}

it('any content gets a verdict', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (content) => {
      expect([undefined, 'login', 'unadoptable']).toContain(parseAuthFile(content)?.kind);
    }),
  );
});

it('a file that is cut off anywhere gets a verdict, and is never taken for a login of somebody else', () => {
  fc.assert(
    fc.property(loginFile, fc.nat(), ({ content }, length) => {
      const torn = parseAuthFile(content.slice(0, 1 + (length % (content.length - 1))));
      expect(torn).toEqual({ kind: 'unadoptable', reason: 'damaged' });
    }),
  );
});

it('arbitrary values in the place of every part get a verdict', () => {
  const part = fc.constantFrom('id_token', 'access_token', 'refresh_token', 'account_id', 'oauth_provenance');
  fc.assert(
    fc.property(loginFile, part, json, fc.boolean(), ({ file }, key, value, atTop) => {
      const tokens = atTop ? value : { ...file.tokens, [key]: value };
      expect([undefined, 'login', 'unadoptable']).toContain(parseAuthFile(JSON.stringify({ ...file, tokens }))?.kind);
      expect(['login', 'unadoptable']).toContain(parseAuthFile(JSON.stringify({ ...file, auth_mode: value }))?.kind);
    }),
  );
});

it('every login keeps whose it is, its tokens and everything beside them', () => {
  fc.assert(
    fc.property(loginFile, ({ given, file, content }) => {
      const login = loginIn(content);
      expect(login.identity).toMatchObject({ userId: given.person.userId, accountId: given.person.accountId });

      const stored = JSON.parse(content);
      const written = JSON.parse(formatted(login));
      expect(written.tokens).toEqual({ ...stored.tokens, account_id: given.person.accountId });
      const { last_refresh: before, tokens: _, ...rest } = stored;
      const { last_refresh: after, tokens: __, ...restAfter } = written;
      expect(restAfter).toEqual({ OPENAI_API_KEY: null, ...rest });
      if (typeof before === 'string' && before !== 'soon') expect(after).toBe(file.last_refresh);
      else expect(Date.parse(after)).toBe(0);

      const again = loginIn(formatted(login));
      expect(again.identity).toEqual(login.identity);
      expect(again.provenance).toEqual(login.provenance);
    }),
  );
});

it('the tokens of one account under the id of another are never adopted', () => {
  fc.assert(
    fc.property(loginFile, word, fc.boolean(), ({ given, file }, other, inAccessToken) => {
      fc.pre(other !== given.person.accountId);
      const stranger = tokenFor({ ...given.person, accountId: other });
      const tokens = { ...file.tokens, ...(inAccessToken ? { access_token: stranger } : { account_id: other }) };
      expect(parseAuthFile(JSON.stringify({ ...file, tokens }))).toMatchObject({
        kind: 'unadoptable',
        reason: 'account-mismatch',
      });
    }),
  );
});
