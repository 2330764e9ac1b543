import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../held-ports.js';
import { searchPath } from './find-postgres.js';
import type { Postgres, TestDatabase } from './server.js';
import { giveToServer, startAsServer } from './server-process.js';

/** Why the tests with a pooler are skipped; undefined when they are not. */
export function missingForPooler(): string | undefined {
  return findPooler() === undefined ? 'pgbouncer is not installed: apt-get install pgbouncer' : undefined;
}

function findPooler(): string | undefined {
  return searchPath()
    .map((directory) => join(directory, 'pgbouncer'))
    .find((path) => existsSync(path));
}

export interface Pooler {
  /** The address of the database by way of the pooler. */
  readonly url: string;
  stop(): Promise<void>;
}

/** PgBouncer as hosted databases run it: a client has a connection of the server for one transaction only. */
export async function startPooler({ port }: Postgres, { name, owner }: TestDatabase): Promise<Pooler> {
  const program = findPooler();
  if (program === undefined) throw new Error('pgbouncer is not installed');
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'codex-auth-pooler-'));
  const ownPort = await freePort();
  writeFileSync(join(directory, 'users'), `"${owner.name}" "${owner.password}"\n`);
  writeFileSync(
    join(directory, 'pooler.ini'),
    `[databases]
${name} = host=127.0.0.1 port=${port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${ownPort}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(directory, 'users')}
pool_mode = transaction
default_pool_size = 2
`,
  );
  giveToServer(directory);
  const server = startAsServer(directory, program, join(directory, 'pooler.ini'));
  async function stop(): Promise<void> {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
  for (let attempt = 1; !(await canConnect(ownPort)); attempt += 1) {
    if (attempt === 100) {
      await stop();
      throw new Error(`the pooler did not start: ${server.log()}`);
    }
    await delay(50);
  }
  return { url: `postgresql://${owner.name}:${owner.password}@127.0.0.1:${ownPort}/${name}`, stop };
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.unref();
    socket.once('connect', () => socket.destroy());
  });
}
