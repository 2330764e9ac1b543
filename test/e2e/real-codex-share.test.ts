import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findPostgres } from '../support/postgres/find-postgres.js';
import { type Postgres, startPostgres } from '../support/postgres/server.js';
import { type Provider, startProvider } from '../support/provider/start.js';
import { findRealCodex, type RealCodexHome, realCodexHome, runCodex } from '../support/real-codex.js';
import { alice, RefreshHome } from '../support/refresh-home.js';
import { SharingMachine } from '../support/sharing.js';
import { temporaryDirectory } from '../support/temporary.js';

const codex = findRealCodex();
const found = findPostgres();
const missing = [codex, found].flatMap((each) => ('missing' in each ? [each.missing] : []));
const why = missing.length === 0 ? '' : ` (skipped: ${missing.join('; ')})`;

/** The official client refreshes a token with five minutes left or less, and one with more only later. */
const [dueSeconds, notDueSeconds] = [290, 400];

/** One computer: our root, and the home of the official client that it serves. */
interface Computer {
  readonly machine: SharingMachine;
  readonly client: RealCodexHome;
}

describe.skipIf(missing.length > 0)(`the official client on two machines that share a login${why}`, () => {
  let provider: Provider;
  let postgres: Postgres;
  beforeAll(async () => {
    [provider, postgres] = await Promise.all([startProvider(), startPostgres()]);
  });
  afterEach(() => provider.reset());
  afterAll(() => Promise.all([provider.stop(), postgres.stop()]));

  function computer(name: string): Computer {
    const directory = temporaryDirectory();
    const client = realCodexHome(join(directory, 'client'), provider);
    const seeded = new RefreshHome(directory, provider, { codexHome: client.codexHome });
    return { client, machine: new SharingMachine(name, provider, seeded) };
  }

  /** One turn of the real client, which is answered as the account that it is signed in to. */
  async function exec({ client }: Computer): Promise<void> {
    const { exitCode, stdout, stderr } = await runCodex(['exec', '--skip-git-repo-check', 'hi'], { home: client });
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain(`Hello ${alice.email}`);
  }

  const refreshTokenAt = ({ machine }: Computer) => machine.seeded.authFile().tokens.refresh_token;
  const accessTokenAt = ({ machine }: Computer) => machine.seeded.authFile().tokens.access_token;

  /** The keeper has the refresh token, in its home as in its pool, and it is alive; the other machine has none. */
  function expectKeeper(keeper: Computer, copy: Computer): void {
    expect(provider.fateOf(refreshTokenAt(keeper))).toBe('live');
    expect(refreshTokenAt(copy)).toBe('');
    expect(accessTokenAt(copy)).toBe(accessTokenAt(keeper));
  }

  test('no refresh token is ever sent twice, for several lives of the access token and two keepers', async () => {
    const [laptop, desktop] = [computer('laptop'), computer('desktop')];
    const database = await postgres.newDatabase();
    provider.scenario.accessTokenSeconds = notDueSeconds;
    await laptop.machine.seeded.addAccount('acc_alice', { ...alice, expiresInSeconds: notDueSeconds });
    const phrase = await laptop.machine.init(database);
    await laptop.machine.data(['share', 'add', '--all']);
    await desktop.machine.join(database, phrase);
    const use = ({ machine }: Computer) => machine.data(['switch', alice.email]);
    const exchange = async (...computers: Computer[]) => {
      for (const { machine } of computers) await machine.data(['sync']);
    };
    // A switch renews what would end soon.
    await use(laptop);
    await use(desktop);
    await exchange(laptop, desktop);

    let [keeper, copy] = [laptop, desktop];
    for (let life = 1; life <= 4; life += 1) {
      expectKeeper(keeper, copy);
      for (const each of [keeper, copy]) await exec(each);
      const refreshes = provider.requests.refreshes().length;
      if (life % 2 === 1) {
        // The client of the keeper renews it by itself, in its home.
        provider.scenario.accessTokenSeconds = dueSeconds;
        await keeper.machine.data(['renew', alice.email, '--force']);
        provider.scenario.accessTokenSeconds = notDueSeconds;
        await exec(keeper);
        expect(provider.requests.refreshes().length).toBe(refreshes + 2);
      } else {
        await keeper.machine.data(['renew', alice.email, '--force']);
      }
      await exchange(keeper, copy);
      if (life === 2) {
        await copy.machine.run(['share', 'take', alice.email]);
        await exchange(keeper, copy, keeper);
        [keeper, copy] = [copy, keeper];
      }
    }
    expectKeeper(keeper, copy);
    expect(keeper).toBe(desktop);
    for (const each of [keeper, copy]) await exec(each);
    const answers = provider.requests.refreshes().map(({ status }) => status);
    expect(answers.length).toBeGreaterThanOrEqual(6);
    expect(new Set(answers)).toEqual(new Set([200]));
  });
});
