import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exchange } from '../../../src/core/sharing/exchange.js';
import { leaveShare } from '../../../src/core/sharing/membership.js';
import { readShare } from '../../../src/core/sharing/share-file.js';
import { withdrawAll } from '../../../src/core/sharing/share-logins.js';
import { withShare } from '../../../src/core/sharing/share-session.js';
import { findPostgres } from '../../support/postgres/find-postgres.js';
import { type Postgres, startPostgres } from '../../support/postgres/server.js';
import { type Provider, startProvider } from '../../support/provider/start.js';
import { alice } from '../../support/refresh-home.js';
import { type SharingMachine, sharingMachines } from '../../support/sharing/machine.js';
import { endRun, mortalRun } from '../../support/sharing/mortal.js';
import { temporaryDirectory } from '../../support/temporary.js';

const found = findPostgres();
const missing = 'missing' in found ? ` (skipped: ${found.missing})` : '';

describe.skipIf(missing !== '')(`a machine that leaves a shared pool${missing}`, () => {
  let postgres: Postgres;
  let provider: Provider;
  let laptop: SharingMachine;
  let desktop: SharingMachine;
  let id: string;
  beforeAll(async () => {
    [postgres, provider] = await Promise.all([startPostgres(), startProvider()]);
  });
  beforeEach(async () => {
    const { url } = await postgres.newDatabase();
    const machines = await sharingMachines(temporaryDirectory(), url, provider, ['laptop', 'desktop']);
    [laptop, desktop] = machines as [SharingMachine, SharingMachine];
    await laptop.home.addAccount('acc_alice', alice);
    await laptop.add('acc_alice');
    await desktop.exchange();
    id = desktop.home.records()[0]?.recordId ?? '';
  });
  afterAll(() => Promise.all([postgres.stop(), provider.stop()]));

  const roleAt = ({ home }: SharingMachine) => readShare(home.root)?.rows[0]?.role;

  it.each([true, false])('first gives away what it was killed giving away (--give: %s)', async (give) => {
    const tokens = laptop.held();
    await desktop.take(id);
    for (let killAt = 1; roleAt(laptop) !== 'releasing'; killAt += 1) {
      const pid = 1_000_000 + killAt;
      const { root } = mortalRun({ root: laptop.home.root, killAt, clockAheadMs: 0, pid });
      await exchange({ ...laptop.deps, root }).catch(() => undefined);
      endRun(pid);
      expect(roleAt(laptop), 'it was given away without a kill in between').not.toBe('copy');
    }
    await leaveShare(laptop.deps, { give });
    await desktop.exchange();
    expect([laptop.held(), desktop.held()]).toEqual([[], tokens]);
  });

  it('does not with a login that another one takes over at that moment', async () => {
    const leaving = withShare(laptop.deps, 10_000, async (session) => {
      await desktop.take(id, true);
      await withdrawAll(session);
    });
    await expect(leaving).rejects.toMatchObject({ code: 'shared-pool', details: { reason: 'kept-elsewhere' } });
    await laptop.exchange();
    expect([laptop.held().length, desktop.held().length]).toEqual([0, 1]);
  });
});
