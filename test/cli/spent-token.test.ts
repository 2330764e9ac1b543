import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { carol, RefreshHome } from '../support/refresh-home.js';
import { said } from '../support/seed.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

/** Another tool has put the pool back as it was before we spent its refresh token. */
async function homeOfOldCopy(): Promise<{ readonly seeded: RefreshHome; readonly live: string }> {
  const seeded = new RefreshHome(temporaryDirectory(), provider);
  await seeded.addAccount('acc_carol', { ...carol, expiresInSeconds: -60 });
  const old = readFileSync(seeded.home.poolFile);
  expect((await runCli(seeded.home, ['check'])).exitCode).toBe(0);
  const live = seeded.record('acc_carol').refreshToken ?? '';
  expect(provider.fateOf(live)).toBe('live');
  writeFileSync(seeded.home.poolFile, old);
  return { seeded, live };
}

test.each([[['check']], [['guard', '--once']], [['renew', '--force']]])(
  '%j never sends a token that we have exchanged, and what it became can be brought back',
  async (command) => {
    const { seeded, live } = await homeOfOldCopy();
    const result = await runCli(seeded.home, command);
    expect(result.exitCode).toBe(1);
    expect(said(result)).toContain('the refresh token of carol@example.com was exchanged already');
    expect(provider.requests.refreshes()).toHaveLength(1);
    expect(provider.fateOf(live)).toBe('live');
    expect(seeded.flagged()).toEqual([]);

    await runCli(seeded.home, ['doctor', '--fix', '--offline']);
    expect(seeded.record('acc_carol').refreshToken).toBe(live);
    expect((await runCli(seeded.home, ['check'])).exitCode).toBe(0);
  },
);

test('the official client is not handed a token that we have exchanged', async () => {
  const { seeded, live } = await homeOfOldCopy();
  const result = await runCli(seeded.home, ['switch', 'acc_carol']);
  expect(result.exitCode).toBe(4);
  expect(said(result)).toContain('codex-auth doctor --fix');
  expect(existsSync(seeded.home.authFile)).toBe(false);
  await runCli(seeded.home, ['doctor', '--fix', '--offline']);
  expect((await runCli(seeded.home, ['switch', 'acc_carol'])).exitCode).toBe(0);
  expect(seeded.authFile().tokens.refresh_token).toBe(live);
});
