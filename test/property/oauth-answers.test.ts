import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseProxy } from '../../src/core/http/proxy.js';
import { failedPage, renderCallbackPage } from '../../src/core/oauth/callback-pages.js';
import { readCallbackParams, readPastedCallback, routeCallbackRequest } from '../../src/core/oauth/callback-params.js';
import { judgeTokenAnswer } from '../../src/core/oauth/token-verdict.js';
import { quoteProviderText } from '../../src/core/provider/provider-error.js';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const base64url = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });
const junk = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.webUrl({ withQueryParameters: true }));

/** The shapes that tokens of this provider and of the stand-in have. */
const token = fc.oneof(
  base64url(20, 90).map((text) => `rt_${text}`),
  fc
    .tuple(base64url(10, 60), base64url(10, 60))
    .map(([payload, signature]) => `eyJhbGciOiJub25lIn0.eyJ${payload}.${signature}`),
  base64url(40, 90).filter((text) => /[A-Z0-9]/.test(text)),
);

const headerValue = fc.string();
const outcome = (body: fc.Arbitrary<string>) =>
  fc.record({
    kind: fc.constant('answer' as const),
    status: fc.oneof(fc.constantFrom(200, 302, 400, 401, 403, 408, 429, 500, 503), fc.integer({ min: 100, max: 599 })),
    headers: fc.record(
      {
        'content-type': fc.constantFrom('text/html', 'application/json', ''),
        'retry-after': headerValue,
        date: headerValue,
        'cf-mitigated': headerValue,
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<Record<string, string>>,
    body,
  });

test('any answer of the token endpoint gets a verdict', () => {
  fc.assert(
    fc.property(outcome(fc.oneof(junk, fc.json(), errorBody(junk))), (answer) => {
      const verdict = judgeTokenAnswer(answer);
      if (answer.status >= 300 && answer.status < 400) expect(verdict.kind).toMatch(/^(?:unknown|obstructed)$/);
      if (verdict.kind === 'tokens') expect(answer.status).toBeLessThan(300);
      if (verdict.kind === 'refused') expect(answer.status).toBeGreaterThanOrEqual(400);
    }),
  );
});

test('no verdict repeats a token that an error quotes, wherever it stands', () => {
  const quoting = fc
    .tuple(token, fc.constantFrom('', 'token ', 'used: "', '(', 'a='))
    .chain(([secret, before]) =>
      outcome(errorBody(fc.constant(`${before}${secret}" again`))).map((answer) => ({ secret, answer })),
    );
  fc.assert(
    fc.property(quoting, ({ secret, answer }) => {
      expect(JSON.stringify(judgeTokenAnswer(answer))).not.toContain(secret);
    }),
  );
});

test('quoted text is one printable line of bounded length', () => {
  fc.assert(
    fc.property(junk, (text) => {
      const quoted = quoteProviderText(text);
      expect([...quoted].length).toBeLessThanOrEqual(300);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(quoted).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
    }),
  );
});

test('whatever is pasted or called back, only our own state yields a code or a denial', () => {
  fc.assert(
    fc.property(junk, base64url(20, 43), (text, state) => {
      fc.pre(!text.includes(state));
      const pasted = readPastedCallback(text, state);
      expect(['state-mismatch', 'unrecognized']).toContain(pasted.kind);
      expect(readCallbackParams(new URLSearchParams(text), state).kind).toBe('state-mismatch');
    }),
  );
});

test('a code survives being pasted in every form', () => {
  fc.assert(
    fc.property(base64url(1, 60), base64url(20, 43), (code, state) => {
      const forms = [
        `${code}#${state}`,
        `?${new URLSearchParams({ code, state })}`,
        `x://y/?state=${state}&code=${code}`,
      ];
      for (const form of forms) {
        const params = readPastedCallback(form, state);
        expect(params.kind === 'ok' && params.code.reveal()).toBe(code);
      }
    }),
  );
});

test('any request to the callback server gets a route, and a stranger gets nothing', () => {
  fc.assert(
    fc.property(junk, junk, fc.constantFrom('GET', 'POST', 'x'), (target, host, method) => {
      const headers = { host };
      expect(routeCallbackRequest({ method, target, headers }, { port: 1455, state: 's' }).kind).toBe('refused');
      const ours = routeCallbackRequest(
        { method, target, headers: { host: '127.0.0.1:1455' } },
        { port: 1455, state: 's' },
      );
      expect(ours.kind).toBe('refused');
    }),
  );
});

test('a page never contains markup that came with its message', () => {
  const page = (message: string) => renderCallbackPage(failedPage(message));
  const tags = (html: string) => html.match(/[<>"']/g)?.length;
  fc.assert(
    fc.property(fc.string(), (message) => {
      expect(tags(page(message))).toBe(tags(page('')));
    }),
  );
});

test('any proxy setting is read or refused, and shows no password', () => {
  const setting = fc.oneof(
    junk,
    junk.map((text) => `http://me:hunter2@${text}`),
    junk.map((text) => `me:hunter2@${text}`),
  );
  fc.assert(
    fc.property(setting, junk, fc.webUrl(), (value, exceptions, target) => {
      const choice = chooseProxy(target, { environment: { ALL_PROXY: value, NO_PROXY: exceptions } });
      expect(JSON.stringify(choice)).not.toContain('hunter2');
    }),
  );
});

/** A body of one of the three OAuth shapes with `text` in every place that is read. */
function errorBody(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return text.chain((quoted) =>
    fc
      .constantFrom<unknown>(
        { error: quoted, error_description: quoted },
        { error: { code: quoted, message: quoted } },
        { error: { code: 'invalid_grant', message: quoted } },
        { code: 'refresh_token_reused', message: quoted },
        { error: 'invalid_grant', error_description: quoted, state: quoted },
      )
      .map((body) => JSON.stringify(body)),
  );
}
