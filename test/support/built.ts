import { type ProgramOptions, ProgramProcess, type ProgramResult } from './program-process.js';
import type { TestHome } from './test-home.js';

const running = new Set<ProgramProcess>();

/** Starts the built product; whatever still runs at the end of the test is killed, stopped processes included. */
export function startBuilt(home: TestHome, argv: readonly string[], options: ProgramOptions = {}): ProgramProcess {
  const program = new ProgramProcess(home, argv, options);
  running.add(program);
  void program.ended.finally(() => running.delete(program)).catch(() => undefined);
  return program;
}

/** Kills what `startBuilt` has started; called after every test (`end-built.ts`). */
export async function endBuilt(): Promise<void> {
  for (const program of running) program.signal('SIGKILL');
  await Promise.all([...running].map(({ ended }) => ended));
}

/** Runs the built product to its end. */
export function runBuilt(
  home: TestHome,
  argv: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  return startBuilt(home, argv, options).ended;
}

/** `runBuilt` with `--json`: the parsed document beside what the process left. */
export async function runBuiltJson(home: TestHome, argv: readonly string[], options: ProgramOptions = {}) {
  const result = await runBuilt(home, [...argv, '--json'], options);
  if (result.stdout === '') throw new Error(`no document on stdout; exit ${result.exitCode}: ${result.stderr}`);
  return { ...result, document: JSON.parse(result.stdout) };
}
