import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.js';
import {
  type CrashOutcome,
  type CrashScenario,
  loginScenario,
  type ScenarioOptions,
  switchScenario,
} from '../support/crash/scenarios.js';
import { killAtStep, listSteps } from '../support/crash/steps.js';
import { inParallel } from '../support/parallel.js';
import { type Provider, startProvider } from '../support/provider/start.js';
import { temporaryDirectory } from '../support/temporary.js';

let provider: Provider;
beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider.stop());

/** As many processes at once as a small machine carries without one running into its deadline. */
const atOnce = 4;

/** Kills the scenario's command once at every step that it makes when nobody disturbs it. */
async function killEverywhere(make: (options: ScenarioOptions) => Promise<CrashScenario>) {
  const directory = temporaryDirectory();
  const scenario = await make({ provider, directory: join(directory, 'prepared'), run: runCli });
  const steps = await listSteps(scenario.trial(join(directory, 'whole')), join(directory, 'steps.json'));
  const outcomes = await inParallel(atOnce, [...steps.entries()], async ([index, name]): Promise<CrashOutcome> => {
    const trial = scenario.trial(join(directory, `step-${index + 1}`));
    return killAtStep(trial, index + 1).catch((cause: unknown) => {
      throw new Error(`killed at step ${index + 1} of ${steps.length}, ${name}`, { cause });
    });
  });
  return { steps, outcomes };
}

/** The outcomes of a command whose work stands as soon as the step at `index` is reached. */
function keptFrom(index: number, steps: readonly string[]): CrashOutcome[] {
  return steps.map((_, each) => (each < index ? 'not-begun' : 'kept'));
}

describe('a process killed at any of its file-system steps', () => {
  it('of login loses no account and no token that it has received', { timeout: 180_000 }, async () => {
    const { steps, outcomes } = await killEverywhere(loginScenario);
    // The entry is synced when it is made and when it has taken the answer.
    const recorded = steps.findLastIndex((step) => /^fsync \d+-[0-9a-f-]+\.json$/.test(step));
    expect(recorded).toBeGreaterThan(0);
    expect(outcomes).toEqual(keptFrom(recorded, steps));
  });

  it('of switch loses no token that the official client has refreshed', { timeout: 180_000 }, async () => {
    const { steps, outcomes } = await killEverywhere(switchScenario);
    const replaced = steps.findIndex((step) => step.startsWith('rename .auth.json.'));
    expect(replaced).toBeGreaterThan(0);
    expect(outcomes).toEqual(keptFrom(replaced + 1, steps));
  });
});
