import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findPostgres } from '../support/postgres/find-postgres.js';
import { type Postgres, startPostgres } from '../support/postgres/server.js';
import { type Provider, startProvider } from '../support/provider/start.js';
import { alice, bob } from '../support/refresh-home.js';
import { SharingMachine, sharingMachines } from '../support/sharing.js';

const found = findPostgres();
const why = 'missing' in found ? ` (skipped: ${found.missing})` : '';

describe.skipIf('missing' in found)(`what people say of a shared account${why}`, () => {
  let provider: Provider;
  let postgres: Postgres;
  let laptop: SharingMachine;
  let desktop: SharingMachine;
  beforeAll(async () => {
    [provider, postgres] = await Promise.all([startProvider(), startPostgres()]);
  });
  beforeEach(async () => {
    laptop = new SharingMachine('laptop', provider);
    await laptop.seeded.addAccount('acc_alice', alice);
    await laptop.seeded.addAccount('acc_bob', bob);
    ({ desktop } = await sharingMachines(postgres, provider, laptop));
  });
  afterEach(() => provider.reset());
  afterAll(() => Promise.all([provider.stop(), postgres.stop()]));

  const follow = async (...machines: SharingMachine[]) => {
    for (const machine of machines) expect(await machine.run(['sync'])).toMatchObject({ exitCode: 0 });
  };
  const listed = async (machine: SharingMachine) => (await machine.data(['list'])).accounts;

  test('follows in either direction, whoever keeps the login', async () => {
    await desktop.data(['label', alice.email, 'work']);
    await desktop.data(['disable', bob.email]);
    await follow(desktop, laptop);
    await laptop.data(['prefer', alice.email]);
    await follow(laptop, desktop);
    for (const machine of [laptop, desktop]) {
      expect(await listed(machine)).toMatchObject([
        { email: alice.email, label: 'work', priority: 'first' },
        { email: bob.email, enabled: false },
      ]);
    }
    await laptop.data(['enable', bob.email]);
    await follow(laptop, desktop);
    expect((await listed(desktop))[1]).toMatchObject({ email: bob.email, enabled: true });
  });

  test('of two changes of one field the one that comes later counts, and another field is not touched by it', async () => {
    await laptop.data(['label', alice.email, 'first']);
    await desktop.data(['label', alice.email, 'second']);
    await laptop.data(['reserve', alice.email, '20']);
    await follow(laptop, desktop, laptop);
    for (const machine of [laptop, desktop]) {
      expect((await listed(machine))[0]).toMatchObject({ label: 'second', reservePercent: 20 });
    }
  });

  test('an account that is set aside by a person is so everywhere, and comes back everywhere', async () => {
    await laptop.data(['flag', alice.email]);
    await follow(laptop, desktop);
    expect(desktop.seeded.flagged()).toMatchObject([{ email: alice.email }]);
    expect(await laptop.run(['verify-flagged'])).toMatchObject({ exitCode: 0 });
    await follow(laptop, desktop);
    expect(desktop.seeded.flagged()).toEqual([]);
  });

  test('what one machine has read of the quota is known on the others', async () => {
    await laptop.data(['usage', alice.email]);
    await follow(laptop, desktop);
    const { accounts } = await desktop.data(['forecast', '--cached']);
    expect(accounts[0]).toMatchObject({ email: alice.email });
    expect(Object.values(desktop.seeded.state().accounts)).toContainEqual(
      expect.objectContaining({ quota: expect.objectContaining({ observedAt: expect.any(Number) }) }),
    );
  });

  test('a removal reaches every machine, and its login is kept where it was', async () => {
    const { refreshToken = '' } = laptop.seeded.record('acc_alice');
    await desktop.data(['remove', alice.email, '--yes']);
    await follow(desktop, laptop);
    expect((await listed(laptop)).map(({ email }: { email: string }) => email)).toEqual([bob.email]);
    expect(laptop.seeded.kept().join()).toContain(refreshToken);
    await follow(desktop, laptop);
    expect(await listed(desktop)).toHaveLength(1);
  });
});
