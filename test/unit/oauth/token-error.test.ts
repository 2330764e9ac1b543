import { describe, expect, it, test } from 'vitest';
import type { HttpOutcome } from '../../../src/core/http/client.js';
import { tokenError } from '../../../src/core/oauth/token-error.js';
import { judgeTokenAnswer, reasonOfVerdict } from '../../../src/core/oauth/token-verdict.js';

const page = { 'content-type': 'text/html' };

function answer(status: number, body: unknown, headers: Record<string, string> = {}): HttpOutcome {
  return { kind: 'answer', status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

function failure(outcome: HttpOutcome) {
  const verdict = judgeTokenAnswer(outcome);
  if (verdict.kind === 'tokens') throw new Error('that was a success');
  return { verdict, error: tokenError(verdict) };
}

describe('a sign-in that brought no tokens', () => {
  it.each<[string, HttpOutcome, string, string, RegExp]>([
    [
      'was refused',
      answer(400, { error: 'invalid_grant', error_description: 'Too late.' }),
      'login-failed',
      'the provider refused it (invalid_grant, 400): Too late.',
      /^try again; codex-auth doctor/,
    ],
    [
      'was refused for no reason',
      answer(400, { error: {} }),
      'login-failed',
      'the provider refused it (unknown, 400)',
      /^try again; codex-auth doctor/,
    ],
    [
      'was refused to this program',
      answer(400, { error: 'unauthorized_client' }),
      'login-failed',
      'the provider refused it (unauthorized_client, 400)',
      /^update codex-auth/,
    ],
    [
      'was refused to the account',
      answer(403, { error: 'account_deactivated' }),
      'login-failed',
      'the provider refused it (account_deactivated, 403)',
      /ask whoever runs the account/,
    ],
    [
      'came too soon',
      answer(429, { error: { code: 'slow_down', message: 'Easy.' } }),
      'rate-limited',
      'the provider asks to slow down (slow_down, 429): Easy.',
      /^wait a minute/,
    ],
    [
      'met a problem of the provider',
      answer(500, { error: { message: 'Sorry.' } }),
      'provider-error',
      'the provider has a problem (500): Sorry.',
      /^try again in a minute$/,
    ],
    [
      'was answered with something else',
      answer(200, { message: 'Hello.' }),
      'provider-error',
      'the answer is not one of a token endpoint (200): Hello.',
      /proxy or a captive portal/,
    ],
    [
      'was answered by somebody else',
      answer(200, '<html><title>Hotel</title>', page),
      'intercepted',
      "a page came in place of the provider's answer (200: “Hotel”)",
      /^sign in to the network/,
    ],
    [
      'was led somewhere else',
      answer(302, '', { location: 'http://portal.example/' }),
      'intercepted',
      "a redirect to portal.example came in place of the provider's answer (302)",
      /^sign in to the network/,
    ],
    [
      'came from the wrong place',
      answer(403, { error: { code: 'unsupported_country' } }),
      'region',
      'the provider refuses requests from where this machine is (unsupported_country, 403)',
      /VPN/,
    ],
    [
      'did not get out',
      { kind: 'unsent', reason: 'dns', message: 'no such host' },
      'offline',
      'no such host',
      /^check the network/,
    ],
    [
      'did not get through the proxy',
      { kind: 'unsent', reason: 'proxy', message: 'it answered 407' },
      'proxy',
      'it answered 407',
      /proxy.*; then try again$/,
    ],
    [
      'got no answer in time',
      { kind: 'no-answer', reason: 'timeout', message: 'too slow' },
      'timeout',
      'too slow',
      /^try again$/,
    ],
    [
      'got no answer',
      { kind: 'no-answer', reason: 'reset', message: 'cut off' },
      'unknown-outcome',
      'cut off',
      /^try again$/,
    ],
  ])('%s', (_, outcome, code, says, hint) => {
    const { error } = failure(outcome);
    expect(error.code).toBe(code);
    expect(error.message).toBe(`the sign-in failed: ${says}`);
    expect(error.hint).toMatch(hint);
  });

  it('tells a program what kind of failure it was, with the reason of the provider', () => {
    const said = { providerCode: 'invalid_grant', providerMessage: 'Too late.' };
    const refused = failure(answer(400, { error: 'invalid_grant', error_description: 'Too late.' }));
    expect(refused.error.details).toEqual({ reason: 'refused', ...said });
    const unsent = failure({ kind: 'unsent', reason: 'tls', message: 'm' });
    expect(unsent.error.details).toEqual({ reason: 'unsent' });
  });
});

test.each<[string, HttpOutcome, object]>([
  [
    'of a refusal',
    answer(400, { error: 'invalid_grant', error_description: 'd' }),
    { providerCode: 'invalid_grant', providerMessage: 'd' },
  ],
  ['of a refusal without a code', answer(401, { error: { message: 'd' } }), { providerMessage: 'd' }],
  ['of a refusal without words', answer(400, { error: 'invalid_grant' }), { providerCode: 'invalid_grant' }],
  ['of a server', answer(503, { error: { code: 'overloaded' } }), { providerCode: 'overloaded' }],
  ['of an answer that makes no sense', answer(200, { message: 'd' }), { providerMessage: 'd' }],
  ['of nobody', { kind: 'no-answer', reason: 'reset', message: 'm' }, {}],
  ['of nobody, to a request that was not sent', { kind: 'unsent', reason: 'dns', message: 'm' }, {}],
])('the reason %s is what the provider gave', (_, outcome, expected) => {
  expect(reasonOfVerdict(failure(outcome).verdict)).toEqual(expected);
});
