import { beforeEach, expect, test } from 'vitest';
import { runWithAnswers } from '../support/answers.js';
import { type CliOptions, runCli, runJson } from '../support/cli.js';
import { alice, bob, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
let home: RefreshHome;
beforeEach(() => {
  home = new RefreshHome(temporaryDirectory(), provider);
});

const run = (argv: string[], options?: CliOptions) => runCli(home.home, ['token', ...argv], options);
const overrides = /^warning: CODEX_AUTH_(ISSUER|BACKEND_URL) is set/;
const notes = (stderr: string) => stderr.split('\n').filter((line) => line !== '' && !overrides.test(line));

test('prints the access token and nothing else, and sends nothing while it is good', async () => {
  const { access_token } = await home.addAccount('acc_alice', alice);
  await home.addAccount('acc_bob', bob);
  const { exitCode, stdout, stderr } = await run(['alice']);
  expect({ exitCode, stdout, notes: notes(stderr) }).toEqual({ exitCode: 0, stdout: `${access_token}\n`, notes: [] });
  expect(provider.requests.refreshes()).toEqual([]);
});

test('refreshes one that is about to end, stores what it got, and prints that', async () => {
  const before = await home.addAccount('acc_alice', { ...alice, expiresInSeconds: 120 });
  const { exitCode, stdout } = await run(['alice']);
  expect(exitCode).toBe(0);
  const [stored] = home.records();
  expect(stdout).toBe(`${stored?.accessToken}\n`);
  expect(stored?.accessToken).not.toBe(before.access_token);
  expect(provider.requests.refreshes()).toHaveLength(1);
});

test('never prints a refresh token, in JSON neither', async () => {
  const { access_token, refresh_token } = await home.addAccount('acc_alice', alice);
  const { stdout, document } = await runJson(home.home, ['token', 'alice']);
  expect(document.data).toMatchObject({
    account: { id: 'acc_alice' },
    accessToken: access_token,
    expiresAt: expect.stringMatching(/Z$/),
  });
  expect(stdout).not.toContain(refresh_token);
});

test('on a terminal it asks first, and needs --yes where it cannot', async () => {
  const { access_token } = await home.addAccount('acc_alice', alice);
  const question = /Show an access token of alice@example\.com on this terminal\?/;
  const options = { terminal: { columns: 200 } };
  const refused = await runWithAnswers(home.home, ['token', 'alice'], [[question, 'n\r']], options);
  expect(refused.exitCode).toBe(1);
  expect(refused.stdout + refused.stderr).not.toContain(access_token);
  const agreed = await runWithAnswers(home.home, ['token', 'alice'], [[question, 'y\r']], options);
  expect(agreed).toMatchObject({ exitCode: 0, stdout: `${access_token}\n` });
  const unasked = await run(['alice', '--no-input'], options);
  expect(unasked).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('add --yes') });
  expect(await run(['alice', '--yes'], options)).toMatchObject({ exitCode: 0, stdout: `${access_token}\n` });
});

test('what cannot be renewed is printed while it lives, with a word about its end', async () => {
  const tokens = await home.addAccount('acc_alice', { ...alice, expiresInSeconds: 240 }, { refreshToken: undefined });
  const { exitCode, stdout, stderr } = await run(['alice']);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `${tokens.access_token}\n` });
  expect(notes(stderr).join()).toContain('this token ends');
});

test('an ended login prints nothing and says how to sign in again', async () => {
  await home.addAccount('acc_alice', { ...alice, expiresInSeconds: -10 }, { refreshToken: undefined });
  const { exitCode, stdout, stderr } = await run(['alice']);
  expect(exitCode).not.toBe(0);
  expect({ stdout, hint: stderr.includes('codex-auth login') }).toEqual({ stdout: '', hint: true });
});

test('nobody of that name prints nothing', async () => {
  await home.addAccount('acc_alice', alice);
  expect(await run(['nobody'])).toMatchObject({ exitCode: 3, stdout: '' });
  expect(await run([])).toMatchObject({ exitCode: 2, stdout: '' });
});
