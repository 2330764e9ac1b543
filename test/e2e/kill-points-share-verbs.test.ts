import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isBeforeCaching } from '../support/crash/steps.js';
import { findPostgres } from '../support/postgres/find-postgres.js';
import { KeptConnections } from '../support/postgres/kept-connections.js';
import { type Postgres, startPostgres } from '../support/postgres/server.js';
import { startUnreliable, type Unreliable } from '../support/postgres/unreliable.js';
import { ProgramProcess } from '../support/program-process.js';
import { type Provider, startProvider } from '../support/provider/start.js';
import { expectToGoOn, makeWorld, remember, type Verb, verbs, type World } from '../support/sharing/verbs.js';
import { directoryInMemory } from '../support/temporary.js';

const found = findPostgres();
const why = 'missing' in found ? ` (skipped: ${found.missing})` : '';
const preload = ['kill-at-step.mjs'];
/** At how many steps each command is killed. */
const kills = 9;

describe.skipIf('missing' in found)(`a machine with a shared pool is killed${why}`, () => {
  let provider: Provider;
  let postgres: Postgres;
  let kept: KeptConnections;
  let way: Unreliable;
  beforeAll(async () => {
    [provider, postgres] = await Promise.all([startProvider(), startPostgres({ passwords: 'md5' })]);
    kept = new KeptConnections(postgres.port);
    way = await startUnreliable(postgres.port, kept);
  });
  afterAll(async () => {
    await way.stop();
    kept.stop();
    await Promise.all([provider.stop(), postgres.stop()]);
  });

  test.each(Object.entries(verbs))(
    'in %s: the login is in one hand, alive, and the same command goes on',
    async (_, verb) => {
      const world = await makeWorld(postgres, provider, way.through);
      await verb.before(world);
      const goBack = await remember(world, postgres);
      const { steps } = await runKilled(world, verb);
      expect(steps.length).toBeGreaterThan(kills);
      const stride = Math.ceil(steps.length / kills);
      for (let step = 1 + (stride >> 1); step <= steps.length; step += stride) {
        kept.endIdle();
        await goBack();
        const { signal } = await runKilled(world, verb, step, isBeforeCaching(steps, step));
        const where = `killed at step ${step} of ${steps.length}, ${steps[step - 1]}`;
        expect(signal, where).toBe('SIGKILL');
        await expectToGoOn(world, verb, where);
      }
      const { exitCode, error } = await world[verb.keeper].error(['renew', 'alice', '--force']);
      expect([exitCode, error]).toEqual([0, undefined]);
    },
  );

  /** Runs the command, and kills it right before `step` where one is given. */
  async function runKilled(world: World, verb: Verb, step?: number, lendsCaches = false) {
    const { home } = world[verb.by].seeded;
    const log = join(directoryInMemory(), 'steps.json');
    const variables = {
      KILL_AT_UNDER: [home.root, home.codexHome].join(delimiter),
      KILL_AT_LOG: log,
      ...(step === undefined ? {} : { KILL_AT_STEP: String(step) }),
    };
    const stdin = verb.stdin?.(world) ?? '';
    const options = { variables, preload, stdin, lendsCaches, timeoutMs: 60_000 };
    const { signal, exitCode, stderr } = await new ProgramProcess(home, verb.argv, options).ended;
    if (signal !== null) return { signal, steps: [] };
    expect(verb.exitCodes ?? [0], stderr).toContain(exitCode);
    const steps: string[] = existsSync(log) ? JSON.parse(readFileSync(log, 'utf8')).steps : [];
    return { signal, steps };
  }
});
