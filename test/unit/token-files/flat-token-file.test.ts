import { describe, expect, it, test } from 'vitest';
import { Secret } from '../../../src/core/secret.js';
import {
  type FlatLogin,
  type FlatRefusal,
  flatTokenFile,
  parseFlatTokenFile,
  patchFlatTokenFile,
} from '../../../src/core/token-files/flat-token-file.js';
import { person, tokenFile } from '../../support/login-files.js';
import { tokenFor } from '../../support/unsigned-tokens.js';

const alice = person('alice');

function loginIn(text: string): FlatLogin {
  const file = parseFlatTokenFile(text);
  if (file.kind === 'refused') throw new Error(file.reason);
  return file.login;
}

const parse = (changes: object = {}) => loginIn(JSON.stringify(tokenFile(alice, changes)));

describe('a token file', () => {
  it('says whose it is, what its tokens are and until when', () => {
    const login = parse();
    expect(login.identity).toEqual({
      userId: 'user-alice',
      accountId: 'workspace-of-alice',
      email: 'alice@example.com',
    });
    expect(login.tokens.refreshToken?.reveal()).toBe('rt-alice');
    expect(login.tokens.idToken?.reveal()).toBe(login.tokens.accessToken?.reveal());
    expect(login.tokens.lastRefresh).toBe(Date.UTC(2026, 10, 20, 8));
    expect(login.tokens.expiresAt).toBe(9_000_000);
    expect(login.statedExpiry).toBe(Date.UTC(2026, 10, 30, 0));
    expect(login.isDisabled).toBe(false);
  });

  it('may lack the id token, the access token and every time', () => {
    const login = loginIn('{"refresh_token":"rt","email":"a@example.com","disabled":true}');
    expect(login.tokens).toEqual({ refreshToken: new Secret('rt'), generation: 0 });
    expect(login).toMatchObject({ identity: { email: 'a@example.com' }, isDisabled: true });
  });

  it('takes its word for the end of an access token that does not tell', () => {
    expect(parse({ access_token: 'opaque', id_token: tokenFor(alice) }).tokens.expiresAt).toBe(
      Date.UTC(2026, 10, 30, 0),
    );
  });

  const times: [unknown, number | undefined][] = [
    ['2026-11-30T08:00:00+08:00', Date.UTC(2026, 10, 30, 0)],
    [1_795_996_800, 1_795_996_800_000],
    ['1795996800', 1_795_996_800_000],
    [1_795_996_800_000, 1_795_996_800_000],
    ['0001-01-01T00:00:00Z', undefined],
    ['never', undefined],
    ['', undefined],
    [null, undefined],
    [true, undefined],
    [-5, undefined],
    [1e300, undefined],
  ];
  it.each(times)('with expired = %j ends at %s', (expired, at) => {
    expect(parse({ expired }).statedExpiry).toBe(at);
  });

  it('with the id of an organization in place of the workspace takes the workspace from the token', () => {
    expect(parse({ account_id: 'org-1' }).identity.accountId).toBe('workspace-of-alice');
  });

  it.each([[''], [undefined], [7]])(
    'is a login that cannot be renewed with %j for a refresh token',
    (refresh_token) => {
      const { tokens } = parse({ refresh_token });
      expect(tokens).not.toHaveProperty('refreshToken');
      expect(tokens).toHaveProperty('accessToken');
    },
  );

  it('may begin with a byte order mark', () => {
    expect(loginIn(`\uFEFF${JSON.stringify(tokenFile(alice))}`).identity.email).toBe('alice@example.com');
  });

  const refused: [FlatRefusal, string][] = [
    ['no-json', ''],
    ['no-json', '[]'],
    ['no-json', '{"refresh_token": "rt-secret'],
    ['other-content', '{"name":"package"}'],
    ['other-type', JSON.stringify(tokenFile(alice, { type: 'claude' }))],
    ['no-refresh-token', JSON.stringify(tokenFile(alice, { refresh_token: '', access_token: '' }))],
    ['no-refresh-token', JSON.stringify(tokenFile(alice, { refresh_token: 7, access_token: undefined }))],
    ['account-mismatch', JSON.stringify(tokenFile(alice, { account_id: 'another' }))],
    ['account-mismatch', JSON.stringify(tokenFile(alice, { id_token: tokenFor(person('bob')) }))],
    ['no-identity', '{"refresh_token":"rt","account_id":"a"}'],
  ];
  it.each(refused)('is refused as %s: %s', (reason, text) => {
    expect(parseFlatTokenFile(text)).toEqual({ kind: 'refused', reason });
  });
});

describe('newer tokens in a token file', () => {
  const newer = {
    refreshToken: new Secret('rt-2'),
    accessToken: new Secret(tokenFor({ ...alice, iat: 2000 })),
    expiresAt: Date.UTC(2026, 11, 1),
    lastRefresh: Date.UTC(2026, 10, 21),
  };

  it('leave everything else as it is: unknown keys, order, indentation and final newline', () => {
    const before = `${JSON.stringify({ note: 'mine', ...tokenFile(alice), proxy_url: 'socks5://p', __x: [1] }, null, '\t')}\n`;
    const after = patchFlatTokenFile(before, newer);
    expect(after).toBe(
      before
        .replace('"rt-alice"', '"rt-2"')
        .replace(/"access_token": ".*"/, `"access_token": "${newer.accessToken.reveal()}"`)
        .replace('2026-11-20T08:00:00Z', '2026-11-21T00:00:00.000Z')
        .replace('2026-11-30T08:00:00+08:00', '2026-12-01T00:00:00.000Z'),
    );
  });

  it('stay on one line where the file is one line', () => {
    expect(patchFlatTokenFile(JSON.stringify(tokenFile(alice)), newer)).not.toContain('\n');
  });

  it('take away the end of an access token that they replace without saying when they end', () => {
    const { expiresAt: _, ...endless } = newer;
    expect(JSON.parse(patchFlatTokenFile(JSON.stringify(tokenFile(alice)), endless))).not.toHaveProperty('expired');
    const onlyRefresh = { refreshToken: new Secret('rt-2') };
    expect(JSON.parse(patchFlatTokenFile(JSON.stringify(tokenFile(alice)), onlyRefresh))).toHaveProperty('expired');
  });

  it('fill in whose they are where the file did not say', () => {
    const patched = JSON.parse(patchFlatTokenFile('{"refresh_token":"rt","email":"a@example.com"}', newer));
    expect(patched).toMatchObject({ account_id: 'workspace-of-alice', email: 'a@example.com', type: 'codex' });
  });
});

test('a token file that we write is read as the same login', () => {
  const { identity, tokens } = parse();
  const { accountId = '', email = '' } = identity;
  const again = loginIn(JSON.stringify(flatTokenFile({ tokens, accountId, email, isDisabled: true })));
  expect(again.identity).toEqual(identity);
  expect(again.tokens).toEqual(tokens);
  expect(again.isDisabled).toBe(true);
});
