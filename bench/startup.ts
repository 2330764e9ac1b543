/** What a command costs over starting Node at all: `npx tsx bench/startup.ts`. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { column, compare, judge, median } from './columns.js';
import { homeWith } from './many-accounts.js';

const limits = { overFloorMs: 30, manyOverFew: 2 };
const directory = mkdtempSync(join(tmpdir(), 'codex-auth-startup-'));

try {
  const [few, many] = [await homeWith(10, directory), await homeWith(1_000, directory)];
  const floor = column('node -e 0', few, ['-e', '0']);
  const listFew = column('list, 10 accounts', few, ['list']);
  const listMany = column('list, 1,000 accounts', many, ['list']);
  const status = column('status, 10 accounts', few, ['status']);
  // Not judged: finding the project's key loads Node's crypto, and the note that it has no pool opens stderr.
  const repository = join(directory, 'repository');
  execFileSync('git', ['init', '--quiet', repository]);
  const listInProject = column('list, in a repository', few, ['list'], repository);
  compare(floor, [listFew, listMany, status, listInProject]);
  judge('list at 10 accounts over the floor', median(listFew) - median(floor), limits.overFloorMs, ' ms');
  judge('status at 10 accounts over the floor', median(status) - median(floor), limits.overFloorMs, ' ms');
  judge('list at 1,000 accounts against 10', median(listMany) / median(listFew), limits.manyOverFew, ' ×');
} finally {
  rmSync(directory, { recursive: true, force: true });
}
