/** What commands cost over starting Node at all, by turns, so that a busy machine slows every column alike. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { builtProject } from '../test/support/program-process.js';
import type { TestHome } from '../test/support/test-home.js';

const rounds = 25;

export interface Column {
  readonly title: string;
  readonly argv: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly times: number[];
}

export function column(title: string, home: TestHome, argv: readonly string[], cwd: string = home.cwd): Column {
  const program = join(builtProject(), 'bin', 'codex-auth.js');
  const { variables } = home;
  return { title, argv: argv[0] === '-e' ? argv : [program, ...argv], variables, cwd, times: [] };
}

function measure({ title, argv, variables, cwd, times }: Column): void {
  const startedAt = performance.now();
  const { status, stderr } = spawnSync(process.execPath, argv, { env: variables, cwd, encoding: 'utf8' });
  times.push(performance.now() - startedAt);
  // 1 is an answer too: `doctor` has found something.
  if (status === null || status > 1) throw new Error(`${title} ended with ${status}: ${stderr}`);
}

export const median = ({ times }: Column) => times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0;
const least = ({ times }: Column) => Math.min(...times);
const inMs = (ms: number) => `${ms.toFixed(1)} ms`.padStart(9);

function report(floor: Column, columns: readonly Column[]): void {
  process.stdout.write(`${rounds} rounds, Node ${process.version}; over: median over the median of ${floor.title}\n\n`);
  for (const each of [floor, ...columns]) {
    const over = inMs(median(each) - median(floor));
    process.stdout.write(
      `${each.title.padEnd(24)} median ${inMs(median(each))}  min ${inMs(least(each))}  over ${over}\n`,
    );
  }
}

export function judge(title: string, value: number, limit: number, unit: string): void {
  const verdict = value <= limit ? 'within' : 'BEYOND';
  process.stdout.write(`${title}: ${value.toFixed(1)}${unit}, ${verdict} the limit of ${limit}${unit}\n`);
  if (verdict === 'BEYOND') process.exitCode = 1;
}

/** Measures all of them and prints the table. */
export function compare(floor: Column, columns: readonly Column[]): void {
  for (let round = 0; round <= rounds; round += 1) {
    for (const each of [floor, ...columns]) measure(each);
    // The first round fills the disk cache.
    if (round === 0) for (const each of [floor, ...columns]) each.times.length = 0;
  }
  report(floor, columns);
  process.stdout.write('\n');
}
