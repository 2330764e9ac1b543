/**
 * Random walks with a login of two workspaces over three homes: `npx tsx bench/workspaces.ts [first seed] [how many]
 * [copies]`, the last word for those with copies, backups and a second root beside them. Ends with 1 when two files
 * held one token, or a token was spent or lost that need not have been, and prints what happened in that walk.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { walkCopies } from '../test/support/copies-walk.js';
import { startProvider } from '../test/support/provider/start.js';
import { walkWorkspaces } from '../test/support/workspace-walk.js';

const [firstSeed = 1_000, count = 500] = process.argv.slice(2).map(Number);
const walk = process.argv[4] === 'copies' ? walkCopies : walkWorkspaces;
const directory = mkdtempSync(join(tmpdir(), 'codex-auth-workspaces-'));
const provider = await startProvider();
try {
  let bad = 0;
  for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
    const { faults, story } = await walk(provider, join(directory, String(seed)), seed);
    rmSync(join(directory, String(seed)), { recursive: true, force: true });
    if (faults.length === 0) continue;
    bad += 1;
    process.stdout.write(`seed ${seed}\n${[...faults, ...story].join('\n')}\n\n`);
  }
  process.stdout.write(`${count} walks from seed ${firstSeed}: ${bad} bad\n`);
  if (bad > 0) process.exitCode = 1;
} finally {
  await provider.stop();
  rmSync(directory, { recursive: true, force: true });
}
