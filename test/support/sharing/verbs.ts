import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { schemaName } from '../../../src/core/sharing/schema.js';
import { type CliOptions, runJson } from '../cli.js';
import { rememberRows } from '../postgres/remember-rows.js';
import type { Postgres, TestDatabase } from '../postgres/server.js';
import type { Provider } from '../provider/start.js';
import { alice, RefreshHome } from '../refresh-home.js';
import { SharingMachine } from '../sharing.js';
import { directoryInMemory } from '../temporary.js';
import { livingTokensIn } from './living-tokens.js';

type Name = 'laptop' | 'desktop';

/** Two machines and their database, which go back to what they were before each time. */
export interface World {
  readonly laptop: SharingMachine;
  readonly desktop: SharingMachine;
  readonly database: TestDatabase;
  /** The address of the database for the machines. */
  readonly url: string;
  phrase: string;
}

/** A command that something cuts short. */
export interface Verb {
  readonly argv: readonly string[];
  readonly by: Name;
  readonly stdin?: (world: World) => string;
  /** What has happened before. */
  readonly before: (world: World) => Promise<unknown>;
  /** What people do then, besides the same command again. */
  readonly after: (world: World) => Promise<unknown>;
  /** What the same command may say where it had come so far that nothing is left to do. */
  readonly done?: { readonly reason: string; readonly hint: RegExp };
  /** The machine that has the refresh token in the end. */
  readonly keeper: Name;
  readonly exitCodes?: readonly number[];
  /** A machine that is superseded by force has not heard of it until it exchanges. */
  readonly isForced?: true;
}

async function beginPool(world: World): Promise<void> {
  world.phrase = await world.laptop.init(world);
}

async function sharePool(world: World): Promise<void> {
  await beginPool(world);
  await world.laptop.data(['share', 'add', '--all']);
}

async function bothShare(world: World): Promise<void> {
  await sharePool(world);
  await world.desktop.join(world, world.phrase);
}

async function syncBoth({ laptop, desktop }: World): Promise<void> {
  for (const each of [laptop, desktop, laptop]) await each.data(['sync']);
}

/** Expects that a machine whose joining was cut short is not left behind under the same name. */
async function expectTwoMachines({ laptop }: World): Promise<void> {
  const { live } = await laptop.data(['share', 'status', '--live']);
  expect(live.machines.map(({ name }: { name: string }) => name).sort()).toEqual(['desktop', 'laptop']);
}

function expectNoKey({ seeded }: SharingMachine): void {
  expect(existsSync(seeded.root.paths.shareKey)).toBe(false);
}

export const verbs: Readonly<Record<string, Verb>> = {
  'share init': {
    argv: ['share', 'init', '-', '--name', 'laptop'],
    by: 'laptop',
    stdin: ({ url }) => url,
    before: async () => undefined,
    async after(world) {
      world.phrase = (await world.laptop.data(['share', 'phrase'])).recoveryPhrase;
      await world.laptop.data(['share', 'add', '--all']);
      await world.desktop.join(world, world.phrase);
      await expectTwoMachines(world);
    },
    done: { reason: 'joined-already', hint: /share phrase shows its recovery phrase/ },
    keeper: 'laptop',
  },
  'share join': {
    argv: ['share', 'join', '-', '--key-file', '-', '--name', 'desktop'],
    by: 'desktop',
    stdin: ({ url, phrase }) => `${url}\n${phrase}\n`,
    before: sharePool,
    async after(world) {
      await syncBoth(world);
      await expectTwoMachines(world);
    },
    keeper: 'laptop',
  },
  'share add': {
    argv: ['share', 'add', '--all'],
    by: 'laptop',
    async before(world) {
      await beginPool(world);
      await world.desktop.join(world, world.phrase);
    },
    after: syncBoth,
    keeper: 'laptop',
  },
  'share withdraw': {
    argv: ['share', 'withdraw', 'alice', '--yes'],
    by: 'laptop',
    before: bothShare,
    async after(world) {
      await syncBoth(world);
      for (const each of [world.laptop, world.desktop])
        expect((await each.data(['share', 'status'])).logins).toEqual([]);
    },
    done: { reason: 'not-shared', hint: /codex-auth share add/ },
    keeper: 'laptop',
  },
  'share take, which asks': {
    argv: ['share', 'take', 'alice'],
    by: 'desktop',
    exitCodes: [0, 1],
    before: bothShare,
    after: syncBoth,
    keeper: 'desktop',
  },
  'share take, which receives': {
    argv: ['share', 'take', 'alice'],
    by: 'desktop',
    async before(world) {
      await bothShare(world);
      await world.desktop.run(['share', 'take', 'alice']);
      await world.laptop.data(['sync']);
    },
    after: syncBoth,
    keeper: 'desktop',
  },
  'share take --force': {
    argv: ['share', 'take', 'alice', '--force', '--yes'],
    by: 'desktop',
    before: bothShare,
    after: syncBoth,
    keeper: 'desktop',
    isForced: true,
  },
  'share leave': {
    argv: ['share', 'leave', '--yes'],
    by: 'laptop',
    before: bothShare,
    async after({ laptop, desktop }) {
      expectNoKey(laptop);
      await desktop.data(['sync']);
    },
    done: { reason: 'not-joined', hint: /codex-auth share init/ },
    keeper: 'laptop',
  },
  'share leave --give': {
    argv: ['share', 'leave', '--give', '--yes'],
    by: 'laptop',
    before: bothShare,
    async after({ laptop, desktop }) {
      expectNoKey(laptop);
      await desktop.data(['sync']);
      await desktop.data(['share', 'take', 'alice']);
    },
    done: { reason: 'not-joined', hint: /codex-auth share init/ },
    keeper: 'desktop',
  },
};

/** A laptop with a login that the official client uses as well, and a desktop; nothing is shared. */
export async function makeWorld(
  postgres: Postgres,
  provider: Provider,
  through = (url: string) => url,
): Promise<World> {
  const [laptop, desktop] = (['laptop', 'desktop'] as const).map(
    (name) => new SharingMachine(name, provider, new RefreshHome(directoryInMemory(), provider)),
  ) as [SharingMachine, SharingMachine];
  laptop.seeded.writeAuthFile(await laptop.seeded.addAccount('acc_alice', alice));
  const database = await postgres.newDatabase();
  return { laptop, desktop, database, url: through(database.url), phrase: '' };
}

/** Returns a function that brings everything back to this moment. */
export async function remember({ laptop, desktop, database }: World, postgres: Postgres): Promise<() => Promise<void>> {
  const directories = [laptop, desktop].map(({ seeded }) => seeded.home.directory);
  const copies = directories.map((directory) => {
    const copy = join(directoryInMemory(), 'copy');
    cpSync(directory, copy, { recursive: true });
    return { directory, copy };
  });
  const restoreRows = await rememberRows(postgres, database.name, schemaName);
  return async () => {
    for (const { directory, copy } of copies) {
      rmSync(directory, { recursive: true });
      cpSync(copy, directory, { recursive: true });
    }
    await restoreRows();
  };
}

/**
 * Expects what holds whenever a command was cut short: one machine at most has the refresh token, and the same command
 * comes to its end.
 */
export async function expectToGoOn(world: World, verb: Verb, where: string): Promise<void> {
  if (verb.isForced) await world.laptop.data(['sync']);
  expect(holders(world, verb).length, where).toBeLessThanOrEqual(1);
  const machine = world[verb.by];
  for (const argv of [['share', 'status', '--live'], ['doctor']]) {
    const { exitCode, document } = await runJson(machine.seeded.home, argv);
    expect({ exitCode, error: document.error }, `${argv.join(' ')}, ${where}`).toMatchObject({ error: undefined });
  }
  await runAgain(world, verb, where);
  await verb.after(world);
  expect(holders(world, verb), where).toEqual([verb.keeper]);
}

async function runAgain(world: World, verb: Verb, where: string): Promise<void> {
  const stdin = verb.stdin?.(world);
  const options: CliOptions = stdin === undefined ? {} : { stdin };
  const { exitCode, document } = await runJson(world[verb.by].seeded.home, verb.argv, options);
  if (document.error === undefined) {
    expect(verb.exitCodes ?? [0], where).toContain(exitCode);
    return;
  }
  const { hint, details } = document.error;
  expect({ reason: details?.reason, hint }, where).toEqual({
    reason: verb.done?.reason,
    hint: expect.stringMatching(verb.done?.hint ?? /^$/),
  });
}

function holders({ laptop, desktop }: World, { isForced }: Verb): string[] {
  const places = isForced ? { except: 'copies' as const } : {};
  const holding = [laptop, desktop].filter(({ seeded }) => livingTokensIn(seeded, places).length > 0);
  return holding.map(({ name }) => name);
}
