/**
 * 2,000 random schedules of commands in three homes under one root, every tenth with processes that are killed and stopped:
 * `npx tsx bench/schedules.ts [first seed] [how many]`, about a quarter of an hour. Ends with 1 when a login was lost whose
 * answer had arrived, and prints what happened in that schedule.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { badOnes, runSchedules, sum } from '../test/support/schedules/many.js';
import type { ScheduleResult } from '../test/support/schedules/run.js';

const [firstSeed = 1_000, count = 2_000] = process.argv.slice(2).map(Number);
const apartCount = Math.round(count / 10);
const directory = mkdtempSync(join(tmpdir(), 'codex-auth-schedules-'));

function onEnd(result: ScheduleResult): void {
  for (const text of badOnes([result])) process.stdout.write(`${text}\n\n`);
  rmSync(join(directory, String(result.seed)), { recursive: true, force: true });
}

try {
  const here = { directory, apart: false, firstSeed, count: count - apartCount, onEnd };
  const apart = { directory, apart: true, firstSeed: firstSeed + here.count, count: apartCount, onEnd };
  const results = [...(await runSchedules(here)), ...(await runSchedules(apart))];
  const bad = badOnes(results).length;
  process.stdout.write(
    `${results.length} schedules from seed ${firstSeed}: ${sum(results, 'refreshes')} refreshes, ${bad} bad, ${sum(results, 'explained')} logins lost together with their answer\n`,
  );
  if (bad > 0) process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
