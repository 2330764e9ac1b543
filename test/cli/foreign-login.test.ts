import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readClaims } from '../../src/core/accounts/jwt-claims.js';
import { runCli, runJson } from '../support/cli.js';
import { alice, bob, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { tokenFor } from '../support/unsigned-tokens.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

/** Alice is ours, and `auth.json` holds a later login of another provider, which knows her under the same ids. */
async function strangersLogin(expiresInSeconds: number) {
  const seeded = new RefreshHome(temporaryDirectory(), provider);
  const own = await seeded.addAccount('acc_alice', { ...alice, expiresInSeconds });
  await seeded.addAccount('acc_bob', bob);
  const { userId, accountId, email } = readClaims(own.id_token) ?? {};
  const iat = Math.floor(Date.now() / 1000) + 60;
  const foreign = tokenFor({ userId, accountId, email, issuer: 'https://elsewhere.example', iat, exp: iat + 86_400 });
  const tokens = { id_token: foreign, access_token: foreign, refresh_token: 'rt-foreign', account_id: accountId };
  seeded.writeAuthFile(own, { tokens });
  return { seeded, own, foreign, before: readFileSync(seeded.home.authFile, 'utf8') };
}

test.each([
  ['lives', 86_400],
  ['has ended', -60],
])(
  'is looked at, refreshed around and repaired around, but never taken over or sent: our own token %s',
  async (_what, left) => {
    const { seeded, foreign, before } = await strangersLogin(left);
    for (const argv of [
      ['list'],
      ['status'],
      ['usage'],
      ['check'],
      ['renew', '--force'],
      ['fix'],
      ['doctor', '--fix', '--offline'],
    ]) {
      await runCli(seeded.home, argv);
    }
    expect(readFileSync(seeded.home.authFile, 'utf8')).toBe(before);
    expect(seeded.kept()).toEqual([]);
    const sent = JSON.stringify(provider.requests.all);
    expect(provider.requests.all).not.toEqual([]);
    for (const token of [foreign, 'rt-foreign']) expect(sent).not.toContain(token);
    expect(JSON.stringify([seeded.records(), seeded.flagged()])).not.toContain('rt-foreign');
    expect(provider.fateOf(seeded.record('acc_alice').refreshToken ?? '')).toBe('live');
  },
);

test('is shown as what it is, and makes way only when that is said, whole', async () => {
  const { seeded, own, before } = await strangersLogin(86_400);
  const { document } = await runJson(seeded.home, ['check']);
  expect(document.data.inUse).toMatchObject({ holds: 'unadoptable', problem: { code: 'other-issuer' } });
  expect((await runJson(seeded.home, ['list'])).document.data).not.toHaveProperty('activeId');
  const doctor = await runJson(seeded.home, ['doctor', '--offline']);
  const row = doctor.document.data.checks.find(({ id }: { id: string }) => id === 'auth-file');
  expect(row).toMatchObject({ status: 'warn', message: expect.stringContaining('that another provider issued') });

  for (const id of ['acc_alice', 'acc_bob']) {
    const refused = await runJson(seeded.home, ['switch', id]);
    expect(refused).toMatchObject({ exitCode: 2, document: { error: { code: 'confirmation-needed' } } });
  }
  const { exitCode } = await runJson(seeded.home, ['switch', 'acc_alice', '--replace']);
  expect(exitCode).toBe(0);
  expect(seeded.kept()).toEqual([before]);
  expect(seeded.authFile().tokens.refresh_token).toBe(own.refresh_token);
});
