import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { hasOpenssl, makeCertificates } from '../support/certificates.js';
import { project } from '../support/docs/markdown-files.js';
import { findPostgres } from '../support/postgres/find-postgres.js';
import { missingForPooler, startPooler } from '../support/postgres/pooler.js';
import { type Postgres, startPostgres } from '../support/postgres/server.js';
import { startUnreliable } from '../support/postgres/unreliable.js';
import { type Provider, startProvider } from '../support/provider/start.js';
import { alice, bob } from '../support/refresh-home.js';
import { SharingMachine, sharingMachines } from '../support/sharing.js';

const found = findPostgres();
const noPooler = missingForPooler();
const whyNot = (reason: string | undefined) => (reason === undefined ? '' : ` (skipped: ${reason})`);

describe.skipIf('missing' in found)(
  `the database of a shared pool${whyNot('missing' in found ? found.missing : undefined)}`,
  () => {
    let provider: Provider;
    let postgres: Postgres;
    let laptop: SharingMachine;
    beforeAll(async () => {
      // It writes down every statement, with what was sent.
      const settings = { log_statement: 'all', log_min_duration_statement: '0' };
      [provider, postgres] = await Promise.all([startProvider(), startPostgres({ settings })]);
    });
    beforeEach(async () => {
      laptop = new SharingMachine('laptop', provider);
      await laptop.seeded.addAccount('acc_alice', alice, { accountLabel: 'canary-label' });
    });
    afterEach(() => provider.reset());
    afterAll(() => Promise.all([provider.stop(), postgres.stop()]));

    test('can be made by hand, and a role with the least rights exchanges in it and can do nothing else', async () => {
      const database = await postgres.newDatabase();
      const role = await postgres.newRole();
      const sql = readFileSync(`${project}/docs/shared-pool.sql`, 'utf8').replaceAll(':role', role.name);
      await postgres.query(database.name, sql);
      const { url } = { url: database.urlFor(role) };
      const phrase = await laptop.init({ url });
      await laptop.data(['share', 'add', '--all']);
      const desktop = new SharingMachine('desktop', provider);
      await desktop.join({ url }, phrase);
      expect(await desktop.run(['share', 'take', '1'])).toMatchObject({ exitCode: 1 });
      for (const machine of [laptop, desktop]) await machine.data(['sync']);
      expect(provider.fateOf(desktop.seeded.records()[0]?.refreshToken ?? '')).toBe('live');
      await desktop.data(['share', 'withdraw', '1', '--yes']);
      await desktop.data(['share', 'leave', '--yes']);
      const rights = `SELECT has_schema_privilege('${role.name}', 'codex_auth', 'CREATE') AS make,
        has_table_privilege('${role.name}', 'codex_auth.share_login', 'DELETE') AS remove,
        has_table_privilege('${role.name}', 'codex_auth.share_migration', 'INSERT') AS migrate`;
      expect(await postgres.query(database.name, rights)).toEqual([{ make: false, remove: false, migrate: false }]);
    });

    test('its content, its log and the wire have no token, address, account id, label or name in the clear', async () => {
      await laptop.seeded.addAccount('acc_bob', bob);
      const unreliable = await startUnreliable(postgres.port);
      onTestFinished(() => unreliable.stop());
      const database = await postgres.newDatabase();
      const url = unreliable.through(database.url);
      const argv = ['share', 'init', url, '--name', 'canary-machine'];
      const { recoveryPhrase: phrase } = await laptop.data(argv);
      await laptop.data(['share', 'add', '--all']);
      const desktop = new SharingMachine('canary-desktop', provider);
      await desktop.join({ url }, phrase);
      await laptop.data(['renew', 'alice', '--force']);
      for (const machine of [laptop, desktop, laptop]) await machine.data(['sync']);
      const { key } = JSON.parse(readFileSync(laptop.seeded.root.paths.shareKey, 'utf8'));
      const secrets = [
        ...provider.issued.strings(),
        ...[alice, bob].flatMap(({ email, accountId }) => [email, accountId]),
        ...['user-alice', 'user-bob', 'canary-label', 'canary-machine', 'canary-desktop', phrase, key],
      ];
      const tables = ['share_pool', 'share_machine', 'share_login'];
      const dump = await Promise.all(
        tables.map((table) => postgres.query(database.name, `SELECT * FROM codex_auth.${table}`)),
      );
      expect(dump.map((rows) => rows.length)).toEqual([1, 2, 2]);
      const places = { dump: JSON.stringify(dump), wire: unreliable.seen().toString('latin1'), log: postgres.log() };
      expect(places.wire.length).toBeGreaterThan(5_000);
      expect(places.log).toContain('share_login');
      for (const [place, content] of Object.entries(places)) {
        const leaked = [...new Set(secrets)].filter((secret) =>
          [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64url').slice(0, -2)].some((form) =>
            content.includes(form),
          ),
        );
        expect(leaked, place).toEqual([]);
      }
    });

    test.skipIf(noPooler !== undefined)(`may be behind a pooler in transaction mode${whyNot(noPooler)}`, async () => {
      const database = await postgres.newDatabase();
      const pooler = await startPooler(postgres, database);
      onTestFinished(() => pooler.stop());
      const phrase = await laptop.init(pooler);
      await laptop.data(['share', 'add', '--all']);
      const desktop = new SharingMachine('desktop', provider);
      await desktop.join(pooler, phrase);
      await desktop.run(['share', 'take', '1']);
      for (const machine of [laptop, desktop, laptop]) await machine.data(['sync']);
      expect(provider.fateOf(desktop.seeded.records()[0]?.refreshToken ?? '')).toBe('live');
      expect(laptop.seeded.records()[0]?.refreshToken).toBeUndefined();
    });

    test.skipIf(!hasOpenssl)(
      'is spoken to with TLS where its address says so, and its certificate is verified',
      async () => {
        const { caFile, ...certificates } = makeCertificates();
        const secured = await startPostgres({ certificates });
        onTestFinished(() => secured.stop());
        const { url } = await secured.newDatabase();
        const byName = url.replace('@127.0.0.1:', '@localhost:');
        const trusted = `${byName}?sslmode=verify-full&sslrootcert=${encodeURIComponent(caFile)}`;
        const untrusted = await laptop.error(['share', 'init', `${byName}?sslmode=require`]);
        expect(untrusted).toMatchObject({
          exitCode: 1,
          code: 'not-allowed',
          message: expect.stringMatching(/could not prove who it is/),
          hint: expect.stringContaining('sslrootcert'),
        });
        await laptop.data(['share', 'init', trusted]);
        expect(await laptop.data(['share', 'status', '--live'])).toMatchObject({ live: { transport: 'tls' } });
      },
    );

    test('gets a second machine that shares the same login, and one of the two is its keeper', async () => {
      const { desktop, database } = await sharingMachines(postgres, provider, laptop);
      const server = new SharingMachine('server', provider);
      const tokens = await server.seeded.addAccount('acc_own', alice);
      const { recoveryPhrase } = await laptop.data(['share', 'phrase']);
      await server.join(database, recoveryPhrase);
      await server.data(['share', 'add', '--all']);
      for (const machine of [laptop, server, desktop, laptop, server]) await machine.data(['sync']);
      expect(server.seeded.records()).toHaveLength(1);
      const holders = [laptop, server, desktop].filter(({ seeded }) => seeded.records()[0]?.refreshToken);
      expect(holders).toHaveLength(1);
      expect(provider.fateOf(holders[0]?.seeded.records()[0]?.refreshToken ?? '')).toBe('live');
      expect(tokens.refresh_token).toBeDefined();
    });
  },
);
