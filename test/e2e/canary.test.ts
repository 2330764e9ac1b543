import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runBuilt } from '../support/built.js';
import { Evidence, looseEntries, secretsOf, spellingsOf, spyOnPrograms } from '../support/canary.js';
import { createTestHome, type TestHome } from '../support/cli.js';
import { driveLogin, type SignInChoice } from '../support/drive-login.js';
import type { ProgramOptions, ProgramResult } from '../support/program-process.js';
import type { Fault } from '../support/provider/scenario.js';
import { approveDevice, completeLogin } from '../support/provider/sign-in.js';
import { directoryInMemory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const alice = { email: 'alice@example.com' };
const carol = { email: 'carol@example.com' };
const spied = ['flock', 'perl', 'browser', 'xdg-open', 'sh'];

const provider = useProvider();
let home: TestHome;
let evidence: Evidence;
let spies: { path: string; log: string };
let umask: number;
beforeAll(() => {
  // With this umask, nothing but the modes that we set protects a file.
  umask = process.umask(0);
});
afterAll(() => process.umask(umask));

beforeEach(() => {
  home = createTestHome(provider, directoryInMemory());
  spies = spyOnPrograms(home, spied);
  evidence = new Evidence();
});

/** Runs a command, and keeps all that it prints on stdout and stderr. */
async function say(argv: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  const variables = { PATH: spies.path, BROWSER: 'browser', ...options.variables };
  const result = await runBuilt(home, argv, { ...options, variables });
  const where = argv.join(' ');
  evidence.add(`stdout of ${where}`, result.stdout);
  evidence.add(`stderr of ${where}`, result.stderr);
  return result;
}

async function sayTwice(argv: readonly string[]): Promise<(number | null)[]> {
  const text = await say(argv);
  const json = await say([...argv, '--json']);
  return [text.exitCode, json.exitCode];
}

async function logIn(who: SignInChoice, argv: readonly string[] = [], options: ProgramOptions = {}) {
  const driver = driveLogin(provider, who);
  const result = await say(['login', ...argv], { ...options, onStderr: driver.onStderr });
  const completed = await driver.finished();
  evidence.add(`page after login ${argv.join(' ')}`, completed?.answer?.body ?? '');
  return result;
}

/** Acts on the sign-in address once, when it is on the screen. */
function onAddress(act: (url: URL) => Promise<unknown>): Pick<ProgramOptions, 'onStderr'> {
  let isDone = false;
  return {
    onStderr(text) {
      const address = /https?:\/\/\S+\/oauth\/authorize\?\S+/.exec(text)?.[0];
      if (address === undefined || isDone) return;
      isDone = true;
      act(new URL(address)).catch((error: Error) => evidence.add('the sign-in', error.message));
    },
  };
}

function expectNoLeak(): void {
  const secrets = secretsOf(provider);
  expect(secrets.length).toBeGreaterThan(0);
  evidence.add('arguments and environment of the programs it started', readFileSync(spies.log, 'utf8'));
  expect(evidence.leaks(secrets)).toEqual([]);
  expect(looseEntries(home, secrets)).toEqual([]);
}

it('this test finds a token in every spelling', () => {
  const token = randomBytes(32).toString('base64url');
  const seen = (text: string) => {
    const own = new Evidence();
    own.add('here', text);
    return own.leaks([token]);
  };
  const inBase64 = ['', 'a', 'ab'].map((before) => Buffer.from(`${before}${token} after`).toString('base64'));
  const hex = Buffer.from(`x${token}`).toString('hex');
  for (const text of [`a ${token} b`, `t=${encodeURIComponent(token)}`, hex, ...inBase64])
    expect(seen(text)).toEqual(['here']);
  expect(seen(token.slice(0, 20))).toEqual([]);
  expect(spellingsOf(token).every((spelling) => spelling.length >= 24)).toBe(true);
});

describe('no token, code or verifier gets out', () => {
  it('of signing in, by whatever way and with whatever end', async () => {
    expect(await logIn(alice, ['--label', 'one'])).toMatchObject({ exitCode: 0 });
    expect(await logIn(carol, ['--json', '--no-activate'])).toMatchObject({ exitCode: 0 });
    expect(await logIn(alice)).toMatchObject({ exitCode: 0 });
    expect(await logIn(carol, ['--expect', 'alice@example.com'])).toMatchObject({ exitCode: 1 });
    expect(await logIn({ ...carol, deny: true }, ['--json'])).toMatchObject({ exitCode: 1 });
    expect(readFileSync(spies.log, 'utf8')).toMatch(/browser started[\s\S]*flock started/);

    const atCallback = (url: URL) => url.searchParams.get('redirect_uri') ?? '';
    const wrongStateThenCancel = onAddress(async (url) => {
      const { callbackUrl } = await completeLogin(provider, url.href, { ...carol, deliver: false });
      const wrong = await fetch(callbackUrl.replace(/state=[^&]+/, 'state=wrong'));
      evidence.add('page for a wrong state', `${wrong.status} ${await wrong.text()}`);
      // Not with fetch: its Sec-Fetch header marks a browser, which may not cancel a login (P19).
      get(new URL('/cancel', atCallback(url))).on('error', (error) => evidence.add('/cancel', error.message));
    });
    expect(await say(['login'], wrongStateThenCancel)).toMatchObject({ exitCode: 1 });
    expectNoLeak();
  });

  it('of signing in by hand or on another device', async () => {
    const manual = (text: string) => say(['login', '--manual', '--json'], { stdin: text });
    expect(await manual('http://127.0.0.1/auth/callback?code=stolen&state=other\n')).toMatchObject({ exitCode: 2 });
    expect(await manual('')).toMatchObject({ exitCode: 2 });

    provider.scenario.deviceInterval = '1';
    const device = say(['login', '--device-auth']);
    await expect.poll(() => provider.device.pending(), { timeout: 10_000 }).toHaveLength(1);
    await approveDevice(provider, provider.device.pending()[0] ?? '', alice);
    expect(await device).toMatchObject({ exitCode: 0 });
    provider.scenario.deviceCodeEnabled = false;
    expect(await sayTwice(['login', '--device-auth'])).toEqual([1, 1]);
    expectNoLeak();
  });

  it('of a provider that fails, tears its answer or repeats tokens in it', async () => {
    await logIn(alice);
    const known = secretsOf(provider)[0] ?? '';
    const faults: readonly Fault[] = [
      { kind: 'status', status: 500, body: { error: { message: `internal ${known}` } } },
      { kind: 'status', status: 400, body: { error: 'invalid_grant', error_description: 'the code is spent' } },
      { kind: 'garbage', body: `<html><title>${known}</title></html>` },
      { kind: 'garbage', body: `{"access_token": "${known}", ` },
      { kind: 'processedThen500' },
      { kind: 'torn' },
      { kind: 'resetAfterProcessing' },
      { kind: 'redirect', to: `${provider.issuer}/elsewhere?${known}` },
    ];
    for (const fault of faults) {
      for (const voice of [[], ['--json']]) {
        provider.scenario.on('token', fault, { times: 1 });
        const { exitCode } = await logIn(carol, voice);
        expect(exitCode, fault.kind).toBeGreaterThan(0);
        provider.scenario.off('token');
      }
    }
    expectNoLeak();
  });

  it('of a login port that is taken', async () => {
    await logIn(alice);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const { exitCode } = await say(['login', '--json'], { variables: { CODEX_AUTH_LOGIN_PORTS: String(port) } });
    server.close();
    expect(exitCode).toBe(1);
    expectNoLeak();
  });

  it('of any command that works with what is stored', async () => {
    await logIn(alice, ['--label', 'one']);
    await logIn(carol, ['--no-activate']);
    const commands = [
      ['switch', '2'],
      ['switch', '-'],
      ['label', '1', 'other'],
      ['disable', '2'],
      ['enable', '2'],
      ...(await commandsWithoutArguments()).map((name) => [name]),
      ['usage', '1'],
      ['status', '--mask'],
      ['export', '1', '--format', 'flat', '--force'],
      ['import', '.', '--yes'],
    ];
    for (const argv of commands) await sayTwice(argv);
    expect(await sayTwice(['switch', 'nobody@example.com'])).toEqual([3, 3]);
    expect(await sayTwice(['remove', '2'])).toEqual([2, 2]);
    expect(await say(['remove', '2', '--yes'])).toMatchObject({ exitCode: 0 });
    expectNoLeak();
  });

  it('of files that are damaged, and hold tokens all the same', async () => {
    await logIn(alice);
    await logIn(carol, ['--no-activate']);
    const pool = readFileSync(home.poolFile, 'utf8');
    const auth = readFileSync(home.authFile, 'utf8');
    const oneLine = JSON.stringify(JSON.parse(pool));
    const damaged = [
      pool.slice(0, -40),
      `${oneLine.slice(0, 900)}}`,
      pool.replace('"version": 3', '"version": 99'),
      '',
    ];
    for (const content of damaged) {
      writeFileSync(home.poolFile, content);
      for (const argv of [['list'], ['status'], ['switch', '2'], ['label', '1', 'x']]) {
        expect(await sayTwice(argv)).toEqual([6, 6]);
      }
      expect(await logIn(carol, ['--json'])).toMatchObject({ exitCode: 6 });
    }
    writeFileSync(home.poolFile, pool);
    for (const content of [auth.slice(0, -40), JSON.stringify(JSON.parse(auth)).replace('"tokens"', 'tokens')]) {
      writeFileSync(home.authFile, content);
      await sayTwice(['status']);
      expect(await sayTwice(['switch', '2'])).toEqual([2, 2]);
    }
    expect(await say(['switch', '2', '--replace'])).toMatchObject({ exitCode: 0 });
    expectNoLeak();
  });
});

/** Every command of the program that can be called by its name alone and comes to an end by itself. */
async function commandsWithoutArguments(): Promise<string[]> {
  const { stdout } = await say(['--help']);
  const names = stdout.split(/^Accounts:$/m)[1]?.match(/^ {2}[a-z][a-z-]+/gm) ?? [];
  const endless = ['login', 'guard', 'watch', 'help'];
  const found = names.map((name) => name.trim()).filter((name) => !endless.includes(name));
  expect(found).toEqual(expect.arrayContaining(['list', 'status']));
  return found;
}
