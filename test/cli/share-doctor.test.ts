import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { runJson } from '../support/cli.js';
import { findPostgres } from '../support/postgres/find-postgres.js';
import { type Postgres, startPostgres } from '../support/postgres/server.js';
import { startUnreliable } from '../support/postgres/unreliable.js';
import { type Provider, startProvider } from '../support/provider/start.js';
import { alice } from '../support/refresh-home.js';
import { SharingMachine, sharingMachines } from '../support/sharing.js';

const found = findPostgres();
const why = 'missing' in found ? ` (skipped: ${found.missing})` : '';

interface Row {
  readonly id: string;
  readonly status: string;
  readonly message: string;
  readonly commands: readonly string[];
}

const poolRows = ['shared-pool', 'pool-key', 'pool-clock', 'keepers'];

describe.skipIf('missing' in found)(`doctor about a shared pool${why}`, () => {
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

  /** The time of the database: the clock of the tests is twenty years ahead of it. */
  const inTime = ({ seeded }: SharingMachine, aheadMs = 0) => {
    const shiftMs = Number(process.env['DATE_SHIFT_MS'] ?? 0);
    const { clock } = seeded.home;
    return { clock: { ...clock, now: () => clock.now() - shiftMs + aheadMs } };
  };

  async function rowsOf(machine: SharingMachine, argv: readonly string[] = [], options = inTime(machine)) {
    const { document } = await runJson(machine.seeded.home, ['doctor', ...argv], options);
    const rows: Row[] = document.data.checks;
    return Object.fromEntries(rows.map((row) => [row.id, row]));
  }

  const statuses = (rows: Record<string, Row>) => poolRows.map((id) => rows[id]?.status);

  test('says nothing is wrong where nothing is shared, and asks nobody', async () => {
    expect(statuses(await rowsOf(laptop))).toEqual(['ok', 'ok', 'ok', 'ok']);
  });

  test('says how the database is reached, which version it has, and who keeps what', async () => {
    const { desktop } = await sharingMachines(postgres, provider, laptop);
    const rows = await rowsOf(desktop);
    expect(statuses(rows)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(rows['shared-pool']?.message).toMatch(
      /^127\.0\.0\.1:\d+\/db_\w+ answers on this machine, PostgreSQL \d+.*schema 1$/,
    );
    expect(rows['pool-key']?.message).toMatch(/is here and fits/);
    expect(rows['pool-clock']?.message).toBe('agrees with the database');
    expect(rows['keepers']?.message).toBe('laptop keeps 1');
    expect((await rowsOf(laptop))['keepers']?.message).toBe('this machine keeps 1');
    // A login that another machine renews is no finding.
    expect(rows['tokens']).toMatchObject({ status: 'ok' });
  });

  test('with --offline opens no connection', async () => {
    const unreliable = await startUnreliable(postgres.port);
    onTestFinished(() => unreliable.stop());
    const { url } = await postgres.newDatabase();
    await laptop.init({ url: unreliable.through(url) });
    const before = unreliable.seen().length;
    expect(statuses(await rowsOf(laptop, ['--offline']))).toEqual(['skipped', 'ok', 'skipped', 'ok']);
    expect(unreliable.seen().length).toBe(before);
  });

  test('names a database that does not answer, and what goes on without it', async () => {
    const unreliable = await startUnreliable(postgres.port);
    const { url } = await postgres.newDatabase();
    await laptop.init({ url: unreliable.through(url) });
    await unreliable.stop();
    expect((await rowsOf(laptop))['shared-pool']).toMatchObject({
      status: 'error',
      message: expect.stringContaining('cannot work with the database'),
    });
  });

  test('names a key that is gone, one that does not fit, and the command that brings it back', async () => {
    const { desktop } = await sharingMachines(postgres, provider, laptop);
    rmSync(desktop.seeded.root.paths.shareKey);
    expect((await rowsOf(desktop))['pool-key']).toMatchObject({
      status: 'error',
      commands: [expect.stringContaining('codex-auth share join')],
    });
    const [own, others] = [await postgres.newDatabase(), await postgres.newDatabase()];
    const server = new SharingMachine('server', provider);
    await server.init(own);
    await new SharingMachine('stranger', provider).init(others);
    await postgres.copyDatabase(others.name, own.name);
    const grants = ['USAGE ON SCHEMA codex_auth', 'ALL ON ALL TABLES IN SCHEMA codex_auth'];
    for (const grant of grants) await postgres.query(own.name, `GRANT ${grant} TO ${own.owner.name}`);
    expect((await rowsOf(server))['pool-key']).toMatchObject({
      status: 'error',
      message: expect.stringContaining('another key'),
    });
  });

  test('names a clock that is a day off', async () => {
    const { desktop } = await sharingMachines(postgres, provider, laptop);
    const day = 86_400_000;
    for (const [aheadMs, what] of [
      [day, /24 hours ahead of the database/],
      [-day, /24 hours behind the database/],
    ] as const) {
      const rows = await rowsOf(desktop, [], inTime(desktop, aheadMs));
      expect(rows['pool-clock']).toMatchObject({ status: 'warn', message: expect.stringMatching(what) });
    }
  });

  test('names what is kept by a machine that was not seen for long, and by nobody, with the way out', async () => {
    const { desktop, database } = await sharingMachines(postgres, provider, laptop);
    const longAgo = `UPDATE codex_auth.share_machine SET seen_at = now() - interval '9 days'
      WHERE id = (SELECT keeper FROM codex_auth.share_login)`;
    await postgres.query(database.name, longAgo);
    expect((await rowsOf(desktop))['keepers']).toMatchObject({
      status: 'warn',
      message: expect.stringMatching(/is kept by laptop, which has not been seen for 9 days/),
      commands: [expect.stringMatching(/codex-auth share take \S+ --force/)],
    });
    await laptop.data(['share', 'leave', '--give', '--yes']);
    await desktop.data(['sync']);
    expect((await rowsOf(desktop))['keepers']).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('nobody keeps'),
      commands: [expect.stringMatching(/codex-auth share take \S+$/)],
    });
  });

  test('names a role that may only read', async () => {
    const { desktop, database } = await sharingMachines(postgres, provider, laptop);
    const { name, owner } = database;
    await postgres.query(name, 'ALTER TABLE codex_auth.share_login OWNER TO postgres');
    await postgres.query(name, `GRANT SELECT ON codex_auth.share_login TO ${owner.name}`);
    expect((await rowsOf(desktop))['shared-pool']).toMatchObject({
      status: 'error',
      commands: [expect.stringContaining('shared-pool.sql')],
    });
  });

  test('names a file that is damaged', async () => {
    await laptop.init(await postgres.newDatabase());
    writeFileSync(laptop.seeded.root.paths.share, '[]');
    expect((await rowsOf(laptop))['shared-pool']).toMatchObject({
      status: 'error',
      commands: [expect.stringContaining('share leave --forget')],
    });
  });
});
