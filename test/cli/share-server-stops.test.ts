import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runJson } from '../support/cli.js';
import { findPostgres } from '../support/postgres/find-postgres.js';
import { type Postgres, startPostgres } from '../support/postgres/server.js';
import { startUnreliable, type Unreliable } from '../support/postgres/unreliable.js';
import { type Provider, startProvider } from '../support/provider/start.js';
import { expectToGoOn, makeWorld, remember, type Verb, verbs, type World } from '../support/sharing/verbs.js';

const found = findPostgres();
const why = 'missing' in found ? ` (skipped: ${found.missing})` : '';
/** At how many of its messages the server stops in each command; a statement has five. */
const stops = 6;

describe.skipIf('missing' in found)(`the database of a shared pool stops${why}`, () => {
  let provider: Provider;
  let postgres: Postgres;
  let way: Unreliable;
  beforeAll(async () => {
    [provider, postgres] = await Promise.all([startProvider(), startPostgres()]);
    way = await startUnreliable(postgres.port);
  });
  afterAll(() => Promise.all([provider.stop(), postgres.stop(), way.stop()]));

  test.each(Object.entries(verbs))(
    'in %s: it is said, the login is in one hand, and the same command goes on',
    async (_, verb) => {
      const world = await makeWorld(postgres, provider, way.through);
      await verb.before(world);
      const goBack = await remember(world, postgres);
      way.setFault(undefined);
      await run(world, verb);
      const messages = way.allMessages();
      const stride = Math.ceil(messages / stops);
      for (let at = messages; at > 0; at -= stride) {
        await goBack();
        way.setFault({ kind: 'down', at });
        const { exitCode, document } = await run(world, verb);
        way.setFault(undefined);
        const where = `stopped at message ${at} of ${messages}`;
        if (document.error !== undefined) {
          const { code, hint } = document.error;
          expect([code, hint, exitCode], where).toEqual(['offline', expect.stringMatching(/server runs/), 5]);
        }
        await expectToGoOn(world, verb, where);
      }
    },
  );

  function run(world: World, verb: Verb) {
    const stdin = verb.stdin?.(world);
    return runJson(world[verb.by].seeded.home, verb.argv, stdin === undefined ? {} : { stdin });
  }
});
