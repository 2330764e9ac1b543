import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.js';
import { type CrashScenario, loginScenario, type ScenarioOptions, switchScenario } from '../support/crash/scenarios.js';
import { keptFrom, killEverywhere } from '../support/crash/steps.js';
import { directoryInMemory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider({ keepsState: true });

async function killIn(make: (options: ScenarioOptions) => Promise<CrashScenario>) {
  const directory = directoryInMemory();
  const scenario = await make({ provider, directory: join(directory, 'prepared'), run: runCli });
  return killEverywhere((copy) => scenario.trial(copy), { directory });
}

describe('a process killed at any of its file-system steps', () => {
  it('of login loses no account and no token that it has received', { timeout: 600_000 }, async () => {
    for (const points of await killIn(loginScenario)) {
      // The entry is synced when it is made and when it has taken the answer.
      const recorded = points.steps.findLastIndex((step) => /^fsync \d+-[0-9a-f-]+\.json$/.test(step));
      expect(points.outcomes).toEqual(keptFrom(recorded, points));
    }
  });

  it('of switch loses no token that the official client has refreshed', { timeout: 600_000 }, async () => {
    for (const points of await killIn(switchScenario)) {
      const replaced = points.steps.findIndex((step) => step.startsWith('rename .auth.json.'));
      expect(points.outcomes).toEqual(keptFrom(replaced + 1, points));
    }
  });
});
