import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Variables } from '../../../src/core/environment.js';
import { chooseProxy, type SystemProxy } from '../../../src/core/http/proxy.js';
import { describeProxy } from '../../../src/core/http/proxy-description.js';

const HTTPS = 'https://auth.openai.com/oauth/token';
const HTTP = 'http://127.0.0.1:8080/x';

function describeChoice(target: string, environment: Variables, option?: string): string {
  const choice = chooseProxy(target, { environment, option });
  if (choice.kind === 'direct') return `direct by ${choice.source}`;
  const what = choice.kind === 'proxy' ? `proxy ${choice.display}` : `invalid, ${choice.reason},`;
  return `${what} by ${choice.source}`;
}

describe('which setting wins', () => {
  test.each<[string, string, Variables, string | undefined, string]>([
    ['nothing set', HTTPS, {}, undefined, 'direct by none'],
    ['the option over everything', HTTPS, { https_proxy: 'e:1', NO_PROXY: '*' }, 'o:1', 'proxy http://o:1 by option'],
    ['an empty option forces direct', HTTPS, { https_proxy: 'e:1' }, '', 'direct by option'],
    [
      'lower case before upper case',
      HTTPS,
      { HTTPS_PROXY: 'b:1', https_proxy: 'a:1' },
      undefined,
      'proxy http://a:1 by https_proxy',
    ],
    [
      'an empty lower case hides nothing',
      HTTPS,
      { https_proxy: '', HTTPS_PROXY: 'b:1' },
      undefined,
      'proxy http://b:1 by HTTPS_PROXY',
    ],
    [
      'blanks count as empty',
      HTTP,
      { http_proxy: '  ', HTTP_PROXY: 'b:1' },
      undefined,
      'proxy http://b:1 by HTTP_PROXY',
    ],
    ['https ignores HTTP_PROXY', HTTPS, { HTTP_PROXY: 'b:1' }, undefined, 'direct by none'],
    ['http ignores HTTPS_PROXY', HTTP, { HTTPS_PROXY: 'b:1' }, undefined, 'direct by none'],
    ['ALL_PROXY for either', HTTPS, { ALL_PROXY: 'c:1' }, undefined, 'proxy http://c:1 by ALL_PROXY'],
    ['all_proxy for http', HTTP, { all_proxy: 'c:1' }, undefined, 'proxy http://c:1 by all_proxy'],
    [
      'the scheme before ALL_PROXY',
      HTTPS,
      { all_proxy: 'c:1', HTTPS_PROXY: 'b:1' },
      undefined,
      'proxy http://b:1 by HTTPS_PROXY',
    ],
    ['loopback is not special', HTTP, { http_proxy: 'a:1' }, undefined, 'proxy http://a:1 by http_proxy'],
    ['an exception says its variable', HTTPS, { https_proxy: 'a:1', NO_PROXY: '*' }, undefined, 'direct by NO_PROXY'],
    [
      'an empty no_proxy hides nothing',
      HTTPS,
      { https_proxy: 'a:1', no_proxy: '', NO_PROXY: '*' },
      undefined,
      'direct by NO_PROXY',
    ],
    [
      'an exception spares an unreadable setting',
      HTTPS,
      { https_proxy: '::', no_proxy: '*' },
      undefined,
      'direct by no_proxy',
    ],
  ])('%s', (_name, target, environment, option, expected) => {
    expect(describeChoice(target, environment, option)).toBe(expected);
  });
});

describe('how a setting is read', () => {
  test.each([
    ['proxy.corp:3128', 'proxy http://proxy.corp:3128 by option'],
    ['  http://proxy.corp:3128/  ', 'proxy http://proxy.corp:3128 by option'],
    ['https://proxy.corp', 'proxy https://proxy.corp by option'],
    ['http://me:hunter2@proxy.corp:3128', 'proxy http://proxy.corp:3128 by option'],
    ['me:hunter2@proxy.corp:3128', 'proxy http://proxy.corp:3128 by option'],
    ['[::1]:3128', 'proxy http://[::1]:3128 by option'],
    ['socks5://me:hunter2@proxy:1080', 'proxy socks5://proxy:1080 by option'],
    ['socks5h://proxy', 'proxy socks5h://proxy by option'],
    ['SOCKS4A://proxy', 'invalid, socks4, by option'],
    ['ftp://me:hunter2@proxy', 'invalid, scheme, by option'],
    ['http://me:hunter2@', 'invalid, host, by option'],
    ['http://me:hunter2@:::', 'invalid, host, by option'],
    ['http://me:hunter2@:80', 'invalid, host, by option'],
    ['socks5://', 'invalid, host, by option'],
    ['http:hunter2:3128', 'invalid, port, by option'],
    ['http://proxy.corp:port', 'invalid, port, by option'],
    ['http://me:hunter2@proxy.corp:70000', 'invalid, port, by option'],
    ['http://me:hunt#er2@proxy.corp:80', 'invalid, encoding, by option'],
    ['http://me:12/hunter2@proxy.corp:80', 'invalid, encoding, by option'],
    ['http://me:hunt%23er2@proxy.corp:8080/', 'proxy http://proxy.corp:8080 by option'],
    ['http://two words:80', 'invalid, malformed, by option'],
    ['http://[::1', 'invalid, malformed, by option'],
  ])('%s', (option, expected) => {
    expect(describeChoice(HTTPS, {}, option)).toBe(expected);
  });

  test('no choice shows the password, the address with it is in reach of reveal() only', () => {
    const choice = chooseProxy(HTTPS, { option: 'http://me:hunter2@proxy.corp:3128', environment: {} });
    expect(inspect(choice) + JSON.stringify(choice)).not.toContain('hunter2');
    expect(choice.kind === 'proxy' && choice.url.reveal()).toBe('http://me:hunter2@proxy.corp:3128/');
  });
});

describe('NO_PROXY', () => {
  test.each([
    ['*', 'https://a.b/', true],
    ['a.b', 'https://a.b/', true],
    ['A.B', 'https://a.b/', true],
    ['a.b', 'https://x.a.b/', true],
    ['a.b', 'https://xa.b/', false],
    ['.a.b', 'https://a.b/', true],
    ['.a.b', 'https://x.y.a.b/', true],
    ['*.a.b', 'https://x.a.b/', true],
    ['a.b.', 'https://a.b/', true],
    ['a.b', 'https://a.b./', true],
    ['x, a.b', 'https://a.b/', true],
    ['x a.b', 'https://a.b/', true],
    [',,', 'https://a.b/', false],
    ['.', 'https://a.b/', false],
    ['b', 'https://a.b/', true],
    ['a.b:443', 'https://a.b/', true],
    ['a.b:80', 'https://a.b/', false],
    ['a.b:80', 'http://a.b/', true],
    ['a.b:8443', 'https://a.b:8443/', true],
    ['127.0.0.1', 'http://127.0.0.1:99/', true],
    ['127.0.0.1:99', 'http://127.0.0.1:99/', true],
    ['0.0.1', 'http://127.0.0.1/', false],
    ['::1', 'http://[::1]:99/', true],
    ['[::1]', 'http://[::1]:99/', true],
    ['[::1]:99', 'http://[::1]:99/', true],
    ['[::1]:98', 'http://[::1]:99/', false],
    ['0:0:0:0:0:0:0:1', 'http://[::1]/', true],
    ['localhost', 'http://127.0.0.1/', false],
    ['10.0.0.0/8', 'https://10.200.1.1/', true],
    ['10.0.0.0/8', 'https://11.0.0.1/', false],
    ['10.0.0.0/8:443', 'https://10.1.1.1/', true],
    ['10.0.0.0/33', 'https://10.0.0.0/', false],
    ['fd00::/8', 'http://[fd12::1]/', true],
    ['fd00::/8', 'http://[fe80::1]/', false],
    ['fd00::/8', 'http://10.0.0.1/', false],
  ])('%s for %s: %s', (list, target, isDirect) => {
    const choice = chooseProxy(target, { environment: { ALL_PROXY: 'p:1', NO_PROXY: list } });
    expect(choice.kind).toBe(isDirect ? 'direct' : 'proxy');
  });
});

describe("the system's setting", () => {
  const system: SystemProxy = {
    https: 'http://secure:8443',
    http: 'http://plain:8080',
    exceptions: ['*.corp.example', '10.1.*', '169.254/16', '<local>', 'other.example'],
    hasPac: false,
  };

  test.each<[string, string, Variables, Partial<SystemProxy>, string]>([
    ['is the last resort', HTTPS, {}, {}, 'http://secure:8443 (system settings)'],
    ['comes after the environment', HTTPS, { HTTPS_PROXY: 'e:1' }, {}, 'http://e:1 (HTTPS_PROXY)'],
    ['has a proxy of its own for http', 'http://a.example/', {}, {}, 'http://plain:8080 (system settings)'],
    [
      'takes SOCKS where there is nothing else',
      HTTPS,
      {},
      { https: '', socks: 'socks5://s:1080' },
      'socks5://s:1080 (system settings)',
    ],
    ['is under NO_PROXY as well', HTTPS, { NO_PROXY: 'openai.com' }, {}, 'none, because of "openai.com" in NO_PROXY'],
    ['is never for loopback', HTTP, {}, {}, 'none'],
    ['is never for localhost', 'http://localhost:8080/', {}, {}, 'none'],
    ['is never for the loopback of version 6', 'http://[::1]:8080/', {}, {}, 'none'],
    [
      'has exceptions with stars',
      'https://a.corp.example/',
      {},
      {},
      'none, because of "*.corp.example" in system settings',
    ],
    [
      'does not take a name for all below it',
      'https://a.other.example/',
      {},
      {},
      'http://secure:8443 (system settings)',
    ],
    ['has exceptions of networks', 'https://169.254.7.7/', {}, {}, 'none, because of "169.254/16" in system settings'],
    [
      'has exceptions of parts of an address',
      'https://10.1.2.3/',
      {},
      {},
      'none, because of "10.1.*" in system settings',
    ],
    ['has exceptions of plain names', 'https://wiki/', {}, {}, 'none, because of "<local>" in system settings'],
    [
      'may be a script, which is not read',
      HTTPS,
      {},
      { https: '', hasPac: true },
      'none, because the system settings name a script (PAC), which is not supported',
    ],
    ['may be unusable', HTTPS, {}, { https: 'http://:0' }, "the system's proxy setting names no host"],
  ])('%s', (_name, target, environment, changes, expected) => {
    // An empty address stands for none.
    const { https, ...rest } = { ...system, ...changes };
    const choice = chooseProxy(target, { environment, system: https ? { ...rest, https } : rest });
    expect(describeProxy(choice)).toBe(expected);
  });

  test('gives way to the option, also to an empty one', () => {
    expect(describeProxy(chooseProxy(HTTPS, { option: 'o:1', environment: {}, system }))).toBe('http://o:1 (--proxy)');
    expect(describeProxy(chooseProxy(HTTPS, { option: '', environment: {}, system }))).toBe(
      'none, because --proxy is empty',
    );
  });
});
