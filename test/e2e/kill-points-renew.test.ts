import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { muchLater, runCli } from '../support/cli.js';
import { keptFrom, killEverywhere } from '../support/crash/steps.js';
import type { CrashTrial } from '../support/crash/trial.js';
import { field } from '../support/provider/request-log.js';
import { directoryInMemory } from '../support/temporary.js';
import { makeTestHome } from '../support/test-home.js';
import { flatFile, readFlatFile } from '../support/token-files.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider({ keepsState: true });

/** A home with nothing but a token file of a person of its own, below the directory whose steps are counted. */
async function trialIn(directory: string): Promise<CrashTrial> {
  const email = `${basename(directory)}@example.com`;
  provider.people.addAccount({ email });
  const tokens = await provider.issueTokens({ email, expiresInSeconds: 60 });
  const home = makeTestHome(directory, provider);
  const path = join(home.codexHome, 'a.json');
  writeFileSync(path, JSON.stringify(flatFile(tokens), null, 2));
  const argv = ['renew', path];
  const tokenIn = () => readFlatFile(path)['refresh_token'] ?? '';
  const requests = () =>
    provider.requests.refreshes().filter((request) => field(request, 'refresh_token') === tokens.refresh_token).length;
  const journal = () => {
    const entries = join(home.root, 'refresh-journal');
    return existsSync(entries) ? readdirSync(entries).map((entry) => readFileSync(join(entries, entry), 'utf8')) : [];
  };
  return {
    home,
    argv,
    async verify() {
      const sent = requests();
      const isRecorded = journal().some((entry) => /"receivedAt":\d+[^}]*\}\n/.test(entry));
      const isDone = provider.fateOf(tokenIn()) === 'live' && sent === 1;
      const again = await runCli(home, argv, muchLater);
      // Only a login whose answer came, but was not recorded before the kill, may be lost.
      if (sent === 1 && !isRecorded && !isDone) return 'not-begun';
      assert.equal(again.exitCode, 0, again.stdout + again.stderr);
      assert.equal(provider.fateOf(tokenIn()), 'live', 'the file has no live login');
      assert.equal(requests(), 1, 'the token was sent again');
      // A renewal that finds nothing to do takes no lock; the next one that writes clears up.
      assert.equal((await runCli(home, [...argv, '--force'], muchLater)).exitCode, 0);
      assert.equal(provider.fateOf(tokenIn()), 'live');
      const left = readdirSync(home.codexHome, { recursive: true, encoding: 'utf8' });
      assert.deepEqual(
        left.filter((each) => /\.(tmp|held)$/.test(each)),
        [],
      );
      const unfinished = journal().filter((entry) => entry !== '');
      assert.deepEqual(unfinished, [], 'a journal entry was not finished');
      return sent === 1 ? 'kept' : 'not-begun';
    },
  };
}

it('a renewal of a token file that is killed at any of its file-system steps loses nothing that it has recorded', {
  timeout: 600_000,
}, async () => {
  const directory = directoryInMemory();
  const whole = await trialIn(join(directory, 'not-killed'));
  assert.equal((await runCli(whole.home, whole.argv)).exitCode, 0);
  assert.equal(await whole.verify(), 'kept');
  for (const points of await killEverywhere(trialIn, { directory })) {
    // The entry is synced when it is made and when it has taken the answer.
    const recorded = points.steps.findLastIndex((step) => /^fsync \d+-[0-9a-f-]+\.json$/.test(step));
    expect(points.outcomes).toEqual(keptFrom(recorded, points));
  }
});
