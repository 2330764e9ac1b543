/**
 * How long a dead owner delays the next writer: `npx tsx bench/locks.ts`. Owners are killed while they hold the lock
 * and a writer already waits, then at random moments of taking, using and releasing it.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/core/clock.js';
import { withLock } from '../src/core/storage/file-lock.js';
import { systemProcesses } from '../src/core/storage/process-table.js';
import { LockWorkers } from '../test/support/lock-workers/launch.js';

const limitMs = 1_000;
const workers = new LockWorkers();
const home = mkdtempSync(join(tmpdir(), 'codex-auth-bench-'));
const directory = join(home, 'locks');
const file = join(home, 'list.json');

async function take(): Promise<number> {
  await withLock(
    'store',
    { directory, clock: systemClock, processes: systemProcesses, waitMs: 10_000 },
    () => undefined,
  );
  return performance.now();
}

async function killWhileHeld(): Promise<number> {
  const holder = workers.start('holder', { directory, waitMs: 10_000 });
  await holder.said('held');
  const taken = take();
  await systemClock.sleep(50);
  const killedAt = performance.now();
  holder.signal('SIGKILL');
  return (await taken) - killedAt;
}

async function killAnywhere(): Promise<number> {
  const writer = workers.start('counter', { directory, file, rounds: 1_000_000, waitMs: 10_000 });
  await systemClock.sleep(60 + Math.random() * 120);
  const killedAt = performance.now();
  writer.signal('SIGKILL');
  const takenAt = await take();
  JSON.parse(readFileSync(file, 'utf8'));
  await writer.ended;
  return takenAt - killedAt;
}

async function measure(title: string, rounds: number, round: () => Promise<number>): Promise<void> {
  const delays: number[] = [];
  for (let index = 0; index < rounds; index += 1) delays.push(await round());
  delays.sort((a, b) => a - b);
  const show = (position: number) => `${delays.at(position)?.toFixed(1)} ms`;
  const verdict = (delays.at(-1) ?? 0) < limitMs ? 'within' : 'BEYOND';
  const line = `min ${show(0)}, median ${show(Math.floor(rounds / 2))}, max ${show(-1)}, ${verdict} the limit of ${limitMs} ms`;
  process.stdout.write(`${title}, ${rounds} rounds: ${line}\n`);
  if (verdict === 'BEYOND') process.exitCode = 1;
}

try {
  mkdirSync(directory);
  writeFileSync(file, '[]');
  await workers.build();
  await measure('owner killed while a writer waits', 30, killWhileHeld);
  await measure('owner killed at a random moment', 50, killAnywhere);
} finally {
  await workers.endAll();
  workers.remove();
  rmSync(home, { recursive: true, force: true });
}
