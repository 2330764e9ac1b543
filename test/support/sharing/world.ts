import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { flockHelpers } from '../../../src/core/codex/credential-lock.js';
import { createHttpClient } from '../../../src/core/http/undici-client.js';
import type { RefreshDeps } from '../../../src/core/logins/refresh-deps.js';
import { sideBySide } from '../../../src/core/logins/refresh-deps.js';
import { resolveProvider } from '../../../src/core/provider/provider.js';
import { Secret } from '../../../src/core/secret.js';
import { resolveSettings, settingsOf } from '../../../src/core/settings.js';
import { initShare, joinShare } from '../../../src/core/sharing/membership.js';
import { shareCustody } from '../../../src/core/sharing/share-custody.js';
import { readShare } from '../../../src/core/sharing/share-file.js';
import { newShareKey, type ShareKey } from '../../../src/core/sharing/share-key.js';
import type { ShareDeps } from '../../../src/core/sharing/share-session.js';
import type { Root } from '../../../src/core/storage/root.js';
import { KeptConnections } from '../postgres/kept-connections.js';
import type { Postgres, Session, TestDatabase } from '../postgres/server.js';
import { startUnreliable, type Unreliable } from '../postgres/unreliable.js';
import type { Provider } from '../provider/start.js';
import { alice, bob, RefreshHome } from '../refresh-home.js';

export const people = [alice, bob] as const;
export type Person = (typeof people)[number];

/** What stays from schedule to schedule: starting it takes longer than a schedule. */
export interface Lane {
  readonly database: TestDatabase;
  /** A session of the superuser in that database. */
  readonly session: Session;
  readonly kept: KeptConnections;
  readonly provider: Provider;
  readonly ways: readonly Unreliable[];
  readonly http: ReturnType<typeof createHttpClient>;
}

export async function openLane(postgres: Postgres, provider: Provider): Promise<Lane> {
  const database = await postgres.newDatabase();
  const session = await postgres.openSession(database.name);
  const kept = new KeptConnections(postgres.port);
  const ways = await Promise.all([1, 2, 3].map(() => startUnreliable(postgres.port, kept)));
  const http = createHttpClient({ proxyFor: () => ({ kind: 'direct', source: 'none' }) });
  return { database, session, kept, provider, ways, http };
}

export async function closeLane({ ways, kept, session, http }: Lane): Promise<void> {
  await Promise.all(ways.map((way) => way.stop()));
  kept.stop();
  await session.end();
  await http.close();
}

export interface ChaosMachine {
  readonly name: string;
  readonly home: RefreshHome;
  readonly way: Unreliable;
  /** How far the machine's clock is ahead, in milliseconds. */
  clockAheadMs: number;
  /** How long the machine waits for the database; short where that is about to fall silent. */
  deadlineMs: number;
}

/** Long enough, however busy this machine is. */
export const patientMs = 60_000;

/** Three roots with one pool, each by a way of its own to the database. */
export class ShareWorld {
  readonly lane: Lane;
  readonly directory: string;
  readonly key: ShareKey = newShareKey();
  readonly machines: readonly [ChaosMachine, ChaosMachine, ChaosMachine];

  private constructor(lane: Lane, directory: string) {
    this.lane = lane;
    this.directory = directory;
    const { provider, ways } = lane;
    const clock = {
      now: () => provider.scenario.now(),
      monotonicMs: () => performance.now(),
      sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
    };
    this.machines = ['one', 'two', 'three'].map((name, index) => {
      mkdirSync(join(directory, name), { recursive: true });
      const home = new RefreshHome(join(directory, name), provider, { clock });
      const way = ways[index];
      if (way === undefined) throw new Error('unreachable');
      return { name, home, way, clockAheadMs: 0, deadlineMs: patientMs };
    }) as unknown as [ChaosMachine, ChaosMachine, ChaosMachine];
  }

  /** A fresh pool, in which everybody takes part and nothing is shared yet. */
  static async make(lane: Lane, directory: string): Promise<ShareWorld> {
    const { database, session } = lane;
    for (const way of lane.ways) way.setFault(undefined);
    await session.query('DROP SCHEMA IF EXISTS codex_auth CASCADE');
    const world = new ShareWorld(lane, directory);
    for (const [index, machine] of world.machines.entries()) {
      const url = new Secret(machine.way.through(database.url));
      const joining = { url, key: world.key, machineName: machine.name };
      const deps = world.shareDeps(machine, machine.home.root);
      if (index === 0) await initShare(deps, joining);
      else await joinShare(deps, joining);
    }
    return world;
  }

  shareDeps(machine: ChaosMachine, root: Root, unansweredRetryMs = 300_000): ShareDeps {
    return {
      root,
      home: machine.home.codex,
      flockHelpers,
      key: () => Promise.resolve(this.key),
      signal: new AbortController().signal,
      warn: () => undefined,
      unansweredRetryMs,
      deadlineMs: machine.deadlineMs,
    };
  }

  refreshDeps(machine: ChaosMachine, root: Root, unansweredRetryMs = 300_000): RefreshDeps {
    const { provider, http } = this.lane;
    return {
      root,
      home: machine.home.codex,
      http,
      provider: resolveProvider({ issuer: provider.issuer, backendUrl: provider.backendUrl }),
      callOptions: { userAgent: 'codex-auth/test' },
      settings: { ...settingsOf(resolveSettings({}, {})), unansweredRetryMs },
      flockHelpers,
      runningClients: () => [],
      uninterrupted: (task) => task(),
      warn: () => undefined,
      signal: new AbortController().signal,
      custody: shareCustody(this.shareDeps(machine, root, unansweredRetryMs)),
      ...sideBySide(root),
    };
  }

  /** The refresh tokens in the pool and in the home of a machine. */
  held({ home }: ChaosMachine): string[] {
    const records = tolerant(() => [...home.records(), ...home.flagged()]) ?? [];
    const ofRecords = records.flatMap(({ refreshToken }) => refreshToken || []);
    const inHome = tolerant(() => (existsSync(home.home.authFile) ? home.authFile().tokens.refresh_token : '')) || [];
    return [...new Set([...ofRecords, ...[inHome].flat()])];
  }

  recordOf({ home }: ChaosMachine, { email }: Person) {
    return [...home.records(), ...home.flagged()].find((record) => record['email'] === email);
  }

  /** Whether the machine, as far as it knows, keeps the login: no other machine is its keeper. */
  believesToKeep(machine: ChaosMachine, person: Person): boolean {
    const id = this.recordOf(machine, person)?.recordId;
    const row = readShare(machine.home.root)?.rows.find(({ accountId }) => accountId === id);
    return row === undefined || row.role === 'keeper';
  }

  /** Whether a file of any root holds a token, or the database has it sealed. */
  async isSomewhere(token: string): Promise<boolean> {
    if (
      this.machines.some(({ home }) => filesBelow(home.home.directory).some((path) => contentOf(path).includes(token)))
    )
      return true;
    return (await this.sealedTokens()).includes(token);
  }

  /** The refresh tokens that the database has, and those that a machine has given away sealed. */
  async sealedTokens(): Promise<string[]> {
    const rows = await this.lane.session.query<{ id: string; generation: string; sealed_refresh: string | null }>(
      'SELECT id, generation, sealed_refresh FROM codex_auth.share_login',
    );
    const given = this.machines.flatMap(({ home }) =>
      (readShare(home.root)?.rows ?? []).flatMap(({ id, generation, given: it }) =>
        it === undefined ? [] : [{ id, generation: String(generation), sealed_refresh: it.sealed_refresh }],
      ),
    );
    return [...rows, ...given].flatMap(({ id, generation, sealed_refresh: sealed }) => {
      const place = { id, part: 'refresh' as const, generation: Number(generation) };
      return sealed === null ? [] : (this.key.open(sealed, place)?.reveal() ?? []);
    });
  }
}

function tolerant<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    // The file is being replaced.
    return undefined;
  }
}

function filesBelow(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
