/**
 * 3,000 random schedules of three machines with one pool on a PostgreSQL: `npx tsx bench/sharing.ts [first seed] [how
 * many]`, about ten minutes on two cores. Ends with 1 when a login was on two machines or was lost, and prints what
 * happened in that schedule.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { placeInMemory } from '../test/support/place-in-memory.js';
import { badShareOnes, runShareSchedules, sumOf } from '../test/support/sharing/many.js';
import type { ChaosResult } from '../test/support/sharing/schedule.js';

const [firstSeed = 1_000, count = 3_000] = process.argv.slice(2).map(Number);
const directory = mkdtempSync(join(placeInMemory(), 'codex-auth-share-'));

function onEnd(result: ChaosResult): void {
  for (const text of badShareOnes([result])) process.stdout.write(`${text}\n\n`);
  rmSync(join(directory, String(result.seed)), { recursive: true, force: true });
}

try {
  const results = await runShareSchedules({ directory, firstSeed, count, onEnd });
  const bad = badShareOnes(results).length;
  process.stdout.write(
    `${results.length} schedules from seed ${firstSeed}: ${sumOf(results, 'refreshes')} refreshes, ${bad} bad, ${sumOf(results, 'explained')} logins lost together with their answer\n`,
  );
  if (bad > 0) process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
