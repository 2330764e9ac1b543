import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { findPostgres } from '../support/postgres/find-postgres.js';
import { type Postgres, startPostgres, type TestDatabase } from '../support/postgres/server.js';
import { type Provider, startProvider } from '../support/provider/start.js';
import { alice } from '../support/refresh-home.js';
import { SharingMachine, sharingMachines } from '../support/sharing.js';

const found = findPostgres();
const why = 'missing' in found ? ` (skipped: ${found.missing})` : '';

describe.skipIf('missing' in found)(`commands of a machine that shares its logins${why}`, () => {
  let provider: Provider;
  let postgres: Postgres;
  let laptop: SharingMachine;
  let desktop: SharingMachine;
  let database: TestDatabase;
  beforeAll(async () => {
    [provider, postgres] = await Promise.all([startProvider(), startPostgres()]);
  });
  beforeEach(async () => {
    laptop = new SharingMachine('laptop', provider);
    await laptop.seeded.addAccount('acc_alice', { ...alice, expiresInSeconds: 30 });
    ({ database, desktop } = await sharingMachines(postgres, provider, laptop));
    // Two minutes pass: the last exchange is old then, and the keeper's new tokens are later by whole seconds.
    provider.scenario.clockOffsetSeconds += 120;
    expect(await laptop.run(['check'])).toMatchObject({ exitCode: 0 });
    expect(provider.requests.refreshes()).toHaveLength(1);
  });
  afterEach(() => provider.reset());
  afterAll(() => Promise.all([provider.stop(), postgres.stop()]));

  const newest = () => laptop.seeded.record('acc_alice').accessToken;
  const copied = () => desktop.seeded.records()[0]?.accessToken;

  test.each([[['usage']], [['forecast']], [['check']], [['guard', '--once']], [['switch', alice.email]]])(
    '%j goes on with what the keeper has got, and refreshes nothing',
    async (words) => {
      expect(copied()).not.toBe(newest());
      expect(await desktop.run(words)).toMatchObject({ exitCode: 0 });
      expect(copied()).toBe(newest());
      expect(provider.requests.refreshes()).toHaveLength(1);
    },
  );

  test.each([[['list']], [['status']]])('%j asks nobody', async (words) => {
    await desktop.run(words);
    expect(copied()).not.toBe(newest());
  });

  test('without the database a command goes on with the copies, and says how old they are', async () => {
    await desktop.run(['usage']);
    provider.scenario.clockOffsetSeconds += 300;
    await postgres.query('postgres', `ALTER DATABASE ${database.name} ALLOW_CONNECTIONS false`);
    await postgres.cutConnections(database.name);
    const { exitCode, stderr } = await desktop.run(['usage']);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/the copies on this machine are 5m old/);
    expect(await laptop.run(['check'])).toMatchObject({ exitCode: 0 });
  });

  test('guard hears of what another machine has got', async () => {
    const ending = new AbortController();
    const guarding = runCli(desktop.seeded.home, ['guard'], { signal: ending.signal });
    await expect.poll(copied, { timeout: 20_000 }).toBe(newest());
    provider.scenario.clockOffsetSeconds += 120;
    expect(await laptop.run(['renew', alice.email, '--force'])).toMatchObject({ exitCode: 0 });
    await expect.poll(copied, { timeout: 20_000 }).toBe(newest());
    ending.abort();
    expect((await guarding).exitCode).toBe(130);
    expect(provider.requests.refreshes()).toHaveLength(2);
  });
});
