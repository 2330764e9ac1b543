import { describe, expect, test } from 'vitest';
import type { HttpOutcome } from '../../../src/core/http/client.js';
import { judgeTokenAnswer } from '../../../src/core/oauth/token-verdict.js';

const HTML = { 'content-type': 'text/html; charset=UTF-8' };
const NGINX = '<html><head><title>503 Service Temporarily Unavailable</title></head></html>';
const REGION = 'unsupported_country_region_territory';
const REGION_WORDS = 'Country, region, or territory not supported';
const JUST_A_MOMENT = '<!DOCTYPE html><title>Just a moment...</title>';

function answer(status: number, body: unknown, headers: Record<string, string> = {}): HttpOutcome {
  return { kind: 'answer', status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

function brief(outcome: HttpOutcome): string {
  const verdict = judgeTokenAnswer(outcome);
  switch (verdict.kind) {
    case 'refused':
      return `${verdict.severity} ${verdict.code}`;
    case 'unknown':
      return `unknown ${verdict.reason}`;
    case 'obstructed':
      return `obstructed ${verdict.by}`;
    default:
      return verdict.kind;
  }
}

describe('a 2xx', () => {
  test('brings tokens, wrapped, with the lifetime and the clock of the server', () => {
    const body = { id_token: 'i.i.i', access_token: 'a', refresh_token: 'r', expires_in: 3600 };
    const verdict = judgeTokenAnswer(answer(200, body, { date: 'Sat, 21 Nov 2026 10:00:00 GMT' }));
    if (verdict.kind !== 'tokens') throw new Error(verdict.kind);
    const { idToken, accessToken, refreshToken, expiresInSeconds } = verdict.tokens;
    expect([idToken, accessToken, refreshToken].map((token) => token?.reveal())).toEqual(['i.i.i', 'a', 'r']);
    expect(expiresInSeconds).toBe(3600);
    expect(verdict.serverDate).toBe(Date.UTC(2026, 10, 21, 10));
    expect(JSON.stringify(verdict)).not.toMatch(/i\.i\.i/);
  });

  test.each([
    [{ refresh_token: 'r' }, { refreshToken: 'r' }],
    [{ access_token: 'a', id_token: null, expires_in: null }, { accessToken: 'a' }],
    [
      { access_token: 'a', refresh_token: 5, expires_in: '60' },
      { accessToken: 'a', expiresInSeconds: 60 },
    ],
    [{ access_token: 'a', refresh_token: '', expires_in: -1 }, { accessToken: 'a' }],
    [{ access_token: 'a', expires_in: 'soon' }, { accessToken: 'a' }],
    [{ access_token: 'a', error: 'invalid_grant' }, { accessToken: 'a' }],
  ])('loses no token over what is missing or wrong beside it: %j', (body, expected) => {
    const verdict = judgeTokenAnswer(answer(200, body));
    if (verdict.kind !== 'tokens') throw new Error(verdict.kind);
    const revealed = Object.entries(verdict.tokens).map(([name, value]) => [
      name,
      typeof value === 'number' ? value : value.reveal(),
    ]);
    expect(Object.fromEntries(revealed)).toEqual(expected);
  });

  test.each(['', '{}', '[]', 'null', '{"access_token":', '{"error":"invalid_grant"}', '{"access_token":""}', NGINX])(
    'that holds no token is malformed, so that nobody takes the old token for unspent: %s',
    (body) => {
      expect(judgeTokenAnswer(answer(200, body))).toMatchObject({ kind: 'malformed', status: 200 });
    },
  );
});

test.each([
  [199, 'malformed'],
  [200, 'tokens'],
  [299, 'tokens'],
  [300, 'unknown redirect'],
  [399, 'unknown redirect'],
  [400, 'malformed'],
  [499, 'malformed'],
  [500, 'server'],
])('tokens in an answer with status %i come to: %s', (status, expected) => {
  expect(brief(answer(status, { access_token: 'a' }))).toBe(expected);
});

test.each([
  [0, 0],
  ['0', 0],
  [1.5, 1.5],
  [' 60 ', 60],
  ['', undefined],
  ['  ', undefined],
  ['1e999', undefined],
  ['-1', undefined],
  [true, undefined],
])('an access token that expires in %j seconds lives for %j', (given, expected) => {
  const verdict = judgeTokenAnswer(answer(200, { access_token: 'a', expires_in: given }));
  expect(verdict.kind === 'tokens' && verdict.tokens.expiresInSeconds).toBe(expected);
});

describe('what a verdict says besides', () => {
  const date = { date: 'Sat, 21 Nov 2026 10:00:00 GMT' };
  const serverDate = Date.UTC(2026, 10, 21, 10);

  test.each<[string, HttpOutcome, object]>([
    [
      'the clock of the server, with a refusal',
      answer(400, { error: 'invalid_grant', error_description: 'd' }, date),
      { kind: 'refused', severity: 'hard', code: 'invalid_grant', status: 400, message: 'd', serverDate },
    ],
    [
      'nothing, with a refusal for no reason',
      answer(401, { error: {} }),
      { kind: 'refused', severity: 'hard', code: 'unknown', status: 401, message: '' },
    ],
    [
      'the reason, with a rate limit',
      answer(429, { error: { code: 'slow_down', message: 'm' } }),
      { kind: 'rate-limited', providerCode: 'slow_down', providerMessage: 'm' },
    ],
    [
      'the reason, with a problem of the provider',
      answer(500, { error: { message: 'm' } }),
      { kind: 'server', status: 500, providerMessage: 'm' },
    ],
    [
      'the words, with what makes no sense',
      answer(404, { detail: 'Not Found' }),
      { kind: 'malformed', status: 404, providerMessage: 'Not Found' },
    ],
    ['nothing, with a stray status', answer(199, { message: 'm' }), { kind: 'malformed', status: 199 }],
    [
      'what went wrong, with a request that was not sent',
      { kind: 'unsent', reason: 'tls', message: 'm' },
      { kind: 'unsent', reason: 'tls', message: 'm' },
    ],
    [
      'what went wrong, with one that got no answer',
      { kind: 'no-answer', reason: 'too-large', message: 'm' },
      { kind: 'unknown', reason: 'too-large', message: 'm' },
    ],
    [
      'the place that a redirect leads to',
      answer(307, '', { location: 'https://portal.example/x' }),
      {
        kind: 'unknown',
        reason: 'redirect',
        message: 'the token endpoint answered with a redirect (307)',
        obstruction: { kind: 'obstructed', by: 'redirect', status: 307, seen: 'portal.example' },
      },
    ],
    [
      'that it is the region, with a redirect too',
      answer(302, { error: { code: REGION } }),
      { kind: 'obstructed', by: 'region', status: 302, providerCode: REGION },
    ],
  ])('is %s', (_, outcome, expected) => {
    expect(judgeTokenAnswer(outcome)).toEqual(expected);
  });
});

describe('a refusal', () => {
  test.each<[number, unknown, string]>([
    // Codes of a dead grant, wherever they stand in the body.
    [401, { error: { code: 'refresh_token_reused', message: 'm' } }, 'hard refresh_token_reused'],
    [400, { error: 'refresh_token_expired' }, 'hard refresh_token_expired'],
    [403, { code: 'refresh_token_invalidated' }, 'hard refresh_token_invalidated'],
    [429, { error: { code: 'refresh_token_reused' } }, 'hard refresh_token_reused'],
    [500, { error: { code: 'refresh_token_invalidated' } }, 'hard refresh_token_invalidated'],
    [400, { error: 'invalid_grant', error_description: 'd' }, 'hard invalid_grant'],
    [401, { error: { code: 'token_expired' } }, 'hard token_expired'],
    [400, { error: { code: 'account_deleted' } }, 'hard account_deleted'],
    [403, { error: { code: 'account_deactivated' } }, 'hard account_deactivated'],
    [400, { error: { code: 'email_changed' } }, 'hard email_changed'],
    // A session that has ended, whatever the status: the same token would get the same answer again.
    [400, { error: { code: 'app_session_expired', message: 'm' } }, 'hard app_session_expired'],
    [400, { error: 'invalid_refresh_token' }, 'hard invalid_refresh_token'],
    [403, { error: { code: 'session_expired' } }, 'hard session_expired'],
    [404, { detail: { code: 'refresh_token_not_found' } }, 'hard refresh_token_not_found'],
    [422, { code: 'token_revoked' }, 'hard token_revoked'],
    [402, { detail: { code: 'deactivated_workspace' } }, 'hard deactivated_workspace'],
    // Any other 401, when it is the provider that speaks.
    [401, { error: { message: 'who are you' } }, 'hard unknown'],
    [401, { error: 'Unauthorized' }, 'hard unknown'],
    [401, { error: { code: 'brand_new_code' } }, 'hard brand_new_code'],
    // The client is refused, not the account.
    [401, { error: 'invalid_client' }, 'client invalid_client'],
    [400, { error: { code: 'unauthorized_client' } }, 'client unauthorized_client'],
    // Other definite refusals are counted: three in a row flag the account.
    [400, { error: 'invalid_request' }, 'soft invalid_request'],
    [400, { error: { code: null, message: 'm' } }, 'soft unknown'],
    [403, { error: { code: 'not_today' } }, 'soft not_today'],
    [422, { error: {} }, 'soft unknown'],
  ])('%i %j is %s', (status, body, expected) => {
    expect(brief(answer(status, body))).toBe(expected);
  });

  test('quotes the provider in one safe line', () => {
    const description = 'Refresh token rt_0123456789abcdef\u001b[2J was\nused: eyJhbGciOi.eyJzdWIi.c2ln';
    const verdict = judgeTokenAnswer(answer(400, { error: 'invalid_grant', error_description: description }));
    expect(verdict).toMatchObject({ message: 'Refresh token [removed][2J was used: [removed]' });
    const long = judgeTokenAnswer(answer(400, { error: 'invalid_grant', error_description: 'word '.repeat(500) }));
    expect(long.kind === 'refused' && long.message.length).toBe(300);
  });

  test('does not take a token for a code', () => {
    expect(brief(answer(400, { error: { code: 'rt_0123456789abcdef' } }))).toBe('soft unknown');
  });
});

describe('an answer that says nothing about the token', () => {
  test.each<[string, HttpOutcome, string]>([
    ['429', answer(429, { error: { code: 'rate_limit_exceeded' } }), 'rate-limited'],
    ['429 with invalid_grant', answer(429, { error: 'invalid_grant' }), 'rate-limited'],
    ['429 page', answer(429, NGINX, HTML), 'rate-limited'],
    ['500', answer(500, { error: 'server_error' }), 'server'],
    ['503 with invalid_grant', answer(503, { error: 'invalid_grant' }), 'server'],
    ['503 page of a web server', answer(503, NGINX, HTML), 'server'],
    ['503 challenge page', answer(503, JUST_A_MOMENT, HTML), 'obstructed challenge'],
    ['403 page', answer(403, '<h1>Forbidden</h1>', HTML), 'obstructed page'],
    ['403 page without a type', answer(403, JUST_A_MOMENT), 'obstructed challenge'],
    ['403 marked as challenge', answer(403, '', { 'cf-mitigated': 'challenge' }), 'obstructed challenge'],
    ['401 marked as challenge', answer(401, { error: 'x' }, { 'cf-mitigated': 'challenge' }), 'obstructed challenge'],
    ['401 page of a proxy', answer(401, '<h1>Sign in to the proxy</h1>', HTML), 'malformed'],
    ['401 without a body', answer(401, ''), 'malformed'],
    ['401 of a gateway', answer(401, { detail: 'Unauthorized' }), 'malformed'],
    ['401 of another gateway', answer(401, { code: 'UNAUTHORIZED', message: 'no' }), 'malformed'],
    ['401 with a numeric code', answer(401, { code: 401 }), 'malformed'],
    ['401 with an error that is a list', answer(401, { error: [] }), 'malformed'],
    ['400 page', answer(400, NGINX, HTML), 'malformed'],
    ['404 page', answer(404, NGINX, HTML), 'malformed'],
    ['407', answer(407, ''), 'obstructed page'],
    ['511', answer(511, ''), 'obstructed page'],
    ['a stray 1xx', answer(199, { code: 'refresh_token_reused' }), 'malformed'],
    ['a passing state of the provider', answer(400, { error: 'temporarily_unavailable' }), 'server'],
    ['a region at the door', answer(403, { error: { code: REGION } }), 'obstructed region'],
    ['a region with status 400', answer(400, { detail: { error: { code: REGION } } }), 'obstructed region'],
    ['a region with status 401', answer(401, { code: REGION }), 'obstructed region'],
    ['a region with status 429', answer(429, { error: { code: REGION } }), 'obstructed region'],
    ['a region with status 500', answer(500, { error: { code: REGION } }), 'obstructed region'],
    ['a region with status 200', answer(200, { error: { code: REGION } }), 'obstructed region'],
    ['a region without its code', answer(403, { error: { message: REGION_WORDS } }), 'obstructed region'],
    ['403 page of a proxy', answer(403, '<html><title>Blocked by policy</title>'), 'obstructed page'],
    ['511 of a captive portal', answer(511, '<html>', HTML), 'obstructed page'],
    ['408', answer(408, { error: 'timeout' }), 'server'],
    ['302 to a captive portal', answer(302, '', { location: 'http://portal/' }), 'unknown redirect'],
    ['307 with a refusal', answer(307, { error: { code: 'refresh_token_reused' } }), 'unknown redirect'],
    ['a reset', { kind: 'no-answer', reason: 'reset', message: 'm' }, 'unknown reset'],
    ['a timeout', { kind: 'no-answer', reason: 'timeout', message: 'm' }, 'unknown timeout'],
    ['an unsent request', { kind: 'unsent', reason: 'dns', message: 'm' }, 'unsent'],
  ])('%s is %s', (_name, outcome, expected) => {
    expect(brief(outcome)).toBe(expected);
  });

  test.each([
    [{ 'retry-after': '30' }, 30_000],
    [{ 'retry-after': 'Sat, 21 Nov 2026 10:01:00 GMT', date: 'Sat, 21 Nov 2026 10:00:00 GMT' }, 60_000],
    [{ 'retry-after': 'Sat, 21 Nov 2026 09:00:00 GMT', date: 'Sat, 21 Nov 2026 10:00:00 GMT' }, 0],
    [{ 'retry-after': 'Sat, 21 Nov 2026 10:01:00 GMT' }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '-5' }, undefined],
    [{}, undefined],
  ])('a 429 tells how long to wait when it can be known: %j', (headers, expected) => {
    const verdict = judgeTokenAnswer(answer(429, '', headers as Record<string, string>));
    expect(verdict.kind === 'rate-limited' && verdict.retryAfterMs).toBe(expected);
  });

  test.each([
    ['a page', answer(200, '<html><title>Hotel Wi-Fi</title>', HTML), { by: 'page', seen: 'Hotel Wi-Fi' }],
    [
      'a redirect',
      answer(302, '', { location: 'http://portal.example/?x=1' }),
      { by: 'redirect', seen: 'portal.example' },
    ],
  ])(
    '%s in place of an answer is named, and the token may have been spent all the same',
    (_what, outcome, obstruction) => {
      const verdict = judgeTokenAnswer(outcome);
      expect(['malformed', 'unknown']).toContain(verdict.kind);
      expect(verdict).toMatchObject({ obstruction });
      expect(verdict).not.toHaveProperty('providerMessage');
    },
  );
});
