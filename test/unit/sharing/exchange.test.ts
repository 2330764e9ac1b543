import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withShare } from '../../../src/core/sharing/share-session.js';
import { findPostgres } from '../../support/postgres/find-postgres.js';
import { type Postgres, startPostgres, type TestDatabase } from '../../support/postgres/server.js';
import { type Provider, startProvider } from '../../support/provider/start.js';
import { alice, bob } from '../../support/refresh-home.js';
import { type SharingMachine, sharingMachines } from '../../support/sharing/machine.js';
import { temporaryDirectory } from '../../support/temporary.js';

const found = findPostgres();
const missing = 'missing' in found ? found.missing : undefined;

describe.skipIf(missing !== undefined)(`two machines with one pool${missing ?? ''}`, () => {
  let postgres: Postgres;
  let provider: Provider;
  let database: TestDatabase;
  let laptop: SharingMachine;
  let desktop: SharingMachine;
  beforeAll(async () => {
    [postgres, provider] = await Promise.all([startPostgres(), startProvider()]);
  });
  beforeEach(async () => {
    provider.scenario.accessTokenSeconds = 50;
    database = await postgres.newDatabase();
    [laptop, desktop] = (await sharingMachines(temporaryDirectory(), database.url, provider, [
      'laptop',
      'desktop',
    ])) as [SharingMachine, SharingMachine];
  });
  afterEach(() => provider.reset());
  afterAll(() => Promise.all([postgres.stop(), provider.stop()]));

  const idOn = (machine: SharingMachine, { email }: { readonly email: string }) => {
    const record = [...machine.home.records(), ...machine.home.flagged()].find((each) => each['email'] === email);
    return record?.recordId ?? '';
  };

  it('have the login that one of them shares, and one of them its refresh token', async () => {
    const tokens = await laptop.home.addAccount('acc_alice', alice);
    expect(await laptop.add('acc_alice')).toMatchObject({ notices: [] });
    const { changed } = await desktop.exchange();
    expect(changed).toMatchObject([{ what: 'received' }]);
    expect(desktop.home.records()).toMatchObject([{ email: alice.email, accessToken: tokens.access_token }]);
    expect(laptop.held()).toEqual([tokens.refresh_token]);
    expect(desktop.held()).toEqual([]);
  });

  it('get what the keeper refreshes, and refresh nothing themselves', async () => {
    await laptop.home.addAccount('acc_alice', alice);
    await laptop.add('acc_alice');
    await desktop.exchange();
    expect(await laptop.refresh('acc_alice')).toMatchObject({ kind: 'usable', how: 'refreshed' });
    expect((await desktop.exchange()).changed).toMatchObject([{ what: 'renewed' }]);
    expect(desktop.home.records()[0]?.accessToken).toBe(laptop.home.record('acc_alice').accessToken);
    const id = idOn(desktop, alice);
    expect(await desktop.refresh(id)).toMatchObject({ kind: expect.stringMatching(/no-refresh-token|usable/) });
    expect(provider.requests.refreshes()).toHaveLength(1);
  });

  it('hand a login over on a wish, and never both have it', async () => {
    const tokens = await laptop.home.addAccount('acc_alice', alice);
    await laptop.add('acc_alice');
    await desktop.exchange();
    const id = idOn(desktop, alice);
    expect((await desktop.take(id)).logins).toMatchObject([{ outcome: 'asked', keeperName: 'laptop' }]);
    expect(desktop.held()).toEqual([]);
    expect((await laptop.exchange()).changed).toContainEqual({ accountId: 'acc_alice', what: 'handed-over' });
    expect(laptop.held()).toEqual([]);
    expect((await desktop.exchange()).changed).toMatchObject([{ what: 'taken' }]);
    expect(desktop.held()).toEqual([tokens.refresh_token]);
    expect(await desktop.refresh(id)).toMatchObject({ kind: 'usable', how: 'refreshed' });
    await laptop.exchange();
    expect(laptop.home.record('acc_alice').accessToken).toBe(desktop.home.record(id).accessToken);
    // And back.
    expect((await laptop.take('acc_alice')).logins).toMatchObject([{ outcome: 'asked' }]);
    await desktop.exchange();
    await laptop.exchange();
    expect(desktop.held()).toEqual([]);
    expect(await laptop.refresh('acc_alice')).toMatchObject({ kind: 'usable', how: 'refreshed' });
  });

  it('a keeper that was superseded by force spends nothing, and keeps what it had aside', async () => {
    const tokens = await laptop.home.addAccount('acc_alice', alice);
    await laptop.add('acc_alice');
    await desktop.exchange();
    const id = idOn(desktop, alice);
    expect((await desktop.take(id, true)).logins).toMatchObject([{ outcome: 'forced', keeperName: 'laptop' }]);
    expect(desktop.held()).toEqual([tokens.refresh_token]);
    expect(await laptop.refresh('acc_alice')).toMatchObject({
      kind: 'no-place',
      problem: { code: 'shared-pool', details: { reason: 'kept-elsewhere' } },
    });
    expect(provider.requests.refreshes()).toEqual([]);
    expect(laptop.held()).toEqual([]);
    expect(laptop.home.kept().join()).toContain(tokens.refresh_token);
    expect(await desktop.refresh(id)).toMatchObject({ kind: 'usable', how: 'refreshed' });
  });

  it('two that share one identity at once end with one login and one keeper', async () => {
    const older = await laptop.home.addAccount('acc_one', { ...bob, issuedAt: provider.scenario.now() - 3_600_000 });
    const newer = await desktop.home.addAccount('acc_two', bob);
    await Promise.all([laptop.add('acc_one'), desktop.add('acc_two')]);
    for (const each of [laptop, desktop, laptop, desktop]) await each.exchange();
    expect(laptop.held()).toEqual([]);
    expect(desktop.held()).toEqual([newer.refresh_token]);
    expect(laptop.home.kept().join()).toContain(older.refresh_token);
    expect(laptop.home.records()).toMatchObject([{ recordId: 'acc_one', accessToken: newer.access_token }]);
  });

  it('remember nothing of work that its deadline has overtaken: others have taken turns since', async () => {
    await laptop.home.addAccount('acc_alice', alice);
    await laptop.add('acc_alice');
    let late: Promise<void> = Promise.resolve();
    const overtaken = withShare(laptop.deps, 500, (session) => {
      late = delay(1_000).then(() => session.save({ ...session.state(), clockAheadMs: 1 }));
      return late;
    });
    await expect(overtaken).rejects.toMatchObject({ code: 'timeout' });
    for (let turn = 1; turn <= 2; turn += 1) await laptop.exchange();
    await late.catch(() => undefined);
    expect((await laptop.exchange()).notices).toEqual([]);
    expect(laptop.held()).toHaveLength(1);
  });
});
