import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unprintable } from '../../../src/core/printable.js';
import { readProviderError } from '../../../src/core/provider/provider-error.js';

const region = 'unsupported_country_region_territory';
const deep = (levels: number): unknown => (levels === 0 ? { code: region } : { error: deep(levels - 1) });

describe('the reason is found in', () => {
  test.each<[unknown, string | undefined, string | undefined]>([
    [{ error: { code: 'token_revoked', message: 'Signed out.', type: 'x_type' } }, 'token_revoked', 'Signed out.'],
    [{ error: { code: null, message: 'No.', type: 'request_forbidden' } }, 'request_forbidden', 'No.'],
    [{ error: 'invalid_grant', error_description: 'Too old.' }, 'invalid_grant', 'Too old.'],
    [{ error: 'Unauthorized' }, undefined, 'Unauthorized'],
    [{ code: 'account_deactivated', message: 'Gone.' }, 'account_deactivated', 'Gone.'],
    [{ code: 401, message: 'No.' }, undefined, 'No.'],
    [{ detail: 'Not here.' }, undefined, 'Not here.'],
    [{ detail: 'deactivated_workspace' }, 'deactivated_workspace', undefined],
    [{ detail: { code: 'deactivated_workspace', message: 'Closed.' } }, 'deactivated_workspace', 'Closed.'],
    [{ detail: { code: 'deactivated_workspace' } }, 'deactivated_workspace', undefined],
    [{ detail: [{ loc: ['body'], msg: 'field required', type: 'value_error.missing' }] }, undefined, 'field required'],
    [{ errors: [{ code: 'no_seat', message: 'None left.' }] }, 'no_seat', 'None left.'],
    [[{ error: { code: 'no_seat' } }], 'no_seat', undefined],
    [{ error: { code: 'forbidden', cause: { code: region } } }, region, undefined],
    [{ message: JSON.stringify({ error: { code: region } }), detail: `{"code":"${region}"}` }, region, undefined],
    [deep(5), region, undefined],
  ])('%j', (body, providerCode, providerMessage) => {
    const { isOAuth: _, ...reason } = readProviderError(JSON.stringify(body)) ?? { isOAuth: false };
    expect(reason).toEqual({
      ...(providerCode === undefined ? {} : { providerCode }),
      ...(providerMessage === undefined ? {} : { providerMessage }),
    });
  });

  test('the title of a page', () => {
    const page = '<!doctype html><html><head><title>\n Hotel <b>Wi-Fi</title></head></html>';
    expect(readProviderError(page)).toEqual({ providerMessage: 'Hotel', isOAuth: false });
  });
});

test.each(['', 'null', '17', '[]', '{}', '"text"', '{"a":1}', '<html>', 'OK', '\ufffd\ufffd', '{"error":[]}'])(
  'nothing is made of %j',
  (body) => {
    expect(readProviderError(body)).toBeUndefined();
  },
);

test.each([
  [{ error: {} }, true],
  [{ error: 'invalid_grant' }, true],
  [{ detail: { code: 'a_code' } }, false],
  [{ code: 'a_code' }, false],
])('who speaks in %j', (body, isOAuth) => {
  expect(readProviderError(JSON.stringify(body))?.isOAuth).toBe(isOAuth);
});

test('a body that nests for ever, or says one thing for ever, is read as far as is useful', () => {
  expect(readProviderError(`${'{"error":'.repeat(50_000)}1${'}'.repeat(50_000)}`)?.providerCode).toBeUndefined();
  expect(readProviderError(JSON.stringify({ detail: Array(50_000).fill({ code: 'many' }) }))?.providerCode).toBe(
    'many',
  );
  const words = readProviderError(JSON.stringify({ detail: 'word '.repeat(200_000) }))?.providerMessage ?? '';
  expect([...words].length).toBe(300);
});

test('whatever the body, what is quoted is one short printable line', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constant('\u001b]52;c;AAAA\u0007\u202e\r\n'));
  const body = fc.oneof(
    text.map((detail) => JSON.stringify({ detail })),
    text.map((message) => JSON.stringify({ error: { code: message, message } })),
    text.map((title) => `<title>${title}</title>`),
    fc.json(),
    text,
  );
  fc.assert(
    fc.property(body, (given) => {
      const { providerCode = 'a_code', providerMessage = '' } = readProviderError(given) ?? {};
      expect(providerCode).toMatch(/^[a-z_]{2,64}$/);
      expect(providerMessage).toBe(providerMessage.replace(unprintable, ''));
      expect([...providerMessage].length).toBeLessThanOrEqual(300);
    }),
  );
});
