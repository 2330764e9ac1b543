/**
 * Kills `login` and `switch` at random moments, fifty times each, and checks what they left: `npx tsx bench/kills.ts`.
 * The suite kills at every file-system step; this looks for an instant between two of them that was not thought of.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CrashScenario,
  loginScenario,
  type ScenarioOptions,
  switchScenario,
} from '../test/support/crash/scenarios.js';
import { startTrial } from '../test/support/crash/steps.js';
import { ProgramProcess } from '../test/support/program-process.js';
import { startProvider } from '../test/support/provider/start.js';

const rounds = 50;
const directory = mkdtempSync(join(tmpdir(), 'codex-auth-kills-'));
const provider = await startProvider();

async function killAtRandom(title: string, make: (options: ScenarioOptions) => Promise<CrashScenario>): Promise<void> {
  const scenario = await make({
    provider,
    directory: join(directory, title),
    run: (home, argv, options) => new ProgramProcess(home, argv, options).ended,
  });
  const startedAt = performance.now();
  await startTrial(scenario.trial(join(directory, `${title}-whole`))).ended;
  const wholeMs = performance.now() - startedAt;

  const counts = { kept: 0, 'not-begun': 0, 'not killed': 0 };
  for (let round = 1; round <= rounds; round += 1) {
    const copy = join(directory, `${title}-${round}`);
    const trial = scenario.trial(copy);
    const program = startTrial(trial);
    // The first part is Node starting up.
    const killer = setTimeout(() => program.signal('SIGKILL'), (0.3 + 0.7 * Math.random()) * wholeMs);
    const { signal } = await program.ended;
    clearTimeout(killer);
    const outcome = await trial.verify();
    counts[signal === null ? 'not killed' : outcome] += 1;
    rmSync(copy, { recursive: true, force: true });
  }
  const shares = Object.entries(counts).map(([outcome, count]) => `${outcome} ${count}`);
  process.stdout.write(
    `${title} killed within ${Math.round(wholeMs)} ms, ${rounds} rounds: ${shares.join(', ')}; nothing lost\n`,
  );
}

try {
  await killAtRandom('login', loginScenario);
  await killAtRandom('switch', switchScenario);
} finally {
  await provider.stop();
  rmSync(directory, { recursive: true, force: true });
}
