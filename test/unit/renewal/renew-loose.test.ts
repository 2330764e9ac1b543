import { EventEmitter, once } from 'node:events';
import { expect, test } from 'vitest';
import { logLineage } from '../../../src/core/lineage/lineage-log.js';
import { withTokenLock } from '../../../src/core/logins/person-lock.js';
import { renewLoose } from '../../../src/core/renewal/renew-loose.js';
import { readTokenFile } from '../../../src/core/renewal/token-file.js';
import { Secret } from '../../../src/core/secret.js';
import { alice, RefreshHome } from '../../support/refresh-home.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { writeFlatFile } from '../../support/token-files.js';
import { useProvider } from '../../support/use-provider.js';

const provider = useProvider({ keepsState: true });

test('a token is sent by one process at a time, whatever lock the names in its files lead to', async () => {
  const home = new RefreshHome(temporaryDirectory(), provider);
  const tokens = await provider.issueTokens({ ...alice, expiresInSeconds: 60 });
  const path = writeFlatFile(home.home, 'named.json', tokens);
  const { deps } = home.run('1');
  const refreshToken = new Secret(tokens.refresh_token);

  const targets = [{ file: readTokenFile({ name: 'named.json', path }), why: 'ends-soon' as const }];
  const policy = { beforeMs: 3_600_000, force: false };

  // Stands for another process that renews a file of the same login, one that does not name the account.
  const { hasWaited, renewal } = await withTokenLock(home.root, refreshToken, {}, async () => {
    const waiting = new EventEmitter();
    const root = { ...home.root, onWaiting: () => waiting.emit('waits') };
    const started = once(waiting, 'waits');
    const renewing = renewLoose({ ...deps, root }, targets, policy);
    const first = await Promise.race([started.then(() => true), renewing.then(() => false)]);
    logLineage(home.root, { event: 'refreshed', accountId: 'token-file', before: refreshToken, after: 'their-next' });
    return { hasWaited: first, renewal: renewing };
  });

  expect(hasWaited).toBe(true);
  expect((await renewal).get(path)).toMatchObject({ kind: 'failed', problem: { code: 'sign-in-needed' } });
  expect(provider.requests.refreshes()).toEqual([]);
});
