import { describe, expect, it } from 'vitest';
import { emptyFlaggedPool, emptyPool } from '../../../src/core/accounts/pool.js';
import { readAccountState } from '../../../src/core/health/account-state.js';
import { flagAccount } from '../../../src/core/logins/flagging.js';
import { restoreAccount } from '../../../src/core/logins/restoring.js';
import { withStore } from '../../../src/core/logins/with-store.js';
import { encodeFlagged, encodePool } from '../../../src/core/pools/pool-codec.js';
import { readScope } from '../../../src/core/pools/scope-files.js';
import type { Store } from '../../../src/core/pools/store.js';
import { scopeFiles } from '../../../src/core/storage/paths.js';
import { accountOf, clockAt, readJson, testRoot, writeJson } from '../../support/stored-accounts.js';

const now = 1_000_000;
const words = { userId: 'u', accountId: 'a', email: 'a@x.io' };

function stored(account = accountOf('x', words), scopeKey?: string) {
  const root = testRoot(clockAt(now));
  const files = scopeFiles(root.paths, scopeKey);
  writeJson(files.pool, encodePool({ ...emptyPool, accounts: [account] }));
  return { root, files, change: <T>(task: (store: Store) => T) => withStore(root, {}, task) };
}

describe('there and back', () => {
  it('an account keeps everything but what was said about its flag', async () => {
    const account = accountOf('x', words, { label: 'home', enabled: false, raw: { note: 1 } });
    const { root, files, change } = stored(account, 'work');
    const before = readScope(root.paths, 'work').pool.accounts[0];
    expect(await change((store) => flagAccount(store, 'x', { reason: 'manual', lastError: 'why' }))).toBe(true);
    expect(readScope(root.paths, 'work').pool.accounts).toEqual([]);
    expect(readJson(files.flagged)).toMatchObject({
      accounts: [{ recordId: 'x', flaggedReason: 'manual', lastError: 'why', flaggedAt: now, verificationCount: 0 }],
    });

    const restored = await change((store) => restoreAccount(store, 'x'));
    expect(restored?.movedAt).toBe(now + 1);
    const { pool, flagged } = readScope(root.paths, 'work');
    expect(flagged.accounts).toEqual([]);
    expect(pool.accounts).toEqual([{ ...before, movedAt: now + 1, raw: { ...before?.raw, movedAt: now + 1 } }]);
  });

  it('what is known starts anew, but for its quota', async () => {
    const { root, change } = stored();
    const health = { score: 10, at: 1, consecutiveRefreshFailures: 2, rateLimitedUntil: 9e12 };
    const quota = { observedAt: 5, windows: [], additional: [] };
    await change((store) => {
      store.changeState((state) => ({ ...state, accounts: { x: { health, quota } } }));
      flagAccount(store, 'x', { reason: 'manual' });
      restoreAccount(store, 'x');
    });
    expect(readAccountState(root.paths.accountState).state.accounts['x']).toEqual({
      health: { score: 100, at: now, consecutiveRefreshFailures: 0 },
      quota,
    });
  });

  it('an account that is not there is not moved', async () => {
    const { root, change } = stored();
    await change((store) => {
      expect(flagAccount(store, 'nobody', { reason: 'manual' })).toBe(false);
      expect(restoreAccount(store, 'x')).toBeUndefined();
    });
    expect(readScope(root.paths, undefined).pool.accounts).toHaveLength(1);
  });
});

describe('when a clock was set back between two moves', () => {
  it('a copy that a crash left behind does not win over the later move', async () => {
    const future = 9_000_000;
    const { root, files, change } = stored();
    const setAside = {
      ...accountOf('x', words),
      movedAt: future,
      flag: { at: 1, reason: 'manual', verificationCount: 0 },
    };
    writeJson(files.pool, encodePool(emptyPool));
    writeJson(files.flagged, encodeFlagged({ ...emptyFlaggedPool, accounts: [setAside] }));
    await change((store) => restoreAccount(store, 'x'));
    // As if the program had been killed before it wrote the flagged file.
    writeJson(files.flagged, encodeFlagged({ ...emptyFlaggedPool, accounts: [setAside] }));
    const { pool, flagged } = readScope(root.paths, undefined);
    expect([pool.accounts.length, flagged.accounts.length]).toEqual([1, 0]);
  });
});
