import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runJson } from '../support/cli.js';
import { keptFrom, killEverywhere } from '../support/crash/steps.js';
import type { CrashTrial } from '../support/crash/trial.js';
import { person, tokenFile, writeSource } from '../support/login-files.js';
import { sampleAccount, writePool } from '../support/sample-pool.js';
import { readJson } from '../support/stored-accounts.js';
import { directoryInMemory } from '../support/temporary.js';
import { makeTestHome, type TestHome } from '../support/test-home.js';

const alice = person('alice', { iat: 5000 });
const before = ['rt-alice'];
const after = ['rt-alice-2', 'rt-bob'];
const argv = ['import', 'tokens', '--yes'];

const tokensIn = ({ poolFile }: TestHome) =>
  (readJson(poolFile)['accounts'] as { refreshToken: string }[]).map(({ refreshToken }) => refreshToken);

function prepare(directory: string): void {
  const home = makeTestHome(directory);
  writePool(home, [sampleAccount('acc_alice', alice)]);
  writeSource(home, 'tokens/a.json', tokenFile({ ...alice, iat: 6000, refresh: 'rt-alice-2' }));
  writeSource(home, 'tokens/bob.json', tokenFile(person('bob')));
}

/** A copy of the prepared home, in which an import will be killed. */
function trialIn(directory: string, prepared: string): CrashTrial {
  cpSync(prepared, directory, { recursive: true });
  const home = makeTestHome(directory);
  return {
    home,
    argv,
    async verify() {
      const left = tokensIn(home);
      assert.ok(
        [before, after].some((whole) => whole.join() === left.join()),
        `half an import: ${left.join()}`,
      );
      const again = await runJson(home, argv);
      assert.equal(again.exitCode, 0, again.stdout);
      assert.deepEqual(tokensIn(home), after);
      return left.length === after.length ? 'kept' : 'not-begun';
    },
  };
}

it('an import that is killed at any of its file-system steps has happened or has not, and can be repeated', {
  timeout: 600_000,
}, async () => {
  const directory = directoryInMemory();
  const prepared = join(directory, 'prepared');
  prepare(prepared);
  for (const points of await killEverywhere((copy) => trialIn(copy, prepared), { directory })) {
    const written = points.steps.findIndex((step) => /^rename \.openai-codex-accounts\.json\.\d/.test(step));
    expect(points.outcomes).toEqual(keptFrom(written + 1, points));
  }
});
