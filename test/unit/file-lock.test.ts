import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.js';
import { type LockHandle, type LockOptions, withLock } from '../../src/core/storage/file-lock.js';
import { sightLock } from '../../src/core/storage/lock-directory.js';
import { reclaimTokenLocks, sweepLockLeftovers } from '../../src/core/storage/lock-leftovers.js';
import { systemProcesses } from '../../src/core/storage/process-table.js';

let directory: string;
let path: string;
let options: LockOptions;

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'codex-auth-lock-')), 'root', 'locks');
  path = join(directory, 'store.held');
  options = { directory, clock: systemClock, processes: systemProcesses, waitMs: 200 };
});

afterEach(() => {
  rmSync(join(directory, '..', '..'), { recursive: true, force: true });
});

const self = systemProcesses.self;
const dead = { ...self, bootId: '00000000-0000-0000-0000-000000000000', pid: 1, startedAt: '1' };
const foreign = { ...self, host: 'another-host' };

function plantOwner(owner: object | string, nonce = 'abc123'): string {
  mkdirSync(path, { recursive: true });
  const record = join(path, `owner-${nonce}.json`);
  const content =
    typeof owner === 'string' ? owner : JSON.stringify({ ...owner, nonce, name: 'store', acquiredAt: 'x' });
  writeFileSync(record, content);
  return record;
}

/** A clock that runs as fast as it is asked to sleep, and calls back at every step. */
function fastClock(onStep: (now: number) => void = () => undefined): Clock {
  let now = 0;
  return {
    now: () => 1_800_000_000_000 + now,
    monotonicMs: () => now,
    sleep: async (ms) => {
      now += ms;
      onStep(now);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const code = (expected: string) => expect.objectContaining({ code: expected });

describe('a lock', () => {
  it('returns what the task returns and leaves nothing behind', async () => {
    expect(await withLock('store', options, () => 42)).toBe(42);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('passes on what the task throws and is free again', async () => {
    const failing = withLock('store', options, () => Promise.reject(new Error('mine')));
    await expect(failing).rejects.toThrow('mine');
    expect(await withLock('store', options, () => 'free')).toBe('free');
  });

  it('appears together with a record of its owner, readable by nobody else', async () => {
    await withLock('store', options, () => {
      const sighting = sightLock(path);
      expect(sighting).toMatchObject({ kind: 'held', owner: { ...self, name: 'store' } });
      const [record = ''] = readdirSync(path);
      expect(statSync(join(path, record)).mode & 0o777).toBe(0o600);
      expect(statSync(path).mode & 0o777).toBe(0o700);
      expect(statSync(directory).mode & 0o777).toBe(0o700);
      expect(readdirSync(directory)).toEqual(['store.held']);
    });
  });

  it('makes two tasks of one process wait for each other', async () => {
    const events: string[] = [];
    const use = (who: string) =>
      withLock('store', { ...options, waitMs: 5_000 }, async () => {
        events.push(`${who} in`);
        await systemClock.sleep(60);
        events.push(`${who} out`);
      });
    await Promise.all([use('a'), use('b'), use('c')]);
    expect(events.map((event) => event.split(' ')[1])).toEqual(['in', 'out', 'in', 'out', 'in', 'out']);
  });

  it('does not keep tasks with another lock waiting', async () => {
    await withLock('store', options, async () => {
      expect(await withLock('refresh-1', options, () => 'both')).toBe('both');
    });
  });

  it('refuses a name that could leave its directory', async () => {
    await expect(withLock('../store', options, () => 1)).rejects.toEqual(code('internal'));
  });
});

describe('a busy lock', () => {
  it('is refused after the wait, with the pid of its owner', async () => {
    await withLock('store', options, async () => {
      const start = performance.now();
      const refused = await withLock('store', options, () => 'taken').catch((error: unknown) => error);
      const waited = performance.now() - start;
      expect(refused).toEqual(code('lock-busy'));
      expect(refused).toMatchObject({ details: { pid: process.pid, lock: 'store' } });
      expect(String(refused)).toContain(`another codex-auth process (pid ${process.pid}) holds the account store`);
      expect(waited).toBeGreaterThanOrEqual(195);
      expect(waited).toBeLessThan(2_000);
    });
  });

  it('tells once who is waited for, when the wait gets long', async () => {
    plantOwner(self);
    const waits: unknown[] = [];
    const clock = fastClock();
    const patient = {
      ...options,
      clock,
      waitMs: 3_000,
      onWaiting: (owner: unknown) => waits.push(owner, clock.monotonicMs()),
    };
    await expect(withLock('store', patient, () => 1)).rejects.toEqual(code('lock-busy'));
    expect(waits).toEqual([expect.objectContaining({ pid: process.pid }), expect.any(Number)]);
    expect(waits[1]).toBeLessThan(1_100);
  });

  it('is left at once when the signal aborts, with its reason', async () => {
    plantOwner(self);
    const abort = new AbortController();
    const reason = new Error('Ctrl-C');
    setTimeout(() => abort.abort(reason), 30);
    const waiting = withLock('store', { ...options, waitMs: 10_000, signal: abort.signal }, () => 1);
    await expect(waiting).rejects.toBe(reason);
  });
});

describe('the lock of a dead owner', () => {
  it('is taken without waiting', async () => {
    plantOwner(dead);
    expect(await withLock('store', { ...options, waitMs: 0 }, () => 'taken')).toBe('taken');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is taken although its heartbeat lies in the future', async () => {
    const record = plantOwner(dead);
    utimesSync(record, 4_000_000_000, 4_000_000_000);
    expect(await withLock('store', { ...options, waitMs: 0 }, () => 'taken')).toBe('taken');
  });
});

describe('a lock directory without a record', () => {
  it('is free when empty: its owner was killed while it released', async () => {
    mkdirSync(path, { recursive: true });
    expect(await withLock('store', { ...options, waitMs: 0 }, () => 'taken')).toBe('taken');
  });

  it('is free when something else put files there', async () => {
    mkdirSync(join(path, 'folder'), { recursive: true });
    writeFileSync(join(path, '.DS_Store'), 'x');
    writeFileSync(join(path, 'folder', 'file'), 'x');
    expect(await withLock('store', { ...options, waitMs: 0 }, () => 'taken')).toBe('taken');
  });

  it('is free again although a stray file appeared while it was held', async () => {
    await withLock('store', options, () => writeFileSync(join(path, '.DS_Store'), 'x'));
    expect(await withLock('store', { ...options, waitMs: 0 }, () => 'taken')).toBe('taken');
  });
});

describe('the lock of an owner that cannot be judged', () => {
  const owners: [string, object | string][] = [
    ['of another host', foreign],
    ['with a cut-off record', '{"pid":12'],
    ['with an empty record', ''],
  ];

  it.each(owners)('is taken after 15 s without a heartbeat: one %s', async (_title, owner) => {
    plantOwner(owner);
    const clock = fastClock();
    expect(await withLock('store', { ...options, clock }, () => clock.monotonicMs())).toBeGreaterThanOrEqual(15_000);
    expect(clock.monotonicMs()).toBeLessThan(15_500);
  });

  it.each(owners)('is not taken while its heart beats: one %s', async (_title, owner) => {
    const record = plantOwner(owner);
    let beats = 0;
    const clock = fastClock((now) => {
      if (now / 5_000 < beats + 1) return;
      beats += 1;
      utimesSync(record, 1_000 + beats, 1_000 + beats);
    });
    await expect(withLock('store', { ...options, clock }, () => 1)).rejects.toEqual(code('lock-busy'));
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(20_000);
    expect(existsSync(record)).toBe(true);
  });

  it('is not taken because the waiter itself was asleep', async () => {
    plantOwner(foreign);
    const awake = fastClock();
    let asleepMs = 0;
    const clock: Clock = {
      ...awake,
      monotonicMs: () => awake.monotonicMs() + asleepMs,
      sleep: (ms) => {
        asleepMs += 6_000;
        return awake.sleep(ms);
      },
    };
    await expect(withLock('store', { ...options, clock }, () => 1)).rejects.toEqual(code('lock-busy'));
  });
});

describe('assertHeld', () => {
  const afterLoss = async (lose: () => void) => {
    let verdict: unknown;
    await withLock('store', options, (lock: LockHandle) => {
      lock.assertHeld();
      lose();
      try {
        lock.assertHeld();
      } catch (error) {
        verdict = error;
      }
    });
    return verdict;
  };

  it('throws once the lock directory is gone', async () => {
    expect(await afterLoss(() => rmSync(path, { recursive: true }))).toEqual(code('storage-conflict'));
  });

  it('throws once somebody else holds it, and the release leaves that lock alone', async () => {
    const takeOver = () => {
      rmSync(path, { recursive: true });
      plantOwner(foreign, 'ffff');
    };
    expect(await afterLoss(takeOver)).toEqual(code('storage-conflict'));
    expect(readdirSync(path)).toEqual(['owner-ffff.json']);
  });
});

describe('a locks directory that cannot be used', () => {
  it('is an error that names it when it is a file', async () => {
    mkdirSync(join(directory, '..'), { recursive: true });
    writeFileSync(directory, 'a file');
    const refused = await withLock('store', options, () => 1).catch((error: unknown) => error);
    expect(refused).toEqual(code('storage-write-failed'));
    expect(String(refused)).toContain(directory);
  });

  it.skipIf(process.getuid?.() === 0)('is an error that names it when it is not writable', async () => {
    mkdirSync(directory, { recursive: true });
    chmodSync(directory, 0o500);
    const refused = await withLock('store', options, () => 1).catch((error: unknown) => error);
    expect(refused).toEqual(code('storage-write-failed'));
    expect(String(refused)).toContain(directory);
  });
});

describe('the sweep of lock leftovers', () => {
  const leave = (name: string, owner?: object) => {
    mkdirSync(join(directory, name), { recursive: true });
    if (owner !== undefined) {
      writeFileSync(
        join(directory, name, 'owner-aa.json'),
        JSON.stringify({ ...owner, nonce: 'aa', name: 'store', acquiredAt: 'x' }),
      );
    }
  };

  it('removes private directories of dead processes, with a record, without, or with a cut-off one', () => {
    leave(`.store.1-1-aa.tmp`, dead);
    leave('.store.2147483646-1-aa.tmp');
    leave('.store.2147483647-1-aa.tmp');
    writeFileSync(join(directory, '.store.2147483647-1-aa.tmp', 'owner-aa.json'), '{"pi');
    expect(sweepLockLeftovers(directory, systemProcesses)).toHaveLength(3);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('leaves those of live and of foreign processes, and held locks', () => {
    leave(`.store.${self.pid}-${self.startedAt ?? 0}-aa.tmp`);
    leave('.store.2147483647-1-aa.tmp', foreign);
    plantOwner(dead);
    const before = readdirSync(directory);
    expect(sweepLockLeftovers(directory, systemProcesses)).toEqual([]);
    expect(readdirSync(directory)).toEqual(before);
  });

  it('frees locks of dead processes that are named after a token, and no others', () => {
    leave('token-1.held', dead);
    leave('login-1.held', dead);
    leave('token-2.held');
    const staying = ['person-1.held', 'store.held', 'token-3.held', 'token-4.held'];
    for (const name of staying.slice(0, 2)) leave(name, dead);
    leave('token-3.held', foreign);
    leave('token-4.held', self);
    reclaimTokenLocks(directory, systemProcesses);
    expect(readdirSync(directory).sort()).toEqual(staying);
  });

  it('finds nothing where there is no locks directory', () => {
    reclaimTokenLocks(directory, systemProcesses);
    expect(sweepLockLeftovers(directory, systemProcesses)).toEqual([]);
  });
});
