import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Secret } from '../../../src/core/secret.js';
import { initShare, joinShare } from '../../../src/core/sharing/membership.js';
import { newShareKey } from '../../../src/core/sharing/share-key.js';
import { findPostgres } from '../../support/postgres/find-postgres.js';
import { startPostgres } from '../../support/postgres/server.js';
import { startUnreliable } from '../../support/postgres/unreliable.js';
import { startProvider } from '../../support/provider/start.js';
import { alice, bob } from '../../support/refresh-home.js';
import { SharingMachine } from '../../support/sharing/machine.js';
import { temporaryDirectory } from '../../support/temporary.js';

const found = findPostgres();

test.skipIf('missing' in found)(
  'the dump of the database, what goes over the wire, and the log of the server hold nothing of a login in the clear',
  { timeout: 120_000 },
  async () => {
    const [postgres, provider] = await Promise.all([
      startPostgres({ settings: { log_statement: 'all' } }),
      startProvider(),
    ]);
    const wire = await startUnreliable(postgres.port);
    try {
      const database = await postgres.newDatabase();
      const key = newShareKey();
      const clock = {
        now: () => provider.scenario.now(),
        monotonicMs: () => performance.now(),
        sleep: async () => undefined,
      };
      const directory = temporaryDirectory();
      const [laptop, desktop] = ['laptop', 'desktop'].map(
        (name) => new SharingMachine(directory, name, provider, key, clock),
      ) as [SharingMachine, SharingMachine];
      const url = new Secret(wire.through(database.url));
      await initShare(laptop.deps, { url, key, machineName: 'laptop-of-alice' });
      await joinShare(desktop.deps, { url, key, machineName: 'desktop-of-bob' });
      provider.scenario.accessTokenSeconds = 50;
      await laptop.home.addAccount('acc_alice', alice, { accountLabel: 'a-secret-label' });
      await laptop.home.addAccount('acc_bob', bob);
      await laptop.add('acc_alice', 'acc_bob');
      await laptop.refresh('acc_alice');
      await desktop.exchange();
      const id = desktop.home.records()[0]?.recordId ?? '';
      await desktop.take(id, true);
      await laptop.exchange();
      const dump = execFileSync(join('bin' in found ? found.bin : '', 'pg_dump'), [database.url], {
        encoding: 'latin1',
      });
      const places = { dump, wire: wire.seen().toString('latin1'), log: postgres.log() };
      const userIds = laptop.home.records().map((record) => String(record['userId']));
      const secrets = [
        ...provider.issued.strings(),
        ...[alice, bob].flatMap(({ email, accountId }) => [email, accountId]),
        ...[
          'laptop-of-alice',
          'desktop-of-bob',
          'a-secret-label',
          key.bytes().toString('hex'),
          key.bytes().toString('base64'),
        ],
        ...userIds,
      ];
      expect(dump).toContain(key.id);
      for (const [place, text] of Object.entries(places)) {
        for (const secret of secrets) {
          for (const spelling of [
            secret,
            encodeURIComponent(secret),
            Buffer.from(secret).toString('base64').slice(0, -4),
            Buffer.from(secret).toString('hex'),
          ]) {
            expect(text.includes(spelling), `${spelling.slice(0, 12)}… in the ${place}`).toBe(false);
          }
        }
      }
    } finally {
      await wire.stop();
      await Promise.all([postgres.stop(), provider.stop()]);
    }
  },
);
