import { readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { emptyPool } from '../../src/core/accounts/pool.js';
import { systemClock } from '../../src/core/clock.js';
import { withStore } from '../../src/core/logins/with-store.js';
import { readScope } from '../../src/core/pools/scope-files.js';
import { rootPaths } from '../../src/core/storage/paths.js';
import { systemProcesses } from '../../src/core/storage/process-table.js';
import { runBuilt, startBuilt } from '../support/built.js';
import { createTestHome, type TestHome } from '../support/cli.js';
import { LockWorkers } from '../support/lock-workers/launch.js';
import { directoryInMemory } from '../support/temporary.js';

const onLinux = process.platform === 'linux';
const hourMs = 3_600_000;
const workers = new LockWorkers();
let home: TestHome;

beforeAll(() => workers.build());
afterAll(() => workers.remove());
afterEach(() => workers.endAll());

beforeEach(async () => {
  // In memory: on a disk, all writers would wait for the syncs of one, and ask for the lock again and again.
  home = createTestHome(undefined, directoryInMemory());
  const account = { id: 'acc_first', enabled: true, tokens: { generation: 0 }, label: 'start', raw: {} };
  const root = { paths: rootPaths(home.root), clock: systemClock, processes: systemProcesses };
  await withStore(root, {}, (store) => store.savePool(undefined, { ...emptyPool, accounts: [account] }));
});

const poolNow = () => readScope(rootPaths(home.root), undefined).pool;
const labelsNow = () => poolNow().accounts.map(({ label }) => label);
const leftovers = () =>
  readdirSync(home.root, { recursive: true, encoding: 'utf8' }).filter((path) => /\.(tmp|held)$/.test(path));

describe('writers of one pool', () => {
  async function writeTogether(processes: number, rounds: number, setup: (index: number) => object = () => ({})) {
    const task = { directory: home.root, waitMs: 0, rounds };
    const running = Array.from({ length: processes }, (_, index) => workers.start('store-counter', task, setup(index)));
    const endings = await Promise.all(running.map((worker) => worker.ended));

    expect(endings).toEqual(running.map(() => ({ code: 0, signal: null })));
    const written = running.flatMap(({ pid }) => Array.from({ length: rounds }, (_, round) => `${pid}:${round + 1}`));
    const [label = ''] = labelsNow();
    expect(label?.split(' ').sort()).toEqual(['start', ...written].sort());
    expect(poolNow().generation).toBe(1 + written.length);
    expect(leftovers()).toEqual([]);
  }

  it('lose no update: 20 processes, 25 each', () => writeTogether(20, 25));

  it('lose no update when their clocks are an hour apart', () => {
    const shifts = [hourMs, 0, -hourMs];
    return writeTogether(6, 10, (index) => ({
      preload: 'shift-date.mjs',
      env: { DATE_SHIFT_MS: String(shifts[index % shifts.length]) },
    }));
  });
});

describe('a process that holds the store', () => {
  async function hold() {
    const holder = workers.start('store-holder', { directory: home.root, waitMs: 0 });
    await holder.said('held');
    return holder;
  }

  it.runIf(onLinux)('and is stopped makes a command fail that names it; then both are heard', async () => {
    const holder = await hold();
    holder.signal('SIGSTOP');
    await holder.stopped();

    const startedAt = performance.now();
    const refused = await runBuilt(home, ['label', '1', 'refused', '--json']);
    expect(performance.now() - startedAt).toBeGreaterThan(9_000);
    expect(refused.exitCode).toBe(6);
    const { error } = JSON.parse(refused.stdout);
    expect(error).toMatchObject({ code: 'lock-busy', details: { pid: holder.pid } });
    expect(error.message).toContain(`pid ${holder.pid}`);
    expect(error.hint).toContain(`kill -CONT ${holder.pid}`);
    expect(labelsNow()).toEqual(['start']);

    const waiting = startBuilt(home, ['label', '1', 'waited']);
    await systemClock.sleep(500);
    holder.signal('SIGCONT');
    holder.tell('go');
    expect(await holder.ended).toEqual({ code: 0, signal: null });
    expect(await waiting.ended).toMatchObject({ exitCode: 0 });
    expect(labelsNow()).toEqual(['waited', 'of the holder']);
    expect(leftovers()).toEqual([]);
  });

  it('and is killed delays the next writer by less than two seconds', async () => {
    const holder = await hold();
    const waiting = startBuilt(home, ['label', '1', 'next']);
    await systemClock.sleep(500);
    expect(labelsNow()).toEqual(['start']);

    const killedAt = performance.now();
    holder.signal('SIGKILL');
    expect(await waiting.ended).toMatchObject({ exitCode: 0 });
    expect(performance.now() - killedAt).toBeLessThan(2_000);
    expect(labelsNow()).toEqual(['next']);
    expect(leftovers()).toEqual([]);
  });
});
