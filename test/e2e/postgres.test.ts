import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { hasOpenssl, makeCertificates } from '../support/certificates.js';
import { findPostgres } from '../support/postgres/find-postgres.js';
import { missingForPooler, startPooler } from '../support/postgres/pooler.js';
import { type Postgres, startPostgres } from '../support/postgres/server.js';

const found = findPostgres();
const missing = 'missing' in found ? found.missing : undefined;
const noPooler = missingForPooler();
const why = (reason: string | undefined) => (reason === undefined ? '' : ` (skipped: ${reason})`);

async function ask(connectionString: string, statement: string, ssl: pg.ClientConfig['ssl'] = false) {
  const client = new pg.Client({ connectionString, ssl });
  try {
    await client.connect();
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

describe.skipIf(missing !== undefined)(`the database server of the tests${why(missing)}`, () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  test('has a database of its own for each test, with an owner who is no superuser', async () => {
    const { url } = await postgres.newDatabase();
    expect(await ask(url, `SELECT current_setting('is_superuser') AS super`)).toEqual([{ super: 'off' }]);
    await expect(ask(url.replace(/:[^:@]+@/, ':wrong@'), 'SELECT 1')).rejects.toThrow('password authentication failed');
  });

  test('puts a copy of a database in the place of another', async () => {
    const { name, url } = await postgres.newDatabase();
    await ask(url, 'CREATE TABLE kept AS SELECT 1 AS value');
    await postgres.copyDatabase(name, `${name}_backup`);
    await ask(url, 'UPDATE kept SET value = 2');
    await postgres.copyDatabase(`${name}_backup`, name);
    expect(await postgres.query(name, 'SELECT value FROM kept')).toEqual([{ value: 1 }]);
  });

  test.skipIf(noPooler !== undefined)(`answers by way of a pooler in transaction mode${why(noPooler)}`, async () => {
    const pooler = await startPooler(postgres, await postgres.newDatabase());
    onTestFinished(() => pooler.stop());
    expect(await ask(pooler.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test.skipIf(!hasOpenssl)('takes connections over TLS only when it has a certificate', async () => {
    const { caFile: _file, ...certificates } = makeCertificates();
    const secured = await startPostgres({ certificates });
    onTestFinished(() => secured.stop());
    const { url } = await secured.newDatabase();
    await expect(ask(url, 'SELECT 1')).rejects.toThrow('no encryption');
    const tls = { rejectUnauthorized: false };
    expect(await ask(url, 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()', tls)).toEqual([{ ssl: true }]);
  });

  test('ends with the process that has started it, however that ends', async () => {
    const module = fileURLToPath(new URL('../support/postgres/server.ts', import.meta.url));
    const program = `import(${JSON.stringify(module)}).then(async ({ startPostgres }) => {
      console.log((await startPostgres()).port);
    });`;
    const owner = spawn(process.execPath, ['--import', 'tsx', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const port = await new Promise<number>((resolve) => owner.stdout.once('data', (text) => resolve(Number(text))));
    owner.kill('SIGKILL');
    await expect
      .poll(() => ask(`postgresql://nobody:wrong@127.0.0.1:${port}/postgres`, 'SELECT 1').catch(({ code }) => code), {
        timeout: 15_000,
      })
      .toBe('ECONNREFUSED');
  });
});
