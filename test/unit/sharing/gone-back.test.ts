import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withoutAccount, withTombstone } from '../../../src/core/accounts/pool.js';
import { withStore } from '../../../src/core/logins/with-store.js';
import { exchange } from '../../../src/core/sharing/exchange.js';
import { withdrawFromShare } from '../../../src/core/sharing/share-logins.js';
import { findPostgres } from '../../support/postgres/find-postgres.js';
import { type Postgres, startPostgres, type TestDatabase } from '../../support/postgres/server.js';
import { type Provider, startProvider } from '../../support/provider/start.js';
import { alice, bob, recordOf, type StoredRecord } from '../../support/refresh-home.js';
import { type SharingMachine, sharingMachines } from '../../support/sharing/machine.js';
import { endRun, mortalRun } from '../../support/sharing/mortal.js';
import { temporaryDirectory } from '../../support/temporary.js';

const found = findPostgres();
const missing = 'missing' in found ? ` (skipped: ${found.missing})` : '';

describe.skipIf(missing !== '')(`a shared pool that is not what it was${missing}`, () => {
  let postgres: Postgres;
  let provider: Provider;
  let database: TestDatabase;
  let directory: string;
  let laptop: SharingMachine;
  let desktop: SharingMachine;
  let id: string;
  beforeAll(async () => {
    [postgres, provider] = await Promise.all([startPostgres(), startProvider()]);
  });
  beforeEach(async () => {
    provider.reset();
    provider.scenario.accessTokenSeconds = 50;
    database = await postgres.newDatabase();
    directory = temporaryDirectory();
    const machines = await sharingMachines(directory, database.url, provider, ['laptop', 'desktop']);
    [laptop, desktop] = machines as [SharingMachine, SharingMachine];
    await laptop.home.addAccount('acc_alice', alice);
    await laptop.add('acc_alice');
    await desktop.exchange();
    id = desktop.home.records()[0]?.recordId ?? '';
  });
  afterAll(() => Promise.all([postgres.stop(), provider.stop()]));

  const backUp = () => postgres.copyDatabase(database.name, `${database.name}_backup`);
  const restore = () => postgres.copyDatabase(`${database.name}_backup`, database.name);
  const kinds = async (machine: SharingMachine) => (await machine.exchange()).notices.map(({ kind }) => kind);
  function changeRecord({ home: { home } }: SharingMachine, id: string, changes: object): void {
    const { accounts, ...pool } = JSON.parse(readFileSync(home.poolFile, 'utf8'));
    const after = accounts.map((record: StoredRecord) => (record.recordId === id ? { ...record, ...changes } : record));
    writeFileSync(home.poolFile, JSON.stringify({ ...pool, accounts: after }));
  }
  async function removeRecords({ home: { root } }: SharingMachine, ids: readonly string[]): Promise<void> {
    await withStore(root, {}, async (store) => {
      const { pool } = store.scope(undefined);
      const [account] = pool.accounts.filter(({ id }) => ids.includes(id));
      if (account === undefined) throw new Error('no such account');
      store.savePool(undefined, withTombstone(withoutAccount(pool, account.id), account, root.clock.now()));
    });
  }
  const idOn = (machine: SharingMachine) => (machine === laptop ? 'acc_alice' : id);
  const later = () => {
    provider.scenario.clockOffsetSeconds += 2;
  };

  it('is restored from a backup: the older login is not believed, and the keeper brings it up to date', async () => {
    await backUp();
    later();
    await laptop.refresh('acc_alice');
    await desktop.exchange();
    const newest = laptop.home.record('acc_alice').accessToken;
    await restore();
    expect(await kinds(desktop)).toContain('older-server');
    expect(desktop.home.record(id).accessToken).toBe(newest);
    expect(await kinds(laptop)).toContain('older-server');
    expect(await kinds(desktop)).not.toContain('cloned');
    for (const machine of [laptop, desktop]) expect(await kinds(machine)).toEqual([]);
    expect(desktop.home.record(id).accessToken).toBe(newest);
    later();
    expect(await laptop.refresh('acc_alice')).toMatchObject({ kind: 'usable', how: 'refreshed' });
    await desktop.exchange();
    expect(desktop.home.record(id).accessToken).toBe(laptop.home.record('acc_alice').accessToken);
  });

  it('is restored from before a hand-over: the machine that gave the login away spends nothing', async () => {
    await backUp();
    await desktop.take(id);
    await laptop.exchange();
    await desktop.exchange();
    later();
    await desktop.refresh(id);
    const newest = desktop.held();
    await restore();
    expect(await kinds(laptop)).toContain('older-server');
    expect(laptop.held()).toEqual([]);
    await desktop.exchange();
    expect(await kinds(laptop)).toEqual([]);
    expect(desktop.held()).toEqual(newest);
    later();
    expect(await desktop.refresh(id)).toMatchObject({ kind: 'usable', how: 'refreshed' });
  });

  it('is restored right after a login was given away: the machine that gave it away brings it back', async () => {
    const tokens = laptop.held();
    await backUp();
    await desktop.take(id);
    await laptop.exchange();
    await restore();
    expect(await kinds(laptop)).toContain('older-server');
    await desktop.exchange();
    expect(laptop.held()).toEqual([]);
    expect(desktop.held()).toEqual(tokens);
  });

  it('has forgotten a login that was added after the backup: it is put back', async () => {
    await backUp();
    await laptop.home.addAccount('acc_bob', bob);
    await laptop.add('acc_bob');
    await desktop.exchange();
    await restore();
    await laptop.exchange();
    await desktop.exchange();
    const third = await laptop.another('third');
    expect(
      third.home
        .records()
        .map((record) => record['email'])
        .sort(),
    ).toEqual([alice.email, bob.email]);
  });

  it('is used by two machines with one name, after a disk was copied: the second gets a name of its own', async () => {
    cpSync(join(directory, 'laptop'), join(directory, 'copy'), { recursive: true });
    const copy = laptop.copiedTo('copy');
    later();
    expect(await laptop.refresh('acc_alice')).toMatchObject({ kind: 'usable', how: 'refreshed' });
    expect(await copy.refresh('acc_alice')).toMatchObject({ kind: 'no-place' });
    expect(provider.requests.refreshes()).toHaveLength(1);
    expect(copy.held()).toEqual([]);
    expect(laptop.held()).toHaveLength(1);
    for (const machine of [laptop, copy, desktop]) await machine.exchange();
    expect(copy.home.record('acc_alice').accessToken).toBe(laptop.home.record('acc_alice').accessToken);
    const names = await postgres.query<{ count: string }>(
      database.name,
      'SELECT count(*) FROM codex_auth.share_machine',
    );
    expect(names).toEqual([{ count: '3' }]);
    expect(await kinds(laptop)).toEqual([]);
  });

  it('is used by a machine that was restored from an old image of its disk', async () => {
    cpSync(join(directory, 'laptop'), join(directory, 'image'), { recursive: true });
    later();
    await laptop.refresh('acc_alice');
    const image = laptop.copiedTo('image');
    expect(await kinds(image)).toContain('cloned');
    expect(image.held()).toEqual([]);
    expect((await image.take('acc_alice', true)).logins).toMatchObject([{ outcome: 'forced' }]);
    later();
    expect(await image.refresh('acc_alice')).toMatchObject({ kind: 'usable', how: 'refreshed' });
  });

  describe('and what is said about that, with the way out, is said once', () => {
    const older = async (machine: SharingMachine) =>
      (await machine.exchange()).notices.flatMap(({ kind, hint }) => (kind === 'older-server' ? [hint] : []));

    it('where the machine that could bring a login up to date does not come', async () => {
      await backUp();
      later();
      await laptop.refresh('acc_alice');
      await desktop.exchange();
      await restore();
      expect(await older(desktop)).toEqual([expect.stringMatching(/share sync .*share take <account> --force/)]);
      for (let again = 1; again <= 2; again += 1) expect(await older(desktop)).toEqual([]);
      // The exchange of the laptop brings the database up to date. Restoring it once more is said once more.
      await laptop.exchange();
      expect(await older(desktop)).toEqual([]);
      await restore();
      expect(await older(desktop)).toHaveLength(1);
    });

    it('where the database has forgotten a login, and the machine that keeps it does not come', async () => {
      await backUp();
      await laptop.home.addAccount('acc_bob', bob);
      await laptop.add('acc_bob');
      await desktop.exchange();
      await restore();
      expect(await older(desktop)).toHaveLength(1);
      expect(await older(desktop)).toEqual([]);
    });

    it('while a login is wanted that cannot leave now', async () => {
      await backUp();
      for (let change = 1; change <= 8; change += 1) {
        changeRecord(desktop, id, { accountLabel: `label ${change}` });
        await desktop.exchange();
      }
      await laptop.exchange();
      later();
      provider.scenario.on('token', { kind: 'reset' }, { times: 1 });
      expect(await laptop.refresh('acc_alice')).toMatchObject({ kind: 'unknown' });
      await restore();
      await desktop.take(id);
      expect(await older(laptop)).toHaveLength(1);
      for (let again = 1; again <= 2; again += 1) expect(await kinds(laptop)).toEqual(['not-handed-over']);
    });
  });

  it.each([
    ['withdrawn', (ids: string[]) => withdrawFromShare(laptop.deps, ids).then(() => undefined)],
    ['removed', (ids: string[]) => removeRecords(laptop, ids)],
  ] as const)('is restored from before a login was %s: it stays so, and everybody settles that', async (state, end) => {
    await backUp();
    await end(['acc_alice']);
    for (const machine of [laptop, desktop]) await machine.exchange();
    await restore();
    await desktop.exchange();
    await laptop.exchange();
    for (const machine of [laptop, desktop]) expect(await kinds(machine)).toEqual([]);
    const rows = await postgres.query(database.name, 'SELECT state FROM codex_auth.share_login');
    expect(rows).toEqual([{ state }]);
    expect(desktop.held()).toEqual([]);
  });

  it('has forgotten a login whose keeper is gone: signed in again, it is shared again', async () => {
    await backUp();
    await laptop.home.addAccount('acc_bob', bob);
    await laptop.add('acc_bob');
    const third = await laptop.another('third');
    await desktop.exchange();
    await restore();
    await desktop.exchange();
    const bobs = desktop.home.records().find((each) => each['email'] === bob.email)?.recordId ?? '';
    later();
    const tokens = await provider.issueTokens({ ...bob, issuedAt: provider.scenario.now() });
    changeRecord(desktop, bobs, recordOf(bobs, tokens, provider.issuer, {}));
    await desktop.add(bobs);
    await third.exchange();
    expect(third.home.records().find((each) => each['email'] === bob.email)?.accessToken).toBe(tokens.access_token);
    for (const machine of [desktop, third]) expect(await kinds(machine)).toEqual([]);
  });

  it('is restored while a login is on its way: it is in one hand, wherever it had come to', async () => {
    let [giver, taker] = [laptop, desktop];
    for (let killAt = 28; killAt <= 68; killAt += 9) {
      await backUp();
      later();
      await giver.refresh(idOn(giver));
      await taker.take(idOn(taker));
      const run = mortalRun({ root: giver.home.root, killAt, clockAheadMs: 0, pid: 1_000_000 + killAt });
      await exchange({ ...giver.deps, root: run.root }).catch(() => undefined);
      endRun(1_000_000 + killAt);
      await restore();
      for (const machine of [giver, taker, giver]) {
        await machine.exchange();
        const holders = [giver, taker].filter((each) => each.held().length > 0);
        expect(holders.length, `killed at ${killAt}`).toBeLessThanOrEqual(1);
      }
      await taker.exchange();
      if (taker.held().length > 0) [giver, taker] = [taker, giver];
      expect([giver.held().length, taker.held().length], `killed at ${killAt}`).toEqual([1, 0]);
    }
    later();
    expect(await giver.refresh(idOn(giver))).toMatchObject({ kind: 'usable', how: 'refreshed' });
  });
});
