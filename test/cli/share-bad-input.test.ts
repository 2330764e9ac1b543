import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { holdPort } from '../support/held-ports.js';
import { findPostgres } from '../support/postgres/find-postgres.js';
import { type Postgres, startPostgres, type TestDatabase } from '../support/postgres/server.js';
import { type Fault, startUnreliable } from '../support/postgres/unreliable.js';
import { type Provider, startProvider } from '../support/provider/start.js';
import { alice, aliceAtStudio, bob, RefreshHome } from '../support/refresh-home.js';
import { SharingMachine, sharingMachines } from '../support/sharing.js';
import { temporaryDirectory } from '../support/temporary.js';

const found = findPostgres();
const why = 'missing' in found ? ` (skipped: ${found.missing})` : '';
const dayMs = 86_400_000;

describe.skipIf('missing' in found)(`a shared pool${why}`, () => {
  let provider: Provider;
  let postgres: Postgres;
  let laptop: SharingMachine;
  beforeAll(async () => {
    [provider, postgres] = await Promise.all([startProvider(), startPostgres()]);
  });
  beforeEach(async () => {
    laptop = new SharingMachine('laptop', provider);
    await laptop.seeded.addAccount('acc_alice', alice);
  });
  afterEach(() => provider.reset());
  afterAll(() => Promise.all([provider.stop(), postgres.stop()]));

  /** The refresh token that a machine has of the one login, and whether it is good. */
  const held = ({ seeded }: SharingMachine) => {
    const token = seeded.records()[0]?.refreshToken;
    return token === undefined || token === '' ? 'none' : provider.fateOf(token);
  };

  /** Exactly one of the machines can refresh the login. */
  const expectOneKeeper = (...machines: SharingMachine[]) =>
    expect(machines.map(held).sort()).toEqual(['live', ...machines.slice(1).map(() => 'none')].sort());

  test('is not joined with the phrase of another, and nothing is stored', async () => {
    const database = await postgres.newDatabase();
    await laptop.init(database);
    const other = await new SharingMachine('other', provider).init(await postgres.newDatabase());
    const desktop = new SharingMachine('desktop', provider);
    const error = await desktop.error(['share', 'join', database.url, '--key-file', '-'], { stdin: other });
    expect(error).toMatchObject({ exitCode: 1, code: 'shared-pool', details: { reason: 'wrong-key' } });
    expect(await desktop.data(['share', 'status'])).toMatchObject({ joined: false });
  });

  test('takes no login under the name of another account', async () => {
    await laptop.init(await postgres.newDatabase());
    const { email, accountId } = aliceAtStudio;
    await laptop.seeded.addAccount('acc_mixed', bob, { email, accountId, userId: 'user-alice' });
    const error = await laptop.error(['share', 'add', 'acc_mixed']);
    expect(error).toMatchObject({ exitCode: 4, code: 'sign-in-needed', hint: 'codex-auth fix' });
  });

  test('is not joined where nobody has made one', async () => {
    const database = await postgres.newDatabase();
    const phrase = await laptop.init(await postgres.newDatabase());
    const desktop = new SharingMachine('desktop', provider);
    const error = await desktop.error(['share', 'join', database.url, '--key-file', '-'], { stdin: phrase });
    expect(error).toMatchObject({ details: { reason: 'no-schema' }, hint: expect.stringContaining('share init') });
  });

  test("leaves another program's schema of that name alone", async () => {
    const database = await postgres.newDatabase();
    const theirs = 'CREATE SCHEMA codex_auth; CREATE TABLE codex_auth.sync_state AS SELECT 1 AS theirs';
    await postgres.query(database.name, theirs);
    await postgres.query(database.name, `GRANT ALL ON SCHEMA codex_auth TO ${database.owner.name}`);
    expect(await laptop.error(['share', 'init', database.url])).toMatchObject({
      exitCode: 1,
      details: { reason: 'other-schema' },
    });
    const tables = `SELECT tablename FROM pg_tables WHERE schemaname = 'codex_auth'`;
    expect(await postgres.query(database.name, tables)).toEqual([{ tablename: 'sync_state' }]);
  });

  test('of a newer version is not touched', async () => {
    const { database, desktop } = await sharingMachines(postgres, provider, laptop);
    await postgres.query(database.name, 'INSERT INTO codex_auth.share_migration (version) VALUES (99)');
    expect(await desktop.error(['sync'])).toMatchObject({
      exitCode: 1,
      details: { reason: 'newer-schema' },
      hint: expect.stringContaining('update'),
    });
    expectOneKeeper(laptop, desktop);
  });

  test('of a role that may only read is refused with what it lacks', async () => {
    const { database, phrase } = await sharingMachines(postgres, provider, laptop);
    const role = await postgres.newRole();
    const grants = ['USAGE ON SCHEMA codex_auth', 'SELECT ON ALL TABLES IN SCHEMA codex_auth'];
    for (const grant of grants) await postgres.query(database.name, `GRANT ${grant} TO ${role.name}`);
    const reader = new SharingMachine('reader', provider);
    const argv = ['share', 'join', database.urlFor(role), '--key-file', '-'];
    expect(await reader.error(argv, { stdin: phrase })).toMatchObject({
      exitCode: 1,
      code: 'not-allowed',
      message: expect.stringMatching(/does not let this role write/),
    });
    expect(await reader.data(['share', 'status'])).toEqual({ joined: false, logins: [] });
  });

  async function revokeRights({ name, owner }: TestDatabase) {
    const table = 'ALTER TABLE codex_auth.share_login OWNER TO';
    await postgres.query(name, `${table} postgres`);
    return () => postgres.query(name, `${table} ${owner.name}`);
  }

  async function makeReadOnly({ name }: TestDatabase) {
    const setting = 'default_transaction_read_only';
    await postgres.query('postgres', `ALTER DATABASE ${name} SET ${setting} = on`);
    return () => postgres.query('postgres', `ALTER DATABASE ${name} RESET ${setting}`);
  }

  test.each([
    ['whose rights are revoked', revokeRights],
    ['that becomes read-only', makeReadOnly],
  ] as const)('%s midway loses nothing in any command, and goes on later', async (_, closeDatabase) => {
    const { database, desktop } = await sharingMachines(postgres, provider, laptop);
    const openAgain = await closeDatabase(database);
    const commands: [SharingMachine, string[]][] = [
      [laptop, ['sync']],
      [desktop, ['sync']],
      [laptop, ['share', 'add', '--all']],
      [laptop, ['share', 'withdraw', '1', '--yes']],
      [desktop, ['share', 'take', '1']],
      [desktop, ['share', 'take', '1', '--force', '--yes']],
      [laptop, ['share', 'leave', '--yes']],
      [laptop, ['share', 'leave', '--give', '--yes']],
    ];
    for (const [machine, argv] of commands) {
      const error = await machine.error(argv);
      const refusal = { exitCode: 1, code: 'not-allowed', hint: expect.stringContaining('shared-pool.sql') };
      expect(error, argv.join(' ')).toMatchObject(refusal);
      expectOneKeeper(laptop, desktop);
    }
    await openAgain();
    await laptop.data(['renew', 'alice', '--force']);
    await laptop.data(['sync']);
    await desktop.data(['sync']);
    expect(desktop.seeded.records()[0]?.accessToken).toBe(laptop.seeded.records()[0]?.accessToken);
  });

  describe('with an address', () => {
    test('whose password has odd characters is reached', async () => {
      const database = await postgres.newDatabase();
      const odd = `a b@c:d/e%f#g?h&i=ü'"`;
      await postgres.query(database.name, `ALTER ROLE ${database.owner.name} PASSWORD '${odd.replaceAll("'", "''")}'`);
      const url = database.urlFor({ ...database.owner, password: encodeURIComponent(odd).replaceAll("'", '%27') });
      await laptop.data(['share', 'init', url]);
      const { stdout, stderr } = await laptop.run(['share', 'status', '--live']);
      expect(stdout).toMatch(/Database +answers/);
      expect(stdout + stderr).not.toMatch(/a b@c|a%20b/);
    });

    const secret = 'hidden-canary';
    const wrong: [string, string][] = [
      ['of another kind', `mysql://me:${secret}@db.example.com/logins`],
      ['without a scheme', `me:${secret}@db.example.com/logins`],
      ['with a stray %', `postgresql://me:${secret}%zz@127.0.0.1/logins`],
      ['with a password that is not encoded', `postgresql://me:${secret}/@:@127.0.0.1:x/logins`],
      ['without a database', `postgresql://me:${secret}@127.0.0.1:5432`],
      ['with a parameter that nobody knows', `postgresql://me:${secret}@127.0.0.1/logins?sslpassword=1`],
      ['that gives TLS up', `postgresql://me:${secret}@db.example.com/logins?sslmode=disable`],
      ['with control characters', `postgresql://me:${secret}@127.0.0.1/lo\u001b[31mgins`],
    ];
    test.each(wrong)('%s it is refused, without its password', async (_what, url) => {
      const { exitCode, stdout, stderr } = await laptop.run(['share', 'init', url, '--timeout', '5']);
      expect(exitCode, stderr).toBeGreaterThan(0);
      expect(stdout + stderr).not.toContain(secret);
      expect(stderr).toMatch(/→ /);
      expect(stderr).not.toMatch(/an unexpected/);
    });

    test('where nobody listens, or nobody answers, it is said', async () => {
      const { url } = await postgres.newDatabase();
      const at = (port: number) => url.replace(/@127\.0\.0\.1:\d+/, `@127.0.0.1:${port}`);
      const closed = await holdPort();
      const gone = await laptop.error(['share', 'init', at(closed), '--timeout', '5']);
      expect(gone).toMatchObject({ exitCode: 5, code: 'offline' });
      const wrongPassword = url.replace(/:[^:@]+@/, ':wrong-canary@');
      const refused = await laptop.error(['share', 'init', wrongPassword]);
      expect(refused).toMatchObject({ exitCode: 1, code: 'not-allowed' });
      expect(JSON.stringify(refused)).not.toContain('wrong-canary');
    });
  });

  describe('behind a connection that', () => {
    async function machines() {
      const unreliable = await startUnreliable(postgres.port);
      onTestFinished(() => unreliable.stop());
      const database = await postgres.newDatabase();
      const phrase = await laptop.init({ url: unreliable.through(database.url) });
      await laptop.data(['share', 'add', '--all']);
      const desktop = new SharingMachine('desktop', provider);
      await desktop.join(database, phrase);
      return { unreliable, desktop };
    }

    test.each<Fault['kind']>(['cut', 'silence', 'twice'])(
      '%s at any of its messages loses no login, and the next exchange sets it right',
      async (kind) => {
        const { unreliable, desktop } = await machines();
        await laptop.data(['sync']);
        const messages = unreliable.messages();
        expect(messages).toBeGreaterThan(3);
        for (let at = 1; at <= messages + 1; at += kind === 'silence' ? 4 : 2) {
          // A new label gives each exchange something to push.
          await laptop.data(['label', '1', `label ${at}`]);
          unreliable.setFault({ kind, at });
          const { exitCode, stderr } = await laptop.run(['sync', '--timeout', '1']);
          expect([0, 1, 5], stderr).toContain(exitCode);
          expect(stderr).not.toMatch(/an unexpected/);
          unreliable.setFault(undefined);
          await laptop.data(['sync']);
          await desktop.data(['sync']);
          expect((await desktop.data(['list'])).accounts[0]).toMatchObject({ label: `label ${at}` });
          expectOneKeeper(laptop, desktop);
        }
      },
    );
  });

  describe('that was restored from an old backup', () => {
    test('is not believed where it is older, and is brought up to date by whoever knows more', async () => {
      const { database, desktop } = await sharingMachines(postgres, provider, laptop);
      const { name } = database;
      await postgres.copyDatabase(name, `${name}_backup`);
      for (let round = 0; round < 2; round += 1) {
        await laptop.data(['renew', 'alice', '--force']);
        await laptop.data(['sync']);
        await desktop.data(['sync']);
      }
      const newest = laptop.seeded.records()[0]?.accessToken;
      await postgres.copyDatabase(`${name}_backup`, name);
      const told = await desktop.run(['sync']);
      expect(told.stdout + told.stderr).toMatch(/older state[\s\S]*share take <account> --force/);
      expect((await desktop.run(['sync'])).stdout).toContain('Nothing new');
      expect((await desktop.run(['doctor'])).stdout).toContain('older state');
      expect(desktop.seeded.records()[0]?.accessToken).toBe(newest);
      await laptop.data(['sync']);
      await desktop.data(['sync']);
      for (const machine of [laptop, desktop]) expect(machine.seeded.records()[0]?.accessToken).toBe(newest);
      expect((await desktop.run(['doctor'])).stdout).not.toContain('older state');
      expectOneKeeper(laptop, desktop);
      await laptop.data(['renew', 'alice', '--force']);
      await laptop.data(['sync']);
      await desktop.data(['sync']);
      expect(desktop.seeded.records()[0]?.accessToken).toBe(laptop.seeded.records()[0]?.accessToken);
    });

    test('from before a login was handed over gives it to nobody a second time', async () => {
      const { database, desktop } = await sharingMachines(postgres, provider, laptop);
      const { name } = database;
      await postgres.copyDatabase(name, `${name}_backup`);
      await desktop.run(['share', 'take', '1']);
      await laptop.data(['sync']);
      await desktop.data(['sync']);
      await desktop.data(['renew', 'alice', '--force']);
      await postgres.copyDatabase(`${name}_backup`, name);
      for (const machine of [laptop, desktop, laptop, desktop]) await machine.run(['sync']);
      expectOneKeeper(desktop, laptop);
      expect(held(desktop)).toBe('live');
    });

    test('of another pool is none that was joined', async () => {
      const { database, desktop } = await sharingMachines(postgres, provider, laptop);
      const other = await postgres.newDatabase();
      await new SharingMachine('stranger', provider).init(other);
      await postgres.copyDatabase(other.name, database.name);
      await postgres.query(database.name, `GRANT ALL ON SCHEMA codex_auth TO ${database.owner.name}`);
      await postgres.query(database.name, `GRANT ALL ON ALL TABLES IN SCHEMA codex_auth TO ${database.owner.name}`);
      const error = await desktop.error(['sync']);
      expect(error).toMatchObject({ exitCode: 1, code: 'shared-pool' });
      expect(error.details.reason).toMatch(/other-pool|wrong-key/);
      expectOneKeeper(laptop, desktop);
    });
  });

  test.each([
    ['a day ahead', dayMs],
    ['a day behind', -dayMs],
  ])('works for a machine whose clock is %s', async (_what, offMs) => {
    const directory = temporaryDirectory();
    const seeded = new RefreshHome(directory, provider);
    const { clock } = seeded.home;
    const off = { ...clock, now: () => clock.now() + offMs };
    const desktop = new SharingMachine('desktop', provider, seeded);
    const database = await postgres.newDatabase();
    const phrase = await laptop.init(database);
    await laptop.data(['share', 'add', '--all']);
    const argv = ['share', 'join', database.url, '--name', 'desktop', '--key-file', '-'];
    await desktop.data(argv, { stdin: phrase, clock: off });
    await laptop.data(['renew', 'alice', '--force']);
    await laptop.data(['sync']);
    await desktop.data(['sync'], { clock: off });
    expect(desktop.seeded.records()[0]?.accessToken).toBe(laptop.seeded.records()[0]?.accessToken);
    expectOneKeeper(laptop, desktop);
  });

  test('whose password has changed, or that has moved, is reached at its new address', async () => {
    const { database, desktop } = await sharingMachines(postgres, provider, laptop);
    const { name, owner } = database;
    const changed = { ...owner, password: 'another-canary' };
    await postgres.query(name, `ALTER ROLE ${owner.name} PASSWORD '${changed.password}'`);
    expect(await laptop.error(['sync'])).toMatchObject({
      code: 'not-allowed',
      hint: expect.stringContaining('codex-auth share join'),
    });
    const moved = await laptop.run(['share', 'join', database.urlFor(changed)]);
    expect(moved).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('exchanges with the shared pool') });
    expect(moved.stdout + moved.stderr).not.toContain(changed.password);
    await desktop.data(['share', 'join', '-'], { stdin: database.urlFor(changed) });
    const other = await postgres.newDatabase();
    await new SharingMachine('stranger', provider).init(other);
    const elsewhere = await desktop.error(['share', 'join', other.url]);
    expect(elsewhere).toMatchObject({ code: 'shared-pool' });
    await desktop.data(['sync']);
  });

  test.each([
    ['', 'empty'],
    ['a'.repeat(41), 'too long'],
    ['lap\u001b[31mtop', 'with control characters'],
  ])('is not made by a machine whose name is %j', async (name) => {
    const { url } = await postgres.newDatabase();
    const error = await laptop.error(['share', 'init', url, '--name', name]);
    expect(error).toMatchObject({ exitCode: 2, code: 'usage', hint: expect.stringContaining('--name laptop') });
  });

  test('finds a machine that was copied, and only one of the two goes on renewing', async () => {
    const { desktop } = await sharingMachines(postgres, provider, laptop);
    const directory = temporaryDirectory();
    cpSync(laptop.seeded.home.directory, directory, { recursive: true });
    const copy = new SharingMachine('laptop', provider, new RefreshHome(directory, provider));
    await laptop.data(['sync']);
    const told = await copy.run(['sync']);
    expect(told.stdout + told.stderr).toMatch(/copied|disk image|same identity|goes by/i);
    expect(held(copy)).toBe('none');
    expect(held(laptop)).toBe('live');
    await laptop.data(['renew', 'alice', '--force']);
    await laptop.data(['sync']);
    await desktop.data(['sync']);
    expectOneKeeper(laptop, copy, desktop);
    await copy.data(['share', 'leave', '--forget', '--yes']);
    const phrase = (await laptop.data(['share', 'phrase'])).recoveryPhrase;
    const { url } = JSON.parse(
      (await import('node:fs')).readFileSync(join(laptop.seeded.home.root, 'share.json'), 'utf8'),
    );
    await copy.join({ url }, phrase);
    expectOneKeeper(laptop, copy, desktop);
  });
});
