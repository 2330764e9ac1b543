import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { doctorCommand } from '../../src/cli/commands/doctor.js';
import { statusCommand } from '../../src/cli/commands/status.js';
import { type CliOptions, createTestHome, runCli, runJson } from '../support/cli.js';
import { driveLogin } from '../support/drive-login.js';
import { type ProxyOptions, startHttpProxy, startSocksProxy, type TestProxy } from '../support/proxy.js';
import { alice, carol, type RefreshHome } from '../support/refresh-home.js';
import { atNoon, dataOf, emptyHome, factsAbout, homeOfAlice, known, said, setProviderToNoon } from '../support/seed.js';
import { useProvider } from '../support/use-provider.js';
import { freePort } from '../unit/http/loopback-servers.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

const canary = 'canary-5512';
const credentials = { user: 'me', password: canary };

const kinds: readonly (readonly [string, (options?: ProxyOptions) => Promise<TestProxy>])[] = [
  ['http', startHttpProxy],
  ['socks5', startSocksProxy],
];

describe.each(kinds)('a proxy of the kind %s, with credentials', (scheme, start) => {
  test('carries a sign-in, a refresh and quota, and is in no output', async () => {
    const proxy = await start({ credentials });
    const variables = { ALL_PROXY: `${scheme}://me:${canary}@127.0.0.1:${proxy.port}` };
    const home = createTestHome(provider);
    const { onStderr, finished } = driveLogin(provider, alice);
    const signedIn = await runCli(home, ['login'], { variables, onStderr });
    await finished();
    const usage = await runCli(home, ['usage'], { variables });
    const seeded = await homeOfAlice(provider, -60);
    const check = await runCli(seeded.home, ['check'], { ...atNoon, variables });

    expect([signedIn, usage, check].map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(check.stdout).toContain('token refreshed');
    expect(usage.stdout).toContain('% left');
    const { host } = new URL(provider.issuer);
    expect(proxy.tunnels.length).toBeGreaterThanOrEqual(4);
    expect(new Set(proxy.tunnels.map(({ target }) => target))).toEqual(new Set([host]));
    expect(new Set(proxy.tunnels.map((tunnel) => tunnel.credentials))).toEqual(new Set([`me:${canary}`]));
    const shown = [signedIn, usage, check].map(({ stdout, stderr }) => stdout + stderr).join();
    expect(shown).not.toContain(canary);
  });
});

/** A proxy setting under which no request gets anywhere, and what is said about it. */
interface Trouble {
  readonly name: string;
  readonly setting: () => Promise<string>;
  readonly says: RegExp;
}

const at = (scheme: string, port: number) => `${scheme}://me:${canary}@127.0.0.1:${port}`;
const troubles: readonly Trouble[] = [
  {
    name: 'down',
    setting: async () => at('http', await freePort()),
    says: /the proxy http:\/\/127\.0\.0\.1:\d+ gave no connection to 127\.0\.0\.1:\d+ \(ECONNREFUSED\)/,
  },
  {
    name: 'refusing with 403',
    setting: async () => at('http', (await startHttpProxy({ answer: 403 })).port),
    says: /it answered 403/,
  },
  {
    name: 'wanting other credentials',
    setting: async () => at('http', (await startHttpProxy({ credentials: { user: 'a', password: 'b' } })).port),
    says: /it answered 407, and wants a user and password/,
  },
  {
    name: 'silent',
    setting: async () => at('http', (await startHttpProxy({ answer: 'silence' })).port),
    says: /gave no connection to 127\.0\.0\.1:\d+ \(ETIMEDOUT\)/,
  },
  {
    name: 'of the kind socks5 and refusing',
    setting: async () => at('socks5', (await startSocksProxy({ answer: 2 })).port),
    says: /it answered: not allowed by its rules/,
  },
];

/** Two accounts, one of them due for a refresh. */
async function twoAccounts(): Promise<RefreshHome> {
  const seeded = emptyHome(provider);
  await seeded.addAccount('acc_home', alice, known);
  await seeded.addAccount('acc_carol', { ...carol, expiresInSeconds: 20 }, known);
  return seeded;
}

const everyCommand = [['check'], ['usage', '--live'], ['forecast'], ['best', '--live'], ['guard', '--once']];

describe.each(troubles)('a proxy that is $name', ({ name, setting, says }) => {
  const commands = name === 'down' ? everyCommand : everyCommand.slice(0, 2);

  test('ends a command with 5, says so without its password, and is held against no account', async () => {
    const variables = { HTTP_PROXY: await setting() };
    const seeded = await twoAccounts();
    for (const argv of commands) {
      const result = await runCli(seeded.home, [...argv, '--timeout', '1'], {
        ...atNoon,
        variables,
        spendingDeadlineMs: 1_000,
      });
      expect({ argv, exitCode: result.exitCode }).toEqual({ argv, exitCode: 5 });
      expect(said(result)).toMatch(says);
      expect(said(result)).not.toContain(canary);
    }
    expect(provider.requests.all).toEqual([]);
    for (const id of ['acc_home', 'acc_carol']) expect(knowledgeOf(seeded, id)).toEqual({});
  });

  test('ends a sign-in with 5 and a link to what to do', async () => {
    const variables = { HTTP_PROXY: await setting() };
    const { exitCode, document, stderr } = await runJson(
      createTestHome(provider),
      ['login', '--device-auth', '--timeout', '1'],
      {
        variables,
      },
    );
    expect(exitCode).toBe(5);
    expect(document.error).toMatchObject({ code: 'proxy', docs: 'codex-auth help proxy' });
    expect(document.error.message).toMatch(says);
    expect(JSON.stringify(document) + stderr).not.toContain(canary);
  });
});

function knowledgeOf(seeded: RefreshHome, id: string): object {
  return existsSync(join(seeded.home.root, 'account-state.json')) ? factsAbout(seeded, id) : {};
}

describe('a setting that cannot be used', () => {
  test.each([
    ['http://me:canary-5512@:::', 'HTTP_PROXY names no host'],
    ['http://me:canary-5512@proxy:x', 'HTTP_PROXY has a port that is not a number from 1 to 65535'],
    ['ftp://me:canary-5512@127.0.0.1:1', 'HTTP_PROXY begins with something other than http://, https:// or socks5://'],
    [
      'http://me:canary-5512#@127.0.0.1:1',
      'HTTP_PROXY has a character in its user name or password that must be percent-encoded, such as %23 for #',
    ],
    ['socks4://me:canary-5512@127.0.0.1:1', 'HTTP_PROXY names a SOCKS 4 proxy, which is not supported'],
  ])('%s ends a command with 2 before anything is sent', async (value, message) => {
    const { home } = await homeOfAlice(provider);
    const options: CliOptions = { ...atNoon, variables: { HTTP_PROXY: value } };
    for (const argv of [['check'], ['usage', '--live']]) {
      const result = await runCli(home, argv, options);
      expect(result.exitCode).toBe(2);
      expect(said(result)).toBe(`error: ${message}\n  → give an http://, https:// or socks5:// proxy, as host:port\n`);
    }
    expect(provider.requests.all).toEqual([]);
    const status = await runCli(home, ['status'], options);
    expect(proxyLine(status)).toBe(message);
    const { document } = await runJson(home, ['doctor'], options);
    expect(rowOf(document, 'proxy')).toMatchObject({ status: 'error', message });
    expect(rowOf(document, 'reachability').message).toContain(message);
    expect(JSON.stringify(document) + status.stdout).not.toContain('canary');
  });
});

function proxyLine({ stdout }: { readonly stdout: string }): string | undefined {
  return /^Proxy +(.*)$/m.exec(stdout)?.[1];
}

interface Row {
  readonly id: string;
  readonly status: string;
  readonly message: string;
  readonly commands: readonly string[];
}

function rowOf({ data }: { readonly data: { readonly checks: readonly Row[] } }, id: string): Row {
  const row = data.checks.find((each) => each.id === id);
  if (row === undefined) throw new Error(`no row ${id}`);
  return row;
}

describe('NO_PROXY', () => {
  test('spares the hosts it names, and status and doctor say which entry does', async () => {
    const { home } = await homeOfAlice(provider);
    const variables = { HTTP_PROXY: `http://127.0.0.1:${await freePort()}`, NO_PROXY: 'corp.example,127.0.0.0/8' };
    const options = { ...atNoon, variables };
    expect((await runCli(home, ['usage'], options)).exitCode).toBe(0);
    const text = 'none, because of "127.0.0.0/8" in NO_PROXY';
    const status = await runCli(home, ['status', '--json'], options);
    const { host } = new URL(provider.issuer);
    expect(dataOf(statusCommand, status).proxies).toEqual([
      { host, kind: 'direct', source: 'NO_PROXY', exception: '127.0.0.0/8', text },
    ]);
    expect(proxyLine(await runCli(home, ['status'], options))).toBe(text);
    const doctor = dataOf(doctorCommand, await runCli(home, ['doctor', '--offline', '--json'], options));
    expect(doctor.checks.find(({ id }) => id === 'proxy')).toMatchObject({ status: 'ok', message: text });
  });

  test('and one host may have a proxy and the other none', async () => {
    const { home } = await homeOfAlice(provider);
    const variables = {
      CODEX_AUTH_ISSUER: '',
      CODEX_AUTH_BACKEND_URL: '',
      HTTPS_PROXY: `http://me:${canary}@proxy.example:3128`,
      NO_PROXY: 'chatgpt.com',
    };
    const status = await runCli(home, ['status'], { ...atNoon, variables });
    expect(proxyLine(status)).toBe(
      'auth.openai.com: http://proxy.example:3128 (HTTPS_PROXY) · chatgpt.com: none, because of "chatgpt.com" in NO_PROXY',
    );
    expect(status.stdout).not.toContain(canary);
  });
});

describe.skipIf(process.platform === 'win32')("the system's setting", () => {
  /** A Mac on whose PATH `scutil` is a script of ours; the official provider, because loopback has no system proxy. */
  function mac(home: { readonly directory: string }, script: string): CliOptions {
    const directory = join(home.directory, 'bin');
    mkdirSync(directory);
    writeFileSync(join(directory, 'scutil'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(directory, 'scutil'), 0o755);
    const official = { CODEX_AUTH_ISSUER: '', CODEX_AUTH_BACKEND_URL: '' };
    return { ...atNoon, platform: 'darwin', variables: { ...official, PATH: `${directory}:/usr/bin:/bin` } };
  }

  const dictionary = (...lines: string[]) =>
    `printf '%s\\n' '<dictionary> {' ${lines.map((line) => `'  ${line}'`).join(' ')} '}'`;

  test('is used, and shown by status and doctor', async () => {
    const { home } = await homeOfAlice(provider);
    const port = await freePort();
    const script = dictionary('HTTPSEnable : 1', `HTTPSPort : ${port}`, 'HTTPSProxy : 127.0.0.1');
    const options = mac(home, script);
    const text = `http://127.0.0.1:${port} (system settings)`;
    expect(proxyLine(await runCli(home, ['status'], options))).toBe(text);
    const { document } = await runJson(home, ['doctor'], options);
    expect(rowOf(document, 'proxy').message).toBe(text);
    const { message, commands: hints } = rowOf(document, 'reachability');
    expect(message).toContain(`the proxy http://127.0.0.1:${port} gave no connection to chatgpt.com (ECONNREFUSED)`);
    expect(hints).toEqual(['check the proxy: codex-auth status shows which one is used and why']);
  });

  test('may be a script, which is said and passed over', async () => {
    const { home } = await homeOfAlice(provider);
    const options = mac(home, dictionary('ProxyAutoConfigEnable : 1', 'ProxyAutoConfigURLString : http://x/y.pac'));
    const problem = 'the system settings name a script (PAC), which is not supported';
    expect(proxyLine(await runCli(home, ['status'], options))).toBe(`none, because ${problem}`);
    const { document } = await runJson(home, ['doctor', '--offline'], options);
    expect(rowOf(document, 'proxy')).toMatchObject({ status: 'warn', message: problem });
  });

  test('that cannot be read is a warning, and stops no command', async () => {
    const { home } = await homeOfAlice(provider);
    const { exitCode, stdout, stderr } = await runCli(home, ['status'], mac(home, 'exit 1'));
    expect(exitCode).toBe(1);
    expect(stdout).toContain('alice@example.com');
    expect(stderr).toContain("warning: the system's proxy setting could not be read (scutil), so none is used");
  });

  test('is not asked for where no request is made', async () => {
    const { home } = await homeOfAlice(provider);
    const options = mac(home, `touch '${home.directory}/asked'`);
    for (const argv of [['list'], ['usage', '--cached'], ['config', 'list']]) await runCli(home, argv, options);
    expect(existsSync(join(home.directory, 'asked'))).toBe(false);
    await runCli(home, ['status'], options);
    expect(existsSync(join(home.directory, 'asked'))).toBe(true);
  });
});
