import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { describeProxy } from '../../../src/core/http/proxy-description.js';
import { createProxyFor } from '../../../src/core/http/proxy-for.js';
import { parseMacProxy, parseWindowsProxy } from '../../../src/core/http/system-proxy.js';
import { temporaryDirectory } from '../../support/temporary.js';

/** What `scutil --proxy` prints on a Mac with a proxy program and a VPN. */
const scutil = `<dictionary> {
  ExceptionsList : <array> {
    0 : 192.168.0.0/16
    1 : *.local
    2 : 169.254/16
  }
  ExcludeSimpleHostnames : 1
  FTPPassive : 1
  HTTPEnable : 1
  HTTPPort : 7890
  HTTPProxy : 127.0.0.1
  HTTPSEnable : 1
  HTTPSPort : 7891
  HTTPSProxy : 127.0.0.1
  HTTPSUser : somebody
  ProxyAutoConfigEnable : 0
  SOCKSEnable : 1
  SOCKSPort : 7892
  SOCKSProxy : ::1
  __SCOPED__ : <dictionary> {
    utun3 : <dictionary> {
      ExceptionsList : <array> {
        0 : scoped.example
      }
      HTTPSEnable : 1
      HTTPSPort : 9999
      HTTPSProxy : scoped.example
    }
  }
}
`;

describe('what scutil prints', () => {
  test('is read, the settings of single interfaces left out', () => {
    expect(parseMacProxy(scutil)).toEqual({
      https: 'http://127.0.0.1:7891',
      http: 'http://127.0.0.1:7890',
      socks: 'socks5://[::1]:7892',
      exceptions: ['192.168.0.0/16', '*.local', '169.254/16', '<local>'],
      hasPac: false,
    });
  });

  test('says nothing of what is entered and switched off', () => {
    const off = scutil.replace(/(Enable|Hostnames) : 1/g, '$1 : 0');
    expect(parseMacProxy(off)).toEqual({ exceptions: ['192.168.0.0/16', '*.local', '169.254/16'], hasPac: false });
  });

  test.each(['ProxyAutoConfigEnable', 'ProxyAutoDiscoveryEnable'])('knows a script by %s', (name) => {
    const output = `<dictionary> {\n  ${name} : 1\n  ProxyAutoConfigURLString : https://example.com/proxy.pac\n}\n`;
    expect(parseMacProxy(output)).toEqual({ exceptions: [], hasPac: true });
  });

  test.each(['', '<dictionary> {\n}\n', 'No such key\n', '}}}\n{ : \n'])('%j names no proxy', (output) => {
    expect(parseMacProxy(output)).toEqual({ exceptions: [], hasPac: false });
  });
});

/** What `reg query` prints about the Internet Settings of Windows 11, with the lines around the values. */
function regQuery(...values: readonly string[]): string {
  const key = 'HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings';
  const lines = [
    '',
    key,
    '    User Agent    REG_SZ    Mozilla/4.0 (compatible; MSIE 8.0; Win32)',
    '    CertificateRevocation    REG_DWORD    0x1',
    ...values.map((value) => `    ${value}`),
    '    ZonesSecurityUpgrade    REG_BINARY    A1B2C3D4E5F60718',
    '',
    `${key}\\5.0`,
    `${key}\\Connections`,
    '',
  ];
  return lines.join('\r\n');
}

describe('what reg query prints', () => {
  test('is read with one server for everything', () => {
    const output = regQuery(
      'ProxyEnable    REG_DWORD    0x1',
      'ProxyServer    REG_SZ    127.0.0.1:7890',
      'ProxyOverride    REG_SZ    localhost;127.*;10.*;192.168.*;*.corp.example;<local>',
    );
    expect(parseWindowsProxy(output)).toEqual({
      https: '127.0.0.1:7890',
      http: '127.0.0.1:7890',
      exceptions: ['localhost', '127.*', '10.*', '192.168.*', '*.corp.example', '<local>'],
      hasPac: false,
    });
  });

  test('is read with a server per protocol', () => {
    const servers = 'http=10.0.0.1:8080;https=10.0.0.2:8443;ftp=10.0.0.3:21;socks=10.0.0.4:1080';
    const output = regQuery('ProxyEnable    REG_DWORD    0x1', `ProxyServer    REG_SZ    ${servers}`);
    expect(parseWindowsProxy(output)).toEqual({
      https: '10.0.0.2:8443',
      http: '10.0.0.1:8080',
      socks: 'socks5://10.0.0.4:1080',
      exceptions: [],
      hasPac: false,
    });
  });

  test('says nothing of a server that is switched off', () => {
    const output = regQuery('ProxyEnable    REG_DWORD    0x0', 'ProxyServer    REG_SZ    127.0.0.1:7890');
    expect(parseWindowsProxy(output)).toEqual({ exceptions: [], hasPac: false });
  });

  test('knows a script by its address', () => {
    const output = regQuery(
      'ProxyEnable    REG_DWORD    0x0',
      'ProxyServer    REG_SZ    ',
      'AutoConfigURL    REG_SZ    https://example.com/proxy.pac',
    );
    expect(parseWindowsProxy(output)).toEqual({ exceptions: [], hasPac: true });
  });

  test.each(['', 'ERROR: The system was unable to find the specified registry key or value.\r\n', regQuery()])(
    'names no proxy in %j',
    (output) => expect(parseWindowsProxy(output)).toEqual({ exceptions: [], hasPac: false }),
  );
});

/** A machine on whose PATH the system's tool is a script of ours. */
function machineWith(tool: string, script: string, platform: NodeJS.Platform = 'darwin') {
  const directory = temporaryDirectory();
  const path = join(directory, tool);
  writeFileSync(path, `#!/bin/sh\necho "$@" >> "${directory}/calls"\n${script}\n`);
  chmodSync(path, 0o755);
  const warnings: string[] = [];
  const environment = { PATH: `${directory}:/usr/bin:/bin` };
  const warn = (message: string) => warnings.push(message);
  const surroundings = { platform, environment, warn, clock: systemClock, deadlineMs: 60_000 };
  return { surroundings, warnings, calls: () => readFileSync(join(directory, 'calls'), 'utf8') };
}

const target = 'https://auth.openai.com/oauth/token';

describe.skipIf(process.platform === 'win32')('the system is asked', () => {
  test('once, on a Mac through scutil', async () => {
    const { surroundings, warnings, calls } = machineWith('scutil', `cat <<'END'\n${scutil}END`);
    const proxyFor = createProxyFor(surroundings);
    const choices = await Promise.all([target, 'https://chatgpt.com/'].map(proxyFor));
    expect(choices.map(describeProxy)).toEqual(Array(2).fill('http://127.0.0.1:7891 (system settings)'));
    expect(calls()).toBe('--proxy\n');
    expect(warnings).toEqual([]);
  });

  test('on Windows through reg', async () => {
    const output = regQuery('ProxyEnable    REG_DWORD    0x1', 'ProxyServer    REG_SZ    127.0.0.1:7890');
    const { surroundings, calls } = machineWith('reg', `cat <<'END'\n${output}END`, 'win32');
    expect(describeProxy(await createProxyFor(surroundings)(target))).toBe('http://127.0.0.1:7890 (system settings)');
    expect(calls()).toBe('query HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\n');
  });

  test.each<[string, NodeJS.Platform, string | undefined, Record<string, string>, string]>([
    ['when there is an option', 'darwin', 'o:1', {}, target],
    ['when the option wants none', 'darwin', '', {}, target],
    ['when the environment names one', 'darwin', undefined, { HTTPS_PROXY: 'e:1' }, target],
    ['for loopback', 'darwin', undefined, {}, 'http://127.0.0.1:1/'],
    ['on Linux', 'linux', undefined, {}, target],
  ])('not %s', async (_name, platform, option, variables, url) => {
    const { surroundings, calls } = machineWith('scutil', 'echo', platform);
    const environment = { ...surroundings.environment, ...variables };
    await createProxyFor({ ...surroundings, option, environment })(url);
    expect(calls).toThrow('ENOENT');
  });

  test.each([
    ['fails', 'exit 3', 60_000],
    ['does not answer', 'exec sleep 60', 300],
  ])('and when it %s, requests go directly and the person is told once', async (_name, script, deadlineMs) => {
    const { surroundings, warnings } = machineWith('scutil', script);
    const proxyFor = createProxyFor({ ...surroundings, deadlineMs });
    expect(describeProxy(await proxyFor(target))).toBe('none');
    await proxyFor(target);
    expect(warnings).toEqual([
      "the system's proxy setting could not be read (scutil), so none is used; --proxy names one",
    ]);
  });
});
