import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.js';
import { type LockOptions, withLock } from '../../src/core/storage/file-lock.js';
import { sightLock } from '../../src/core/storage/lock-directory.js';
import { sweepLockLeftovers } from '../../src/core/storage/lock-leftovers.js';
import { systemProcesses } from '../../src/core/storage/process-table.js';
import { LockWorkers } from '../support/lock-workers/launch.js';
import { placeInMemory } from '../support/place-in-memory.js';

const onLinux = process.platform === 'linux';
const isRoot = process.getuid?.() === 0;
const workers = new LockWorkers();
const killPreload = 'kill-at-step.mjs';
const hourMs = 3_600_000;

let home: string;
let directory: string;
let path: string;
let log: string;
let options: LockOptions;

beforeAll(() => workers.build());
afterAll(() => workers.remove());

beforeEach(() => {
  home = mkdtempSync(join(placeInMemory(), 'codex-auth-locks-'));
  directory = join(home, 'locks');
  path = join(directory, 'store.held');
  log = join(home, 'log');
  writeFileSync(log, '');
  options = { directory, clock: systemClock, processes: systemProcesses, waitMs: 5_000 };
});

afterEach(async () => {
  await workers.endAll();
  rmSync(home, { recursive: true, force: true });
});

const hold = (setup = {}) => workers.start('holder', { directory, waitMs: 10_000, log }, setup);

async function timeToTake(): Promise<number> {
  const start = performance.now();
  await withLock('store', options, () => undefined);
  return performance.now() - start;
}

/** How often the lock was entered. Throws when a process entered while another one was in. */
function countEntries(text: string): number {
  let inside: string | undefined;
  let entries = 0;
  for (const line of text.split('\n').filter(Boolean)) {
    const [event, pid] = line.split(' ');
    if (event === 'enter') {
      if (inside !== undefined) throw new Error(`${pid} entered while ${inside} held the lock`);
      inside = pid;
      entries += 1;
    } else {
      if (inside !== pid) throw new Error(`${pid} left, but ${inside} held the lock`);
      inside = undefined;
    }
  }
  return entries;
}

describe('many writers', () => {
  const countTogether = async (processes: number, rounds: number, setup: (index: number) => object = () => ({})) => {
    const file = join(home, 'list.json');
    writeFileSync(file, '[]');
    const task = { directory, file, rounds, waitMs: 60_000 };
    const running = Array.from({ length: processes }, (_, index) => workers.start('counter', task, setup(index)));
    const endings = await Promise.all(running.map((worker) => worker.ended));
    expect(endings).toEqual(running.map(() => ({ code: 0, signal: null })));
    const expected = running.flatMap(({ pid }) => Array.from({ length: rounds }, (_, round) => `${pid}:${round + 1}`));
    const list = JSON.parse(readFileSync(file, 'utf8')) as string[];
    expect(list.toSorted()).toEqual(expected.toSorted());
    expect(readdirSync(directory)).toEqual([]);
  };

  it('lose no update: 20 processes, 25 each', () => countTogether(20, 25));

  it('lose no update when their clocks are an hour apart', () => {
    const shifts = [hourMs, 0, -hourMs];
    const shifted = (index: number) => ({
      preload: 'shift-date.mjs',
      env: { DATE_SHIFT_MS: shifts[index % 3]?.toString() },
    });
    return countTogether(6, 10, shifted);
  });
});

describe('a holder', () => {
  it('that is killed delays the next writer by less than two seconds', async () => {
    const holder = hold();
    await holder.said('held');
    const waiting = timeToTake();
    holder.signal('SIGKILL');
    expect(await waiting).toBeLessThan(2_000);
  });

  it('with a clock an hour ahead that is killed delays nobody either', async () => {
    const holder = hold({ preload: 'shift-date.mjs', env: { DATE_SHIFT_MS: `${hourMs}` } });
    await holder.said('held');
    holder.signal('SIGKILL');
    await holder.ended;
    expect(await timeToTake()).toBeLessThan(2_000);
  });

  it.each([hourMs, -hourMs])('is not superseded by one whose clock is off by %i ms', async (shift) => {
    const holder = hold();
    await holder.said('held');
    const setup = { preload: 'shift-date.mjs', env: { DATE_SHIFT_MS: `${shift}` } };
    const contender = workers.start('once', { directory, waitMs: 300, log }, setup);
    expect(await contender.ended).toEqual({ code: 6, signal: null });
    holder.tell('go');
    expect(await holder.ended).toEqual({ code: 0, signal: null });
  });

  it.runIf(onLinux)('that is stopped keeps its lock: a contender gives up and names its pid', async () => {
    const holder = hold();
    await holder.said('held');
    holder.signal('SIGSTOP');
    await holder.stopped();

    const contender = workers.start('once', { directory, waitMs: 500, log });
    expect(await contender.ended).toEqual({ code: 6, signal: null });
    expect(contender.lines[0]).toMatch(/^refused .*"code":"lock-busy"/);
    expect(contender.lines[0]).toContain(`(pid ${holder.pid}) holds the account store`);

    holder.signal('SIGCONT');
    holder.tell('go');
    expect(await holder.ended).toEqual({ code: 0, signal: null });
    expect(readFileSync(log, 'utf8')).toBe(`enter ${holder.pid}\nexit ${holder.pid}\n`);
  });

  it('keeps its heart beating, and still holds the lock afterwards', async () => {
    const holder = hold();
    await holder.said('held');
    const [record = ''] = readdirSync(path);
    const beat = () => statSync(join(path, record)).mtimeMs;
    const first = beat();
    await expect.poll(beat, { timeout: 60_000 }).not.toBe(first);
    holder.tell('go');
    expect(await holder.ended).toEqual({ code: 0, signal: null });
  });
});

describe('a holder that ends in order', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('removes the lock on %s and still dies of it', async (signal) => {
    const holder = hold();
    await holder.said('held');
    holder.signal(signal);
    expect(await holder.ended).toEqual({ code: null, signal });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('removes the lock when it exits, and keeps its exit code', async () => {
    const holder = hold();
    await holder.said('held');
    holder.tell('exit');
    expect(await holder.ended).toEqual({ code: 3, signal: null });
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('a process killed at any step', () => {
  /** Runs a worker that dies before its n-th change below the locks directory, for every n until one survives. */
  const enumerate = async (prepare: () => Promise<void>) => {
    for (let step = 1; ; step += 1) {
      await prepare();
      const env = { KILL_AT_STEP: `${step}`, KILL_AT_UNDER: directory };
      const worker = workers.start('once', { directory, waitMs: 5_000, log }, { preload: killPreload, env });
      const { code, signal } = await worker.ended;
      expect(await timeToTake(), `after a kill at step ${step}`).toBeLessThan(1_000);
      sweepLockLeftovers(directory, systemProcesses);
      expect(readdirSync(directory), `after a kill at step ${step}`).toEqual([]);
      if (signal === null) {
        expect(code).toBe(0);
        return step;
      }
      expect(signal).toBe('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    }
  };

  it('of taking or releasing leaves a lock that the next one takes at once', async () => {
    expect(await enumerate(async () => undefined)).toBeGreaterThan(6);
  });

  it.runIf(onLinux)('of reclaiming a dead lock leaves one too', async () => {
    expect(await enumerate(leaveDeadLock)).toBeGreaterThan(7);
  });
});

/** A lock whose owner was killed while it held it. */
async function leaveDeadLock(): Promise<void> {
  const holder = workers.start('holder', { directory, waitMs: 1_000 });
  await holder.said('held');
  holder.signal('SIGKILL');
  await holder.ended;
}

describe('a dead lock', () => {
  it.runIf(onLinux)('hinders nobody when its reclaimer is stopped, at whatever step', async () => {
    for (let step = 1; ; step += 1) {
      await leaveDeadLock();
      writeFileSync(log, '');
      const env = { KILL_AT_STEP: `${step}`, KILL_AT_UNDER: directory, KILL_AT_SIGNAL: 'SIGSTOP' };
      const reclaimer = workers.start('once', { directory, waitMs: 10_000, log }, { preload: killPreload, env });
      const outcome = await Promise.race([reclaimer.stopped().then(() => 'stopped'), reclaimer.ended]).catch(
        () => 'ended',
      );
      if (outcome !== 'stopped') {
        expect(step).toBeGreaterThan(5);
        return;
      }
      const sighting = sightLock(path);
      const holdsIt = sighting.kind === 'held' && sighting.owner?.pid === reclaimer.pid;
      const other = workers.start('holder', { directory, waitMs: holdsIt ? 200 : 5_000, log });
      if (holdsIt) {
        expect(await other.ended, `step ${step}`).toEqual({ code: 6, signal: null });
        reclaimer.signal('SIGCONT');
      } else {
        await other.said('held');
        reclaimer.signal('SIGCONT');
        await systemClock.sleep(100);
        other.tell('go');
        expect(await other.ended, `step ${step}`).toEqual({ code: 0, signal: null });
      }
      expect(await reclaimer.ended, `step ${step}`).toEqual({ code: 0, signal: null });
      expect(countEntries(readFileSync(log, 'utf8'))).toBe(holdsIt ? 1 : 2);
      expect(readdirSync(directory)).toEqual([]);
    }
  });

  it.runIf(onLinux)('gets one owner at a time when many find it at once', async () => {
    const rounds = 15;
    const file = join(home, 'go');
    const task = { directory, waitMs: 20_000, log, rounds, file };
    const running = Array.from({ length: 8 }, () => workers.start('rounds', task));
    for (let round = 1; round <= rounds; round += 1) {
      await leaveDeadLock();
      writeFileSync(`${file}.${round}`, '');
      await Promise.all(running.map((worker) => worker.said(`round ${round}`)));
    }
    expect(await Promise.all(running.map((worker) => worker.ended))).toEqual(
      running.map(() => ({ code: 0, signal: null })),
    );
    expect(countEntries(readFileSync(log, 'utf8'))).toBe(8 * rounds);
  });
});

describe('a locks directory that cannot be written', () => {
  it.runIf(isRoot)('is an error that names it, for a person without the right', async () => {
    mkdirSync(directory);
    chmodSync(home, 0o755);
    chmodSync(directory, 0o555);
    workers.openToOthers();
    const worker = workers.start('once', { directory, waitMs: 300 }, { uid: 65_534 });
    expect(await worker.ended).toEqual({ code: 6, signal: null });
    expect(worker.lines[0]).toMatch(/"code":"storage-write-failed"/);
    expect(worker.lines[0]).toContain(`${directory}: permission denied`);
  });

  const canMount = isRoot && onLinux && spawnSync('unshare', ['-m', 'true']).status === 0;
  it.runIf(canMount)('is an error that names it, when the disk is full', async () => {
    mkdirSync(directory);
    // The root of a tmpfs and the private directory use up its two inodes, so the record finds no place.
    const onFullDisk = `mount -t tmpfs -o nr_inodes=2 tmpfs "$0" && exec "$@"`;
    const prefix = ['unshare', '-m', 'sh', '-c', onFullDisk, directory];
    const worker = workers.start('once', { directory, waitMs: 300 }, { prefix });
    expect(await worker.ended).toEqual({ code: 6, signal: null });
    expect(worker.lines[0]).toMatch(/"code":"storage-write-failed"/);
    expect(worker.lines[0]).toContain(`${directory}: no space left on the disk`);
  });
});
