import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findPostgres } from '../../support/postgres/find-postgres.js';
import { type Postgres, startPostgres, type TestDatabase } from '../../support/postgres/server.js';
import { type Provider, startProvider } from '../../support/provider/start.js';
import { alice, bob } from '../../support/refresh-home.js';
import { type SharingMachine, sharingMachines } from '../../support/sharing/machine.js';
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
});
