/** What a command costs over starting Node at all: `npx tsx bench/startup.ts`. Exits with 1 where a mark is missed. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { homeWith } from './many-accounts.js';
import {
  compare,
  judge,
  type Measured,
  measured,
  measuredUntilCommand,
  median,
  peakMemory,
  run,
  warmUp,
} from './processor-time.js';

/** How many times `node -e 0` a command may take at 10 accounts. */
const overFloor: readonly (readonly [string, number])[] = [
  ['--version', 1.1],
  ['--help', 2],
  ['segment --format plain', 1.8],
  ['list', 1.25],
  ['status', 1.4],
  ['__complete switch x', 1.4],
  ['forecast --cached', 2.5],
  ['best --cached', 2.5],
  ['report --cached', 2.5],
  ['doctor --offline', 2.5],
];
/** The same for commands that write, each of which makes the index of its home anew. */
const writing: readonly (readonly [string, number])[] = [
  ['label 1 one', 2.5],
  ['switch 1', 2.5],
];
/** The same for `run` in a home that is ready, until its command starts: at most one more start of Node. */
const starting: readonly (readonly [string, number])[] = [
  ['run 2', 2],
  // The line that the shim runs in a directory that is bound.
  ['run --here', 2],
];
/** How many times its time at 10 accounts a command may take at more accounts. */
const overFew: readonly (readonly [string, number, number])[] = [
  ['list', 1_000, 1.6],
  ['list', 10_000, 4],
  ['forecast --cached', 1_000, 2],
  ['doctor --offline', 1_000, 3],
];
const coldOverWarm = 1.6;
const peak = { overFloor: 1.2, atTenThousandMiB: 80 };

const directory = mkdtempSync(join(tmpdir(), 'codex-auth-startup-'));

try {
  const [few, many] = [await homeWith(10, directory), await homeWith(1_000, directory)];
  const most = await homeWith(10_000, directory);
  const writers = [await homeWith(10, join(directory, 'writers')), await homeWith(1_000, join(directory, 'writers'))];
  const cold = await homeWith(10, join(directory, 'cold'));
  const repository = await homeWith(10, join(directory, 'repository'));
  execFileSync('git', ['init', '--quiet', repository.cwd]);

  const floor = measured('node -e 0', few, '');
  const known = overFloor.map(([line, limit]) => ({ limit, ...measured(line, few, line) }));
  const written = writing.flatMap(([line, limit]) =>
    writers.map((home, index) => ({ limit, count: index, ...measured(`${line}, ${[10, 1_000][index]}`, home, line) })),
  );
  const larger = overFew.map(([line, count, limit]) => {
    const home = count === 1_000 ? many : most;
    return { limit, line, ...measured(`${line}, ${count} accounts`, home, line) };
  });
  // Not judged: finding the project's key loads Node's crypto, and the note that it has no pool opens stderr.
  const inProject = measured('list, in a repository', repository, 'list');
  // The lines of `run` write, as a switch does, so they have a home of their own.
  const runner = await homeWith(10, join(directory, 'runner'));
  const started = starting.map(([line, limit]) => ({ limit, ...measuredUntilCommand(line, runner) }));
  const first = measured('list, without any cache', cold, 'list', { isCold: true });
  for (const home of [few, many, most, repository])
    warmUp(
      home,
      overFloor.map(([line]) => line),
    );
  for (const line of ['run 2 -- true', 'switch 2 --here']) run(measured(line, runner, line));
  for (const each of started) run(each);
  for (const each of written) warmUp(each.home, [each.argv.slice(1).join(' ')]);

  compare(floor, [...known, ...written, ...larger, ...started, inProject, first]);
  const ratio = (each: Measured, to: Measured) => median(each) / median(to);
  const isOf = (line: string) => (each: Measured) => each.title === line;
  for (const { limit, ...each } of [...known, ...started])
    judge(`${each.title} over node -e 0`, ratio(each, floor), limit, ' ×');
  for (const { limit, count, ...each } of written) {
    if (count === 0) judge(`${each.title} over node -e 0`, ratio(each, floor), limit, ' ×');
  }
  for (const { limit, line, ...each } of larger) {
    const own = known.find(isOf(line));
    if (own !== undefined) judge(`${each.title} over 10`, ratio(each, own), limit, ' ×');
  }
  const [switchFew, switchMany] = [10, 1_000].map((count) => written.find(isOf(`switch 1, ${count}`)));
  if (switchFew && switchMany) judge('switch, 1000 accounts over 10', ratio(switchMany, switchFew), 3, ' ×');
  const list = known.find(isOf('list'));
  if (list !== undefined) {
    judge('list without any cache over a warm one', ratio(first, list), coldOverWarm, ' ×');
    judge('peak memory of list over node -e 0', peakMemory(list) / peakMemory(floor), peak.overFloor, ' ×');
  }
  judge(
    'peak memory of list, 10000 accounts',
    peakMemory(measured('list', most, 'list')),
    peak.atTenThousandMiB,
    ' MiB',
  );
} finally {
  rmSync(directory, { recursive: true, force: true });
}
