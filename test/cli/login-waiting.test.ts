import { describe, expect, test } from 'vitest';
import { signIn } from '../support/accounts.js';
import { createTestHome, runCli } from '../support/cli.js';
import { driveLogin } from '../support/drive-login.js';
import { canBind, freePort, holdPort } from '../support/held-ports.js';
import { contentOf } from '../support/home-content.js';
import { hurriedClock } from '../support/hurried-clock.js';
import { accountsIn, homeBefore, withoutOverrides } from '../support/login-home.js';
import { type WaitingLogin, withLogin } from '../support/manual-login.js';
import { alice, bob } from '../support/people-refs.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

describe('while it waits, a login', () => {
  test('is not disturbed by strangers, a wrong state, a favicon or a page that wants to cancel it', async () => {
    const home = createTestHome(provider);
    const answers: number[] = [];
    const { exitCode } = await withLogin(home, provider, async ({ get, callbackUrlOf }) => {
      const right = new URL(await callbackUrlOf(alice));
      const path = (url: URL) => url.pathname + url.search;
      const wrong = new URL(right);
      wrong.searchParams.set('state', 'of-another-login');
      const denied = '/auth/callback?error=access_denied&state=of-another-login';
      for (const request of ['/favicon.ico', '/', '/success?id_token=x', path(wrong), denied, '/auth/callback']) {
        answers.push((await get(request)).status);
      }
      for (const headers of [
        { origin: 'https://evil.example' },
        { referer: 'https://evil.example/' },
        { 'sec-fetch-site': 'cross-site' },
      ]) {
        answers.push((await get('/cancel', headers)).status);
      }
      answers.push((await get('/cancel', { host: 'evil.example' })).status);
      answers.push((await get(path(right))).status);
    });
    expect(answers).toEqual([404, 404, 404, 400, 400, 400, 403, 403, 403, 400, 200]);
    expect(exitCode).toBe(0);
    expect(accountsIn(home.poolFile)).toHaveLength(1);
  });

  test('ends politely when another client asks for its port', async () => {
    const { home, before } = await homeBefore(provider);
    let body = '';
    const { exitCode, stderr } = await withLogin(home, provider, async ({ get }) => {
      ({ body } = await get('/cancel'));
    });
    expect(body).toBe('Login cancelled\n');
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'error: the login was cancelled, probably by another one that has just started\n  → finish that one, or try again\n',
    );
    expect(contentOf(home)).toEqual(before);
  });

  test('gives its port to a login that starts later', async () => {
    const [first, second] = [createTestHome(provider), createTestHome(provider)];
    const variables = { CODEX_AUTH_LOGIN_PORTS: String(await freePort()) };
    let later: Promise<unknown> = Promise.resolve();
    const earlier = await withLogin(
      first,
      provider,
      async () => {
        later = signIn(second, provider, alice, [], { variables });
      },
      [],
      { variables },
    );
    expect(earlier.exitCode).toBe(1);
    expect(await later).toMatchObject({ exitCode: 0 });
  });

  test('ends at once on Ctrl-C, frees its port and stores nothing', async () => {
    const { home, before } = await homeBefore(provider);
    const interruption = new AbortController();
    let port = 0;
    let interruptedAt = 0;
    const act = async (login: { port: number }) => {
      port = login.port;
      interruptedAt = performance.now();
      interruption.abort();
    };
    const { exitCode, stdout, stderr } = await withLogin(home, provider, act, [], { signal: interruption.signal });
    expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' });
    expect(performance.now() - interruptedAt).toBeLessThan(1_000);
    expect(stderr.endsWith('error: interrupted\n')).toBe(true);
    expect(contentOf(home)).toEqual(before);
    await expect.poll(() => canBind(port)).toBe(true);
  });

  test.each(['token', 'accountsCheck'] as const)('ends at once on Ctrl-C while %s hangs', async (endpoint) => {
    const { home, before } = await homeBefore(provider);
    provider.scenario.on(endpoint, { kind: 'hang' });
    const interruption = new AbortController();
    const driver = driveLogin(provider, bob);
    const running = runCli(home, ['login'], { onStderr: driver.onStderr, signal: interruption.signal });
    await expect.poll(() => provider.requests.to(endpointPaths[endpoint]).length, { timeout: 5_000 }).toBe(1);
    const interruptedAt = performance.now();
    interruption.abort();
    expect((await running).exitCode).toBe(130);
    expect(performance.now() - interruptedAt).toBeLessThan(1_500);
    expect(contentOf(home)).toEqual(before);
    expect((await driver.finished())?.answer?.body).toContain('Interrupted.');
  });

  test('gives up after its time limit', async () => {
    const { home, before } = await homeBefore(provider);
    const { exitCode, stderr } = await runCli(home, ['login'], { clock: hurriedClock() });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'error: nobody signed in within 10 minutes\n  → try again, or use another way: codex-auth login --device-auth\n',
    );
    expect(contentOf(home)).toEqual(before);
  });
});

describe('the ports of a login', () => {
  test('a busy first one means the second one', async () => {
    const home = createTestHome(provider);
    const [busy, free] = [await holdPort(), await freePort()];
    let port = 0;
    const act = async (login: WaitingLogin) => {
      port = login.port;
      const url = new URL(await login.callbackUrlOf(alice));
      await login.get(url.pathname + url.search);
    };
    const variables = { CODEX_AUTH_LOGIN_PORTS: `${busy},${free}` };
    expect((await withLogin(home, provider, act, [], { variables })).exitCode).toBe(0);
    expect(port).toBe(free);
  });

  test.runIf(process.platform === 'linux')('two busy ones are an error that names who holds them', async () => {
    const { home, before } = await homeBefore(provider);
    const [one, other] = [await holdPort(), await holdPort()];
    const { exitCode, stderr } = await runCli(home, ['login'], {
      variables: { CODEX_AUTH_LOGIN_PORTS: `${one},${other}` },
    });
    const holder = `is held by node (pid ${process.pid})`;
    expect(exitCode).toBe(1);
    expect(withoutOverrides(stderr)).toBe(
      `error: no port for the sign-in is free: ${one} ${holder}, ${other} ${holder}\n` +
        '  → end that process, or use codex-auth login --device-auth\n  → more: codex-auth help port-busy\n',
    );
    expect(contentOf(home)).toEqual(before);
  });
});
