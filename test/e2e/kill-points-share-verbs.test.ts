import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliOptions, runJson } from '../support/cli.js';
import { findPostgres } from '../support/postgres/find-postgres.js';
import { type Postgres, startPostgres, type TestDatabase } from '../support/postgres/server.js';
import { ProgramProcess } from '../support/program-process.js';
import { type Provider, startProvider } from '../support/provider/start.js';
import { alice, RefreshHome } from '../support/refresh-home.js';
import { livingTokensIn } from '../support/sharing/living-tokens.js';
import { SharingMachine } from '../support/sharing.js';
import { temporaryDirectory } from '../support/temporary.js';

const found = findPostgres();
const why = 'missing' in found ? ` (skipped: ${found.missing})` : '';
const preload = ['kill-at-step.mjs'];
/** How many instants of each command. */
const kills = 9;

type Name = 'laptop' | 'desktop';

/** Two machines and their database, which go back to what they were before each kill. */
interface World {
  readonly laptop: SharingMachine;
  readonly desktop: SharingMachine;
  readonly database: TestDatabase;
  phrase: string;
}

interface Verb {
  readonly argv: readonly string[];
  readonly killed: Name;
  readonly stdin?: (world: World) => string;
  /** What has happened before. */
  readonly before: (world: World) => Promise<unknown>;
  /** What people do then, besides the same command again. */
  readonly after: (world: World) => Promise<unknown>;
  /** What the same command may say where it had come so far that nothing is left to do. */
  readonly done?: { readonly reason: string; readonly hint: RegExp };
  /** Who has the refresh token in the end. */
  readonly keeper: Name;
  readonly exitCodes?: readonly number[];
  /** A machine that is superseded by force has not heard of it until it exchanges. */
  readonly isForced?: true;
}

async function beginPool(world: World): Promise<void> {
  world.phrase = await world.laptop.init(world.database);
}

async function sharePool(world: World): Promise<void> {
  await beginPool(world);
  await world.laptop.data(['share', 'add', '--all']);
}

async function bothShare(world: World): Promise<void> {
  await sharePool(world);
  await world.desktop.join(world.database, world.phrase);
}

async function syncBoth({ laptop, desktop }: World): Promise<void> {
  for (const each of [laptop, desktop, laptop]) await each.data(['sync']);
}

/** Nobody who was killed while joining is left behind under the same name. */
async function expectTwoMachines({ laptop }: World): Promise<void> {
  const { live } = await laptop.data(['share', 'status', '--live']);
  expect(live.machines.map(({ name }: { name: string }) => name).sort()).toEqual(['desktop', 'laptop']);
}

function expectNoKey({ seeded }: SharingMachine): void {
  expect(existsSync(seeded.root.paths.shareKey)).toBe(false);
}

const verbs: Readonly<Record<string, Verb>> = {
  'share init': {
    argv: ['share', 'init', '-', '--name', 'laptop'],
    killed: 'laptop',
    stdin: ({ database }) => database.url,
    before: async () => undefined,
    async after(world) {
      world.phrase = (await world.laptop.data(['share', 'phrase'])).recoveryPhrase;
      await world.laptop.data(['share', 'add', '--all']);
      await world.desktop.join(world.database, world.phrase);
      await expectTwoMachines(world);
    },
    done: { reason: 'joined-already', hint: /share phrase shows its recovery phrase/ },
    keeper: 'laptop',
  },
  'share join': {
    argv: ['share', 'join', '-', '--key-file', '-', '--name', 'desktop'],
    killed: 'desktop',
    stdin: ({ database, phrase }) => `${database.url}\n${phrase}\n`,
    before: sharePool,
    async after(world) {
      await syncBoth(world);
      await expectTwoMachines(world);
    },
    keeper: 'laptop',
  },
  'share add': {
    argv: ['share', 'add', '--all'],
    killed: 'laptop',
    async before(world) {
      await beginPool(world);
      await world.desktop.join(world.database, world.phrase);
    },
    after: syncBoth,
    keeper: 'laptop',
  },
  'share withdraw': {
    argv: ['share', 'withdraw', 'alice', '--yes'],
    killed: 'laptop',
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
    killed: 'desktop',
    exitCodes: [0, 1],
    before: bothShare,
    after: syncBoth,
    keeper: 'desktop',
  },
  'share take, which receives': {
    argv: ['share', 'take', 'alice'],
    killed: 'desktop',
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
    killed: 'desktop',
    before: bothShare,
    after: syncBoth,
    keeper: 'desktop',
    isForced: true,
  },
  'share leave': {
    argv: ['share', 'leave', '--yes'],
    killed: 'laptop',
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
    killed: 'laptop',
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

describe.skipIf('missing' in found)(`a machine with a shared pool is killed${why}`, () => {
  let provider: Provider;
  let postgres: Postgres;
  beforeAll(async () => {
    [provider, postgres] = await Promise.all([startProvider(), startPostgres()]);
  });
  afterAll(() => Promise.all([provider.stop(), postgres.stop()]));

  test.each(Object.entries(verbs))(
    'in %s: the login is in one hand, alive, and the same command goes on',
    { timeout: 180_000 },
    async (_, verb) => {
      const world = await makeWorld();
      await verb.before(world);
      const goBack = await remember(world);
      const { steps } = await runKilled(world, verb, undefined);
      expect(steps.length).toBeGreaterThan(kills);
      const stride = Math.ceil(steps.length / kills);
      for (let step = 1 + (stride >> 1); step <= steps.length; step += stride) {
        await goBack();
        const { signal } = await runKilled(world, verb, step);
        const where = `killed at step ${step} of ${steps.length}, ${steps[step - 1]}`;
        expect(signal, where).toBe('SIGKILL');
        await expectOneHand(world, verb, where);
        await goOn(world, verb, where);
      }
      const keeper = world[verb.keeper];
      const { exitCode, error } = await keeper.error(['renew', 'alice', '--force']);
      expect([exitCode, error]).toEqual([0, undefined]);
    },
  );

  async function makeWorld(): Promise<World> {
    const [laptop, desktop] = (['laptop', 'desktop'] as const).map(
      (name) => new SharingMachine(name, provider, new RefreshHome(temporaryDirectory(), provider)),
    ) as [SharingMachine, SharingMachine];
    laptop.seeded.writeAuthFile(await laptop.seeded.addAccount('acc_alice', alice));
    return { laptop, desktop, database: await postgres.newDatabase(), phrase: '' };
  }

  /** Returns what brings everything back to this moment. */
  async function remember({ laptop, desktop, database }: World): Promise<() => Promise<void>> {
    const directories = [laptop, desktop].map(({ seeded }) => seeded.home.directory);
    const copies = directories.map((directory) => {
      const copy = join(temporaryDirectory(), 'copy');
      cpSync(directory, copy, { recursive: true });
      return { directory, copy };
    });
    const backup = `${database.name}_before`;
    await postgres.copyDatabase(database.name, backup);
    return async () => {
      for (const { directory, copy } of copies) {
        rmSync(directory, { recursive: true });
        cpSync(copy, directory, { recursive: true });
      }
      await postgres.copyDatabase(backup, database.name);
      await postgres.query('postgres', `ALTER DATABASE ${database.name} OWNER TO ${database.owner.name}`);
    };
  }

  /** Right before a step, or not at all. */
  async function runKilled(world: World, verb: Verb, step: number | undefined) {
    const { home } = world[verb.killed].seeded;
    const log = join(temporaryDirectory(), 'steps.json');
    const variables = {
      KILL_AT_UNDER: [home.root, home.codexHome].join(delimiter),
      KILL_AT_LOG: log,
      ...(step === undefined ? {} : { KILL_AT_STEP: String(step) }),
    };
    const stdin = verb.stdin?.(world) ?? '';
    const { signal, exitCode, stderr } = await new ProgramProcess(home, verb.argv, {
      ...{ variables, preload, stdin, timeoutMs: 60_000 },
    }).ended;
    if (signal !== null) return { signal, steps: [] };
    expect(verb.exitCodes ?? [0], stderr).toContain(exitCode);
    const steps: string[] = existsSync(log) ? JSON.parse(readFileSync(log, 'utf8')).steps : [];
    return { signal, steps };
  }

  async function expectOneHand(world: World, verb: Verb, where: string): Promise<void> {
    if (verb.isForced) await world.laptop.data(['sync']);
    expect(holders(world, verb).length, where).toBeLessThanOrEqual(1);
  }

  function holders({ laptop, desktop }: World, { isForced }: Verb): string[] {
    const places = isForced ? { except: 'copies' as const } : {};
    const machines = [laptop, desktop].filter(({ seeded }) => livingTokensIn(seeded, provider, places).length > 0);
    return machines.map(({ name }) => name);
  }

  /** The commands that say how things are work, and the same command brings it to its end. */
  async function goOn(world: World, verb: Verb, where: string): Promise<void> {
    const machine = world[verb.killed];
    for (const argv of [['share', 'status', '--live'], ['doctor']]) {
      const { exitCode, document } = await runJson(machine.seeded.home, argv);
      expect({ exitCode, error: document.error }, `${argv.join(' ')}, ${where}`).toMatchObject({ error: undefined });
    }
    const stdin = verb.stdin?.(world);
    const options: CliOptions = stdin === undefined ? {} : { stdin };
    const { exitCode, document } = await runJson(machine.seeded.home, verb.argv, options);
    if (document.error === undefined) expect(verb.exitCodes ?? [0], where).toContain(exitCode);
    else {
      const { hint, details } = document.error;
      expect({ reason: details?.reason, hint }, where).toEqual({
        reason: verb.done?.reason,
        hint: expect.stringMatching(verb.done?.hint ?? /^$/),
      });
    }
    await verb.after(world);
    expect(holders(world, verb), where).toEqual([verb.keeper]);
  }
});
