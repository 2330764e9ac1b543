import { readdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.js';
import { runCli } from '../support/cli.js';
import { carol, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider({ keepsState: true });

// The process ends as soon as the refreshes under way have ended: one that began later would be cut off.
test.each(['check', 'renew'])('%s begins no refresh after Ctrl-C', async (command) => {
  const seeded = new RefreshHome(temporaryDirectory(), provider);
  await seeded.addAccount('acc_carol', { ...carol, expiresInSeconds: -60 });
  // Half an `auth.json` is read again after a pause, and Ctrl-C is pressed in that pause.
  writeFileSync(seeded.home.authFile, '{');
  const stop = new AbortController();
  const locks = () => readdirSync(seeded.root.paths.locks).filter((name) => name.startsWith('person-'));
  const clock: Clock = {
    ...systemClock,
    async sleep(ms, signal) {
      if (locks().length > 0) stop.abort();
      await systemClock.sleep(ms, signal);
    },
  };
  expect(await runCli(seeded.home, [command], { clock, signal: stop.signal })).toMatchObject({ exitCode: 130 });
  expect(stop.signal.aborted).toBe(true);
  await expect.poll(locks, { timeout: 15_000 }).toEqual([]);
  expect(provider.requests.refreshes()).toEqual([]);
  expect(seeded.journal()).toEqual([]);
});
