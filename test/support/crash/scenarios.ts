import assert from 'node:assert/strict';
import { driveLogin } from '../drive-login.js';
import type { Provider } from '../provider/start.js';
import { CrashHome, type RunCommand } from './home.js';
import type { CrashTrial } from './trial.js';

/** Makes trials that all begin in the same state, each in a directory of its own. */
export interface CrashScenario {
  trial(directory: string): CrashTrial;
}

export interface ScenarioOptions {
  readonly provider: Provider;
  /** Where the home that every trial copies is made. */
  readonly directory: string;
  /** For the commands that are not killed. */
  readonly run: RunCommand;
}

const first = 'alice@example.com';
const second = 'carol@example.com';

/** Signing in to a second account while the first one is in use; each trial signs in to another account. */
export async function loginScenario({ provider, directory, run }: ScenarioOptions): Promise<CrashScenario> {
  const prepared = new CrashHome(directory, provider, run);
  await prepared.logIn({ email: first });
  const newestOfFirst = prepared.login();
  let newcomers = 0;

  return {
    trial(copy) {
      const crashed = prepared.copyTo(copy);
      const { home } = crashed;
      newcomers += 1;
      const email = `newcomer-${newcomers}@example.com`;
      const { accountId } = provider.people.addAccount({ email });
      const newest = () => provider.issued.all.filter((issued) => issued.accountId === accountId).at(-1)?.refresh_token;
      return {
        home,
        argv: ['login', '--activate', '--label', 'newcomer'],
        onStderr: driveLogin(provider, { email }).onStderr,
        async verify() {
          await crashed.verifyReading([first]);
          const isRecorded = crashed.journalHolds(newest()) || crashed.poolHolds(newest());
          await crashed.verifyWriting();
          if (isRecorded) assert.equal(crashed.storedToken(email), newest(), 'the login was lost');
          await crashed.logIn({ email });
          assert.deepEqual(crashed.emails(), [first, email]);
          assert.equal(crashed.storedToken(email), newest());
          await crashed.succeed(['switch', '1']);
          assert.deepEqual(crashed.login(), newestOfFirst);
          crashed.verifyTidy();
          return isRecorded ? 'kept' : 'not-begun';
        },
      };
    },
  };
}

/** Switching away from an account that the official client has refreshed meanwhile. */
export async function switchScenario({ provider, directory, run }: ScenarioOptions): Promise<CrashScenario> {
  const prepared = new CrashHome(directory, provider, run);
  await prepared.logIn({ email: first });
  await prepared.logIn({ email: second }, ['--no-activate']);
  const newest = await prepared.refreshLikeTheClient(first);
  const ofSecond = prepared.storedToken(second);

  return {
    trial(copy) {
      const crashed = prepared.copyTo(copy);
      const { home } = crashed;
      return {
        home,
        argv: ['switch', second],
        async verify() {
          const inUse = crashed.login().refresh_token;
          assert.ok(inUse === newest.refresh_token || inUse === ofSecond, 'auth.json holds neither of the logins');
          const isKept = inUse === newest.refresh_token || crashed.poolHolds(newest.refresh_token);
          assert.ok(isKept, 'the newest tokens of the outgoing account are nowhere');
          await crashed.verifyReading([first, second]);
          await crashed.verifyWriting();
          await crashed.succeed(['switch', second]);
          assert.equal(crashed.login().refresh_token, ofSecond);
          await crashed.succeed(['switch', first]);
          assert.deepEqual(crashed.login(), newest);
          assert.equal(crashed.storedToken(first), newest.refresh_token);
          crashed.verifyTidy();
          return inUse === ofSecond ? 'kept' : 'not-begun';
        },
      };
    },
  };
}
