import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { addToShare } from '../../../src/core/sharing/share-logins.js';
import { findPostgres } from '../../support/postgres/find-postgres.js';
import { startPostgres } from '../../support/postgres/server.js';
import { startUnreliable } from '../../support/postgres/unreliable.js';
import { startProvider } from '../../support/provider/start.js';
import { recordOf } from '../../support/refresh-home.js';
import { sharingMachines } from '../../support/sharing/machine.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { unsignedJwt } from '../../support/unsigned-tokens.js';

const missing = 'missing' in findPostgres();
const count = 1_000;

test.skipIf(missing)(
  'a thousand shared logins: nothing new costs one short round trip, and everything less than two seconds',
  { timeout: 600_000 },
  async () => {
    const [postgres, provider] = await Promise.all([startPostgres(), startProvider()]);
    const wire = await startUnreliable(postgres.port);
    try {
      const database = await postgres.newDatabase();
      const [laptop] = await sharingMachines(temporaryDirectory(), wire.through(database.url), provider, ['laptop']);
      if (laptop === undefined) throw new Error('unreachable');
      const now = Math.floor(provider.scenario.now() / 1000);
      const accounts = Array.from({ length: count }, (_, index) => {
        const auth = {
          chatgpt_user_id: `user-${index}`,
          chatgpt_account_id: `account-${index}`,
          chatgpt_plan_type: 'plus',
        };
        const token = unsignedJwt({
          iat: now,
          exp: now + 864_000,
          email: `person-${index}@example.com`,
          'https://api.openai.com/auth': auth,
          filler: 'x'.repeat(1_200),
        });
        const tokens = { access_token: token, id_token: token, refresh_token: `refresh-${index}` };
        return recordOf(`acc_${index}`, tokens, provider.issuer, {
          userId: `user-${index}`,
          accountId: `account-${index}`,
          email: `person-${index}@example.com`,
        });
      });
      mkdirSync(laptop.home.home.root, { recursive: true });
      writeFileSync(laptop.home.home.poolFile, JSON.stringify({ version: 3, accounts, activeIndex: 0 }));
      const ids = accounts.map(({ recordId }) => recordId);
      const measured = async (task: () => Promise<unknown>) => {
        const [before, cpu] = [wire.seen().length, process.cpuUsage()];
        await task();
        const { user, system } = process.cpuUsage(cpu);
        return { bytes: wire.seen().subarray(before), cpuMs: (user + system) / 1000 };
      };
      await addToShare(laptop.deps, ids);
      await laptop.exchange();
      const nothing = await measured(() => laptop.exchange());
      expect(nothing.bytes.length).toBeLessThan(50 * 1024);
      expect(nothing.bytes.toString('latin1').match(/codex_auth\.share_\w+ p\b/g)).toHaveLength(1);
      // A new machine gets everything. Processor time is measured, because other programs may be busy.
      const full = await measured(() => laptop.another('third'));
      expect(full.bytes.length).toBeGreaterThan(count * 2_000);
      expect(full.cpuMs).toBeLessThan(2_000);
    } finally {
      await wire.stop();
      await Promise.all([postgres.stop(), provider.stop()]);
    }
  },
);
