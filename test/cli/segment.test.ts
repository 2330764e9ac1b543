import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { segmentCommand } from '../../src/cli/commands/segment.js';
import { runCli, runJson } from '../support/cli.js';
import { alice } from '../support/refresh-home.js';
import { at, atNoon, dataOf, setProviderToNoon, setUsage, twoHome } from '../support/seed.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

async function known(fiveHour = 20, week = 59.4) {
  const seeded = await twoHome(provider);
  setUsage(provider, alice, fiveHour, week);
  await runCli(seeded.home, ['usage'], atNoon);
  return seeded;
}

describe('segment', () => {
  test('tells the account in use and what is left of its windows, without asking anybody', async () => {
    const { home } = await known();
    provider.requests.clear();
    const before = readdirSync(home.root, { recursive: true });
    const { stdout, stderr, exitCode } = await runCli(home, ['segment'], atNoon);
    expect([exitCode, stdout, stderr]).toEqual([0, 'alice 5h 80% 7d 40%\n', '']);
    expect(provider.requests.all).toEqual([]);
    expect(readdirSync(home.root, { recursive: true })).toEqual(before);
    const data = dataOf(segmentCommand, await runJson(home, ['segment'], atNoon));
    expect(data).toMatchObject({ text: 'alice 5h 80% 7d 40%', account: { id: 'acc_home', email: alice.email } });
  });

  test('says how old old numbers are, and what has reset since is unknown', async () => {
    const { home } = await known();
    expect((await runCli(home, ['segment'], at(119))).stdout).toBe('alice 5h 80% 7d 40% (1h old)\n');
    expect((await runCli(home, ['segment'], at(126))).stdout).toBe('alice 7d 40% ?\n');
    expect((await runCli(home, ['segment'], at(3 * 1_440 + 1))).stdout).toBe('alice ?\n');
  });

  test('says nothing where nobody is in use, and where to look where something cannot be read', async () => {
    const { home } = await known();
    writeFileSync(home.poolFile, '{');
    expect((await runJson(home, ['segment'], atNoon)).document.error.code).toBe('storage-corrupt');
    const empty = await twoHome(provider);
    writeFileSync(empty.home.authFile, '{"OPENAI_API_KEY":"k"}');
    expect((await runCli(empty.home, ['segment'], atNoon)).stdout).toBe('');
  });

  test('nothing in a name is code where it is read', async () => {
    const { home } = await known();
    await runCli(home, ['label', 'acc_home', '#[fg=red]%n$(id)`id`\\a'], atNoon);
    const inFormat = async (format: string) =>
      (await runCli(home, ['segment', '--format', format], atNoon)).stdout.trimEnd();
    expect(await inFormat('plain')).toBe('#[fg=red]%n$(id)`id`\\a 5h 80% 7d 40%');
    expect(await inFormat('tmux')).toBe('##[fg=red]%n$(id)`id`\\a 5h 80% 7d 40%');
    expect(await inFormat('bash')).toBe('#[fg=red]%n?(id)?id??a 5h 80% 7d 40%');
    expect(await inFormat('zsh')).toBe('#[fg=red]%%n?(id)?id??a 5h 80%% 7d 40%%');
    expect((await runCli(home, ['segment', '--format', 'csh'], atNoon)).exitCode).toBe(2);
  });

  test('a long name is cut', async () => {
    const { home } = await known();
    const file = join(home.root, 'openai-codex-accounts.json');
    const pool = JSON.parse((await import('node:fs')).readFileSync(file, 'utf8'));
    pool.accounts[0].accountLabel = `\u001b[31m${'x'.repeat(40)}`;
    writeFileSync(file, JSON.stringify(pool));
    expect((await runCli(home, ['segment'], atNoon)).stdout).toBe(`?[31m${'x'.repeat(18)}~ 5h 80% 7d 40%\n`);
  });
});
