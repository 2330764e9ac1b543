/**
 * Random walks with a login of two workspaces over three homes: `npx tsx bench/workspaces.ts [first seed] [how many]`.
 * Ends with 1 when two files held one token, or a home was left with a spent one, and prints what happened in that
 * walk. Of two hundred walks one ends so: a workspace stays in a home after its account was removed
 * (docs/decisions/034-one-login-one-home.md).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProvider } from '../test/support/provider/start.js';
import { walkWorkspaces } from '../test/support/workspace-walk.js';

const [firstSeed = 1_000, count = 500] = process.argv.slice(2).map(Number);
const directory = mkdtempSync(join(tmpdir(), 'codex-auth-workspaces-'));
const provider = await startProvider();
try {
  let bad = 0;
  for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
    const { faults, story } = await walkWorkspaces(provider, join(directory, String(seed)), seed);
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
