import { describe, expect, test } from 'vitest';
import { createTestHome, runCli } from '../support/cli.js';
import { contentOf } from '../support/home-content.js';
import { hurriedClock } from '../support/hurried-clock.js';
import { homeBefore, loginIn, withoutOverrides } from '../support/login-home.js';
import { aliceAtStudio } from '../support/people-refs.js';
import { refused } from '../support/provider/faults.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

describe('login --device-auth', () => {
  function onUserCode(act: (userCode: string) => void) {
    let isDone = false;
    return (stderr: string) => {
      const userCode = /\n {2}([0-9A-F]{4}-[0-9A-F]{4})\n/.exec(stderr)?.[1];
      if (userCode === undefined || isDone) return;
      isDone = true;
      act(userCode);
    };
  }
  const argv = ['login', '--device-auth'];

  test('signs in with the code that was entered elsewhere', async () => {
    const home = createTestHome(provider);
    provider.scenario.deviceInterval = '0.1';
    const onStderr = onUserCode((userCode) => setTimeout(() => provider.device.approve(userCode, aliceAtStudio), 150));
    const { exitCode, stdout, stderr } = await runCli(home, argv, { onStderr });
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('alice@example.com (Studio · team)'),
    });
    expect(withoutOverrides(stderr).replace(/[0-9A-F]{4}-[0-9A-F]{4}/, '<code>')).toBe(
      `Open this page on any device and enter the code:\n\n  ${provider.issuer}/codex/device\n\n  <code>\n\n` +
        'Never share this code.\nWaiting for the other device, for 15m at most\n',
    );
    expect(provider.requests.to(endpointPaths.devicetoken).length).toBeGreaterThan(1);
    expect(loginIn(home)['account_id']).toBe(aliceAtStudio.accountId);
  });

  test.each<[string, (userCode: string) => void, string]>([
    [
      'a refusal',
      (userCode) => provider.device.deny(userCode),
      'the sign-in was declined on the other device (access_denied)',
    ],
    ['an expired code', (userCode) => provider.device.expire(userCode), 'nobody entered the code in time'],
  ])('%s is exit 1 and stores nothing', async (_what, act, message) => {
    const { home, before } = await homeBefore(provider);
    const { exitCode, stderr } = await runCli(home, argv, { onStderr: onUserCode(act) });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`error: ${message}\n  → try again, or use another way: codex-auth login --manual\n`);
    expect(contentOf(home)).toEqual(before);
  });

  test('gives up after fifteen minutes', async () => {
    const { home, before } = await homeBefore(provider);
    const { exitCode, stderr } = await runCli(home, argv, { clock: hurriedClock() });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('error: nobody entered the code in time\n');
    expect(contentOf(home)).toEqual(before);
  });

  test('says that device codes are switched off, unlike any other failure', async () => {
    const { home, before } = await homeBefore(provider);
    provider.scenario.deviceCodeEnabled = false;
    const off = await runCli(home, argv);
    expect(off.exitCode).toBe(1);
    expect(off.stderr).toContain(
      'error: device code login is switched off for this account or workspace (not_found)\n' +
        '  → switch it on in the ChatGPT security settings, or use codex-auth login --manual\n',
    );
    provider.scenario.deviceCodeEnabled = true;
    provider.scenario.on('usercode', refused(500, 'server_error'));
    const broken = await runCli(home, argv);
    expect(broken.exitCode).toBe(5);
    expect(broken.stderr).toContain(
      'error: the sign-in failed: the provider answered 500 (server_error): stand-in: server_error\n',
    );
    expect(contentOf(home)).toEqual(before);
  });

  test('ends at once on Ctrl-C', async () => {
    const { home, before } = await homeBefore(provider);
    const interruption = new AbortController();
    const onStderr = onUserCode(() => interruption.abort());
    const startedAt = performance.now();
    const { exitCode } = await runCli(home, argv, { onStderr, signal: interruption.signal });
    expect(exitCode).toBe(130);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(contentOf(home)).toEqual(before);
  });
});
