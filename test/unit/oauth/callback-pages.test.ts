import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { failedPage, pageHeaders, renderCallbackPage, signedInPage } from '../../../src/core/oauth/callback-pages.js';

const HOSTILE = '<script>alert(1)</script>" onload="x" \'&amp;';

test.each([
  ['the success page', renderCallbackPage(signedInPage(HOSTILE))],
  ['the failure page', renderCallbackPage(failedPage(HOSTILE))],
])('%s escapes what it shows and loads nothing', (_name, html) => {
  expect(html).not.toContain('<script');
  expect(html).not.toContain('" onload');
  expect(html).toContain('&#60;script&#62;alert(1)&#60;/script&#62;&#34; onload=&#34;x&#34; &#39;&#38;amp;');
  expect(html).not.toMatch(/\b(?:src|href|action|url\()/);
});

test('the policy allows the style sheet of the page and nothing else', () => {
  const style = /<style>([\s\S]*)<\/style>/.exec(renderCallbackPage(signedInPage()))?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  expect(pageHeaders['content-security-policy']).toBe(
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
  expect(pageHeaders).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
});

test('the success page names the account', () => {
  expect(renderCallbackPage(signedInPage('ada@example.com'))).toContain('ada@example.com is ready');
});
