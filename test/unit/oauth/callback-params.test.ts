import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  type CallbackParams,
  readCallbackParams,
  readPastedCallback,
} from '../../../src/core/oauth/callback-params.js';

const STATE = 'the-state_of-this-login';
const CODE = 'ac_the-code';

function brief(params: CallbackParams): string {
  return params.kind === 'ok' ? `ok ${params.code.reveal()}` : params.kind;
}

describe('a callback', () => {
  test.each([
    [`code=${CODE}&state=${STATE}`, `ok ${CODE}`],
    [`state=${STATE}&scope=x&code=a%2Bb%3D`, 'ok a+b='],
    [`code=${CODE}`, 'state-mismatch'],
    [`code=${CODE}&state=`, 'state-mismatch'],
    [`code=${CODE}&state=other`, 'state-mismatch'],
    [`code=${CODE}&state=${STATE.toUpperCase()}`, 'state-mismatch'],
    [`code=${CODE}&state=${STATE}&state=other`, 'state-mismatch'],
    ['error=access_denied', 'state-mismatch'],
    ['error=access_denied&state=other', 'state-mismatch'],
    [`error=access_denied&state=${STATE}`, 'denied'],
    [`error=access_denied&code=${CODE}&state=${STATE}`, 'denied'],
    [`state=${STATE}`, 'missing-code'],
    [`state=${STATE}&code=`, 'missing-code'],
    [`state=${STATE}&code=a&code=b`, 'missing-code'],
    ['', 'state-mismatch'],
  ])('%s is %s', (query, expected) => {
    expect(brief(readCallbackParams(new URLSearchParams(query), STATE))).toBe(expected);
  });

  test('never matches an empty expected state', () => {
    expect(brief(readCallbackParams(new URLSearchParams('state=&code=a'), ''))).toBe('state-mismatch');
  });

  test('keeps its code out of anything that prints it', () => {
    const params = readCallbackParams(new URLSearchParams({ code: CODE, state: STATE }), STATE);
    expect(inspect(params) + JSON.stringify(params)).not.toContain(CODE);
  });
});

describe('a denial', () => {
  function denied(error: string, description: string) {
    return readCallbackParams(new URLSearchParams({ error, error_description: description, state: STATE }), STATE);
  }

  test('says that the workspace lacks Codex when that is the reason', () => {
    expect(denied('access_denied', 'missing_codex_entitlement')).toMatchObject({
      error: 'access_denied',
      description: 'missing_codex_entitlement',
      message: expect.stringContaining('Codex is not enabled for this workspace'),
    });
  });

  test('says what the person did and what the provider said', () => {
    expect(denied('access_denied', 'The user said no')).toMatchObject({
      message: 'the sign-in was declined in the browser (access_denied: The user said no)',
    });
    expect(denied('server_error', '')).toMatchObject({ message: 'the provider refused the sign-in (server_error)' });
  });

  test('carries neither control characters nor tokens nor strange codes', () => {
    const result = denied('\u001b[31mBOO', '\u001b]0;title\u0007bad rt_0123456789abcdef \u202egnp');
    expect(result).toMatchObject({ error: 'unknown_error', description: ']0;titlebad [removed] gnp' });
  });
});

describe('a pasted callback', () => {
  const url = `http://127.0.0.1:1455/auth/callback?code=${CODE}&state=${STATE}`;
  test.each([
    [url],
    [`  ${url}\n`],
    [`"${url}"`],
    [`'${url}'`],
    [`<${url}>`],
    [`\u201c${url}\u201d`],
    [`${url}#`],
    [`${url.slice(0, 40)}\n  ${url.slice(40)}`],
    [url.replace('?', '\\?').replace('&', '\\&').replaceAll('=', '\\=')],
    [`?code=${CODE}&state=${STATE}`],
    [`code=${CODE}&state=${STATE}`],
    [`state=${STATE}&code=${CODE}`],
    [`/auth/callback?code=${CODE}&state=${STATE}`],
    [`${CODE}#${STATE}`],
    [` '${CODE}#${STATE}' \r\n`],
  ])('is understood as %j', (text) => {
    expect(brief(readPastedCallback(text, STATE))).toBe(`ok ${CODE}`);
  });

  test.each([
    ['', 'unrecognized'],
    ['#', 'unrecognized'],
    [CODE, 'unrecognized'],
    [`${CODE}#`, 'unrecognized'],
    [`#${STATE}`, 'unrecognized'],
    [`a#${STATE}#b`, 'unrecognized'],
    ['https://example.com/#x', 'unrecognized'],
    ['yes', 'unrecognized'],
    [`${CODE}#other`, 'state-mismatch'],
    [`code=${CODE}`, 'state-mismatch'],
    [url.replace(STATE, 'other'), 'state-mismatch'],
    [`http://127.0.0.1:1455/auth/callback?error=access_denied&state=${STATE}`, 'denied'],
    [`https://auth.openai.com/oauth/authorize?response_type=code&state=${STATE}&scope=openid`, 'missing-code'],
  ])('%j is %s', (text, expected) => {
    expect(brief(readPastedCallback(text, STATE))).toBe(expected);
  });
});
