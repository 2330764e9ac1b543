/**
 * The processor time of commands, over that of starting Node at all, by turns: other programs on the machine lengthen
 * the wait, but hardly this time. Bash measures to the millisecond; its own fork is in every figure alike.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtProject } from '../test/support/program-process.js';
import type { TestHome } from '../test/support/test-home.js';

export const rounds = 11;

export interface Measured {
  readonly title: string;
  readonly home: TestHome;
  readonly argv: readonly string[];
  /** Each round begins without the caches of V8 and without the index. */
  readonly isCold: boolean;
  /** Only the time that was spent until the command of `run` starts counts. That command reads it. */
  readonly isUntilCommand: boolean;
  readonly times: number[];
}

export function measured(title: string, home: TestHome, line: string, { isCold = false } = {}): Measured {
  const program = join(builtProject(), 'bin', 'codex-auth.js');
  const argv = line === '' ? ['-e', '0'] : [program, ...line.split(' ')];
  return { title, home, argv, isCold, isUntilCommand: false, times: [] };
}

/** Prints what each thread of ours has spent, which waits for this command or became it (proc_pid_schedstat(5)). */
const spentSoFar = `cat /proc/${'execve' in process ? '$$' : '$PPID'}/task/*/schedstat`;

/** What `run` takes before its command starts. Needs Linux. */
export function measuredUntilCommand(line: string, home: TestHome): Measured {
  const whole = measured(`${line}, until the command starts`, home, line);
  return { ...whole, argv: [...whole.argv, '--', 'sh', '-c', spentSoFar], isUntilCommand: true };
}

const script = 'TIMEFORMAT="%3U %3S"; time "$@" > "$0"';

/** In milliseconds. Output goes to a file: for a terminal or a device Node makes a stream, which takes time too. */
function processorTime({ title, home, argv }: Measured, variables: Readonly<Record<string, string>> = {}): number {
  const output = join(home.directory, 'output');
  const options = { env: { ...home.variables, ...variables }, cwd: home.cwd, encoding: 'utf8' } as const;
  const { status, stderr } = spawnSync('bash', ['-c', script, output, process.execPath, ...argv], options);
  const [user, system] = (stderr.trimEnd().split('\n').at(-1) ?? '').split(' ').map(Number);
  // 1 is an answer too: `doctor` has found something.
  if (status === null || status > 1 || user === undefined || system === undefined) {
    throw new Error(`${title} ended with ${status}: ${stderr}`);
  }
  return (user + system) * 1000;
}

export function run(each: Measured): number {
  if (each.isCold) rmSync(cacheOf(each.home), { recursive: true, force: true });
  const whole = processorTime(each);
  if (!each.isUntilCommand) return whole;
  const threads = readFileSync(join(each.home.directory, 'output'), 'utf8').trim().split('\n');
  return threads.reduce((sum, thread) => sum + Number(thread.split(' ')[0]) / 1e6, 0);
}

const cacheOf = ({ root }: TestHome) => join(root, 'cache');

/** Runs the lines until there is an index, which is not made of files that are younger than two seconds. */
export function warmUp(home: TestHome, lines: readonly string[]): void {
  const hasIndex = () => {
    const list = measured('list', home, 'list --plain');
    processorTime(list);
    return readdirSync(cacheOf(home)).some((name) => name.startsWith('index-'));
  };
  const until = performance.now() + 20_000;
  while (!hasIndex()) if (performance.now() > until) throw new Error(`no index in ${home.root}`);
  for (const line of lines) for (let time = 0; time < 2; time += 1) processorTime(measured(line, home, line));
}

/** Peak memory in MiB, as the process itself tells it. */
export function peakMemory(each: Measured): number {
  const hook = join(each.home.directory, 'peak.cjs');
  const told = join(each.home.directory, 'peak');
  const write = `require('node:fs').writeFileSync(${JSON.stringify(told)}, String(process.resourceUsage().maxRSS))`;
  writeFileSync(hook, `process.on('exit', () => ${write});`);
  const peaks = Array.from({ length: 4 }, () => {
    processorTime(each, { NODE_OPTIONS: `--require ${hook}` });
    return Number(spawnSync('cat', [told], { encoding: 'utf8' }).stdout) / 1024;
  });
  // The first run has made the cache of V8 for these options.
  return Math.min(...peaks.slice(1));
}

export const median = ({ times }: Measured) => times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0;

/** Measures all of them and prints the table. */
export function compare(floor: Measured, all: readonly Measured[]): void {
  for (let round = 0; round < rounds; round += 1) for (const each of [floor, ...all]) each.times.push(run(each));
  process.stdout.write(
    `${rounds} rounds, Node ${process.version}, processor time: median, and over ${floor.title}\n\n`,
  );
  for (const each of [floor, ...all]) {
    const ms = `${median(each).toFixed(0)} ms`.padStart(8);
    process.stdout.write(`${each.title.padEnd(40)}${ms}  ${(median(each) / median(floor)).toFixed(2)} ×\n`);
  }
  process.stdout.write('\n');
}

/** Exits with 1 where a mark is missed. */
export function judge(title: string, value: number, limit: number, unit: string): void {
  const verdict = value <= limit ? 'within' : 'BEYOND';
  process.stdout.write(`${verdict} ${limit}${unit}: ${title}: ${value.toFixed(2)}${unit}\n`);
  if (verdict === 'BEYOND') process.exitCode = 1;
}
