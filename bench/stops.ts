/**
 * Stops a refresh (SIGSTOP) for 5, 20 and 60 seconds, twenty times each, with the answer arriving before, during and after
 * the stop: `npx tsx bench/stops.ts`. Ends with 1 when a login was lost whose answer arrived.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inParallel } from '../test/support/parallel.js';
import { startProvider } from '../test/support/provider/start.js';
import { type StopTrial, stopRefresh } from '../test/support/stopped-refresh.js';

const runsEach = 20;
const moments = ['before', 'during', 'after'] as const;
const lengthsMs = [60_000, 20_000, 5_000];

const trials = lengthsMs.flatMap((stoppedMs) =>
  Array.from({ length: runsEach }, (_, run): StopTrial => {
    const answered = moments[run % moments.length] ?? 'during';
    return { stoppedMs, answered, delayMs: Math.round(60 * Math.random()) };
  }),
);
const directory = mkdtempSync(join(tmpdir(), 'codex-auth-stops-'));
const provider = await startProvider();

try {
  const results = await inParallel(20, [...trials.entries()], async ([number, trial]) => {
    return { ...trial, ...(await stopRefresh(provider, join(directory, String(number)), trial)) };
  });
  process.stdout.write('stopped  answered  runs  alive\n');
  for (const stoppedMs of lengthsMs) {
    for (const answered of moments) {
      const runs = results.filter((each) => each.stoppedMs === stoppedMs && each.answered === answered);
      const alive = runs.filter(({ lives }) => lives).length;
      const cells = [`${stoppedMs / 1000} s`.padEnd(9), answered.padEnd(10), String(runs.length).padEnd(6), alive];
      process.stdout.write(`${cells.join('')}\n`);
    }
  }
  const lost = results.filter(({ lives }) => !lives);
  for (const { stoppedMs, answered, delayMs, output } of lost) {
    process.stdout.write(`lost: ${stoppedMs / 1000} s, answered ${answered}, stopped after ${delayMs} ms\n${output}\n`);
  }
  if (lost.length > 0) process.exitCode = 1;
} finally {
  await provider.stop();
  rmSync(directory, { recursive: true, force: true });
}
