import { beforeAll, expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { alice } from '../support/refresh-home.js';
import { atNoon, emptyHome, setProviderToNoon } from '../support/seed.js';
import { readFlatFile, writeFlatFile } from '../support/token-files.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider({ keepsState: true });
beforeAll(async () => {
  setProviderToNoon(provider);
});

test('a login that is imported while its file is being renewed gets the new token too', async () => {
  const seeded = emptyHome(provider);
  const path = writeFlatFile(seeded.home, 'a.json', await provider.issueTokens({ ...alice, expiresInSeconds: 3_600 }));
  provider.scenario.on('token', { kind: 'slow', ms: 2_000 }, { times: 1 });
  const renewing = runCli(seeded.home, ['renew', path], atNoon);
  await expect.poll(() => provider.requests.refreshes(), { timeout: 15_000 }).toHaveLength(1);
  expect((await runCli(seeded.home, ['import', path, '--yes'], atNoon)).exitCode).toBe(0);
  const imported = seeded.records();
  expect((await renewing).exitCode).toBe(0);

  const [record] = seeded.records();
  expect(record?.recordId).toBe(imported[0]?.recordId);
  expect(record?.refreshToken).toBe(readFlatFile(path)['refresh_token']);
  expect(provider.fateOf(record?.refreshToken ?? '')).toBe('live');
  expect(seeded.journal()).toEqual([]);
  expect(seeded.kept()).toEqual([]);
});
