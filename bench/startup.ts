/** What a command costs over starting Node at all: `npx tsx bench/startup.ts`. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { column, compare, judge, median } from './columns.js';
import { homeWith } from './many-accounts.js';

const limits = { overFloorMs: 30, manyOverFew: 2 };
/** How many times `node -e 0` a command may take at 10 accounts. */
const overFloor: readonly (readonly [string, number])[] = [
  ['--version', 1.1],
  ['--help', 2],
  ['segment --format plain', 1.8],
  ['forecast --cached', 2.5],
  ['best --cached', 2.5],
  ['report', 2.5],
  ['doctor --offline', 2.5],
  ['label 1 one', 2.5],
];
const directory = mkdtempSync(join(tmpdir(), 'codex-auth-startup-'));

try {
  const [few, many] = [await homeWith(10, directory), await homeWith(1_000, directory)];
  const floor = column('node -e 0', few, ['-e', '0']);
  const listFew = column('list, 10 accounts', few, ['list']);
  const listMany = column('list, 1,000 accounts', many, ['list']);
  const forecastFew = column('forecast, 10 accounts', few, ['forecast', '--cached']);
  const forecastMany = column('forecast, 1,000 accounts', many, ['forecast', '--cached']);
  const status = column('status, 10 accounts', few, ['status']);
  // Not judged: finding the project's key loads Node's crypto, and the note that it has no pool opens stderr.
  const repository = join(directory, 'repository');
  execFileSync('git', ['init', '--quiet', repository]);
  const listInProject = column('list, in a repository', few, ['list'], repository);
  // Not judged either: what a run takes where no cache of V8 can be kept, because a file has its name.
  const uncached = await homeWith(10, join(directory, 'uncached'));
  writeFileSync(join(uncached.root, 'cache'), '');
  const listUncached = column('list, without a cache', uncached, ['list']);
  // Not judged: what comes before a command of run, whose home is ready from the first round on, and the command itself.
  const run = column('run, its home ready', few, ['run', '2', '--', 'true']);
  const others = overFloor.map(([line, limit]) => ({ limit, ...column(line, few, line.split(' ')) }));
  compare(floor, [listFew, listMany, forecastFew, forecastMany, status, listInProject, listUncached, run, ...others]);
  judge('list at 10 accounts over the floor', median(listFew) - median(floor), limits.overFloorMs, ' ms');
  judge('status at 10 accounts over the floor', median(status) - median(floor), limits.overFloorMs, ' ms');
  judge('list at 1,000 accounts against 10', median(listMany) / median(listFew), limits.manyOverFew, ' ×');
  const forecastRatio = median(forecastMany) / median(forecastFew);
  judge('forecast --cached at 1,000 accounts against 10', forecastRatio, limits.manyOverFew, ' ×');
  for (const { limit, ...each } of others)
    judge(`${each.title} over node -e 0`, median(each) / median(floor), limit, ' ×');
} finally {
  rmSync(directory, { recursive: true, force: true });
}
