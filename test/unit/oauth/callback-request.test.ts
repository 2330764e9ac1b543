import { describe, expect, test } from 'vitest';
import { routeCallbackRequest } from '../../../src/core/oauth/callback-params.js';

const server = { port: 1455, state: 'our-state' };

function route(target: string, headers: Record<string, string> = {}, method = 'GET'): string {
  const judged = routeCallbackRequest({ method, target, headers: { host: '127.0.0.1:1455', ...headers } }, server);
  if (judged.kind === 'callback') return `callback ${judged.params.kind}`;
  return judged.kind === 'refused' ? String(judged.status) : judged.kind;
}

describe('the host', () => {
  test.each([
    ['127.0.0.1:1455', 'callback ok'],
    ['localhost:1455', 'callback ok'],
    ['LOCALHOST:1455', 'callback ok'],
    ['127.0.0.1', '400'],
    ['localhost:1457', '400'],
    ['evil.example:1455', '400'],
    ['localhost.evil.example:1455', '400'],
    ['127.0.0.1:1455.evil.example', '400'],
    ['', '400'],
  ])('%s: %s', (host, expected) => {
    expect(route('/auth/callback?code=c&state=our-state', { host })).toBe(expected);
  });

  test('must be there', () => {
    const judged = routeCallbackRequest({ method: 'GET', target: '/cancel', headers: {} }, server);
    expect(judged).toMatchObject({ kind: 'refused', status: 400 });
  });
});

describe('the path', () => {
  test.each([
    ['/auth/callback?code=c&state=our-state', 'callback ok'],
    ['/auth/callback?code=c&state=x?state=our-state', 'callback state-mismatch'],
    ['/auth/callback', 'callback state-mismatch'],
    ['/auth/callback/', '404'],
    ['/AUTH/callback?code=c&state=our-state', '404'],
    ['//127.0.0.1:1455/auth/callback?code=c&state=our-state', '404'],
    ['http://127.0.0.1:1455/auth/callback?code=c&state=our-state', '404'],
    ['/x/../auth/callback?code=c&state=our-state', '404'],
    ['/cancel', 'cancel'],
    ['/cancel?x', 'cancel'],
    ['/success', '404'],
    ['/favicon.ico', '404'],
    ['/', '404'],
    ['*', '404'],
    ['', '404'],
  ])('%s: %s', (target, expected) => {
    expect(route(target)).toBe(expected);
  });

  test.each(['POST', 'HEAD', 'OPTIONS', 'PUT'])('%s is refused everywhere', (method) => {
    expect(route('/auth/callback?code=c&state=our-state', {}, method)).toBe('405');
    expect(route('/cancel', {}, method)).toBe('405');
  });
});

test.each(['origin', 'referer', 'sec-fetch-site', 'sec-fetch-mode', 'sec-fetch-user', 'sec-fetch-dest'])(
  'a cancel with %s comes from a page and is refused',
  (header) => {
    expect(route('/cancel', { [header]: 'none' })).toBe('403');
  },
);

test('the callback itself comes from a page and carries those headers', () => {
  const headers = { referer: 'https://auth.openai.com/', 'sec-fetch-site': 'cross-site' };
  expect(route('/auth/callback?code=c&state=our-state', headers)).toBe('callback ok');
});
