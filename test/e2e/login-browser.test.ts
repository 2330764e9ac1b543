import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { runBuilt, startBuilt } from '../support/built.js';
import { createTestHome, type TestHome } from '../support/cli.js';
import { driveLogin } from '../support/drive-login.js';
import { canBind, holdPort } from '../support/held-ports.js';
import { contentOf } from '../support/home-content.js';
import { accountsIn } from '../support/login-home.js';
import { aliceAtStudio, bob } from '../support/people-refs.js';
import { completeLogin } from '../support/provider/sign-in.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const chromiumPath = '/usr/bin/chromium';
const hasChromium = existsSync(chromiumPath);
const officialPorts = { CODEX_AUTH_LOGIN_PORTS: '' };
const arePortsFree = (await canBind(1455)) && (await canBind(1457));

const provider = useProvider();

/** A program that leaves the address it was given in a file, as `BROWSER`. */
function recordingBrowser(home: TestHome) {
  const [program, log] = [join(home.directory, 'my browser'), join(home.directory, 'opened')];
  writeFileSync(program, `#!/bin/sh\nprintf '%s' "$1" > '${log}.part' && mv '${log}.part' '${log}'\n`, { mode: 0o755 });
  const opened = () => expect.poll(() => existsSync(log), { timeout: 10_000 }).toBe(true);
  return {
    program,
    async opened(): Promise<string> {
      await opened();
      return readFileSync(log, 'utf8');
    },
  };
}

function redirectPort(authorizeUrl: string): number {
  return Number(new URL(new URL(authorizeUrl).searchParams.get('redirect_uri') ?? '').port);
}

describe('the built program', () => {
  test('starts the program that BROWSER names, with the address, and signs in there', async () => {
    const home = createTestHome(provider);
    const browser = recordingBrowser(home);
    const login = startBuilt(home, ['login'], { variables: { BROWSER: browser.program } });
    const done = await completeLogin(provider, await browser.opened(), aliceAtStudio);
    const { exitCode, stdout, stderr } = await login.ended;
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('alice@example.com (Studio · team)'),
    });
    expect(stderr).toMatch(/^Sign in in the browser that opens now, or here: http\S+\n/m);
    expect(stderr).not.toContain('No browser could be started');
    expect(done.answer).toMatchObject({ status: 200, body: expect.stringContaining('Signed in') });
    expect(accountsIn(home.poolFile)).toMatchObject([aliceAtStudio]);
  });

  test('ends within a second of SIGINT with 130, frees its port and stores nothing', async () => {
    const home = createTestHome(provider);
    let port = 0;
    let interruptedAt = 0;
    const login = startBuilt(home, ['login'], {
      onStderr(text) {
        const url = /https?:\/\/\S+\/oauth\/authorize\?\S+/.exec(text)?.[0];
        if (url === undefined || port !== 0 || !text.includes('Waiting')) return;
        port = redirectPort(url);
        interruptedAt = performance.now();
        login.signal('SIGINT');
      },
    });
    const { exitCode, signal, stdout, stderr } = await login.ended;
    expect({ exitCode, signal, stdout }).toEqual({ exitCode: 130, signal: null, stdout: '' });
    expect(performance.now() - interruptedAt).toBeLessThan(1_000);
    expect(stderr.endsWith('error: interrupted\n')).toBe(true);
    expect(await canBind(port)).toBe(true);
    expect(contentOf(home)).toEqual({});
  });

  test('ends soon after SIGINT while the token endpoint hangs, and leaves no journal entry', async () => {
    const home = createTestHome(provider);
    provider.scenario.on('token', { kind: 'hang' });
    const driver = driveLogin(provider, bob);
    const login = startBuilt(home, ['login', '--json'], { onStderr: driver.onStderr });
    await expect.poll(() => provider.requests.to('/oauth/token').length, { timeout: 10_000 }).toBe(1);
    const interruptedAt = performance.now();
    login.signal('SIGINT');
    const { exitCode, stdout } = await login.ended;
    expect(exitCode).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'interrupted' } });
    expect(performance.now() - interruptedAt).toBeLessThan(2_000);
    expect(contentOf(home)).toEqual({});
  });
});

const whyNoPorts = arePortsFree ? '' : ' (skipped: 1455 or 1457 is in use on this machine)';

describe.skipIf(!arePortsFree)(`the ports that the official provider accepts${whyNoPorts}`, () => {
  test('are used in their order: 1455, and 1457 when that is busy', async () => {
    const ports: number[] = [];
    for (const isFirstBusy of [false, true]) {
      if (isFirstBusy) await holdPort(1455);
      const home = createTestHome(provider);
      const driver = driveLogin(provider, bob);
      const { exitCode, stderr } = await runBuilt(home, ['login'], {
        variables: officialPorts,
        onStderr: driver.onStderr,
      });
      expect(exitCode).toBe(0);
      ports.push(redirectPort(/http:\S+authorize\S+/.exec(stderr)?.[0] ?? ''));
      expect((await driver.finished())?.answer?.status).toBe(200);
    }
    expect(ports).toEqual([1455, 1457]);
  });
});

const whyNoBrowser = hasChromium ? '' : ` (skipped: no ${chromiumPath})`;

describe.skipIf(!hasChromium)(`a real browser${whyNoBrowser}`, () => {
  test('completes the login and shows the page that says so', async () => {
    const home = createTestHome(provider);
    const recording = recordingBrowser(home);
    const login = startBuilt(home, ['login'], { variables: { BROWSER: recording.program }, timeoutMs: 60_000 });
    const url = await recording.opened();
    const browser = await chromium.launchPersistentContext(temporaryDirectory(), {
      executablePath: chromiumPath,
      headless: true,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    try {
      const page = await browser.newPage();
      const problems: string[] = [];
      page.on('console', (message) => problems.push(message.text()));
      await page.goto(url);
      await page.getByRole('button', { name: 'bob@example.com · Studio (team)' }).click();
      await page.getByRole('heading', { name: 'Signed in' }).waitFor({ timeout: 15_000 });
      expect(await page.locator('main').textContent()).toContain('bob@example.com is ready in codex auth.');
      // The page's one style sheet is let in by its own policy: a refused one would leave the card without its border.
      expect(await page.evaluate("getComputedStyle(document.querySelector('main')).borderRadius")).toBe('16px');
      expect(problems.filter((text) => text.includes('Content Security Policy'))).toEqual([]);
      expect((await page.screenshot()).byteLength).toBeGreaterThan(5_000);
    } finally {
      await browser.close();
    }
    const { exitCode, stdout } = await login.ended;
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Signed in to bob@example.com'),
    });
    expect(accountsIn(home.poolFile)).toMatchObject([bob]);
  }, 90_000);
});
