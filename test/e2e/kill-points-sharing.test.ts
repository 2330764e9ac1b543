import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPostgres } from '../support/postgres/find-postgres.js';
import { type Postgres, startPostgres } from '../support/postgres/server.js';
import { ProgramProcess } from '../support/program-process.js';
import { type Provider, startProvider } from '../support/provider/start.js';
import { alice } from '../support/refresh-home.js';
import { livingTokensIn } from '../support/sharing/living-tokens.js';
import { SharingMachine } from '../support/sharing.js';
import { temporaryDirectory } from '../support/temporary.js';

const found = findPostgres();
const why = 'missing' in found ? ` (skipped: ${found.missing})` : '';
const preload = ['kill-at-step.mjs'];
/** How far apart the steps are at which a hand-over is killed; it has some hundred and fifty. */
const stride = 9;

describe.skipIf('missing' in found)(`a login goes from one machine to another${why}`, () => {
  let provider: Provider;
  let postgres: Postgres;
  beforeAll(async () => {
    [provider, postgres] = await Promise.all([startProvider(), startPostgres()]);
  });
  afterAll(() => Promise.all([provider.stop(), postgres.stop()]));

  test('and is in one of them only, and alive, whenever the one that gives it is killed', async () => {
    let [giver, taker] = await twoMachines();
    const { steps, signal } = await handOver(giver, taker, undefined);
    expect([signal, steps]).toEqual([null, expect.any(Number)]);
    await settle(giver, taker);
    let kills = 0;
    for (let step = 1; step <= steps; step += stride) {
      [giver, taker] = [taker, giver];
      const run = await handOver(giver, taker, step);
      if (run.signal === 'SIGKILL') kills += 1;
      const where = `killed at step ${step} of ${steps}`;
      expect([giver, taker].filter(holdsLiving).length, where).toBeLessThanOrEqual(1);
      await settle(giver, taker);
      expect([holdsLiving(giver), holdsLiving(taker)], where).toEqual([false, true]);
    }
    // The number of steps differs a little from one direction to the other.
    expect(kills).toBeGreaterThanOrEqual(Math.floor(steps / stride) - 2);
    await taker.data(['renew', 'alice', '--force']);
  });

  async function twoMachines(): Promise<[SharingMachine, SharingMachine]> {
    const laptop = new SharingMachine('laptop', provider);
    const desktop = new SharingMachine('desktop', provider);
    laptop.seeded.writeAuthFile(await laptop.seeded.addAccount('acc_alice', alice));
    const database = await postgres.newDatabase();
    const phrase = await laptop.init(database);
    await laptop.data(['share', 'add', '--all']);
    await desktop.join(database, phrase);
    return [laptop, desktop];
  }

  /** The taker asks for the login, and the giver exchanges in a process that is killed at `step`, if there is one. */
  async function handOver({ seeded: giver }: SharingMachine, taker: SharingMachine, step: number | undefined) {
    await taker.run(['share', 'take', 'alice', '--yes']);
    const log = join(temporaryDirectory(), 'steps.json');
    const variables = {
      KILL_AT_UNDER: [giver.home.root, giver.home.codexHome].join(delimiter),
      KILL_AT_LOG: log,
      ...(step === undefined ? {} : { KILL_AT_STEP: String(step) }),
    };
    const { signal } = await new ProgramProcess(giver.home, ['sync'], { variables, preload, timeoutMs: 60_000 }).ended;
    const steps: number = signal === null ? JSON.parse(readFileSync(log, 'utf8')).total : 0;
    return { signal, steps };
  }

  /** Both machines exchange again. The taker's wish stands, whatever became of the giver's process. */
  async function settle(giver: SharingMachine, taker: SharingMachine): Promise<void> {
    for (const each of [giver, taker, giver, taker]) await each.data(['sync']);
  }

  function holdsLiving({ seeded }: SharingMachine): boolean {
    return livingTokensIn(seeded).length > 0;
  }
});
