import { describe, expect, it } from 'vitest';
import type { Account, FlaggedAccount } from '../../../src/core/accounts/account.js';
import { emptyFlaggedPool, emptyPool, type Pool } from '../../../src/core/accounts/pool.js';
import { codexHomeAt } from '../../../src/core/codex/home.js';
import { applyAccountRepairs } from '../../../src/core/diagnostics/account-repairs/apply.js';
import { planAccountRepairs } from '../../../src/core/diagnostics/account-repairs/plan.js';
import { isStored } from '../../../src/core/diagnostics/account-repairs/repair.js';
import { type RepairWorld, readRepairWorld } from '../../../src/core/diagnostics/account-repairs/world.js';
import type { AccountState } from '../../../src/core/health/account-state.js';
import { encodeState } from '../../../src/core/health/account-state.js';
import { withStore } from '../../../src/core/logins/with-store.js';
import { encodeFlagged, encodePool } from '../../../src/core/pools/pool-codec.js';
import { readAllScopes, readScope } from '../../../src/core/pools/scope-files.js';
import { Secret } from '../../../src/core/secret.js';
import { resolveSettings, settingsOf } from '../../../src/core/settings.js';
import { scopeFiles } from '../../../src/core/storage/paths.js';
import { accountOf, clockAt, type TokenWords, testRoot, writeJson } from '../../support/stored-accounts.js';

const now = Date.UTC(2026, 10, 21);
const seconds = now / 1000;
const lives = { iat: seconds - 100, exp: seconds + 3600 };
const over = { iat: seconds - 7200, exp: seconds - 3600 };
const settings = settingsOf(resolveSettings({}, {}));
const emptyState: AccountState = { accounts: {}, affinity: {}, raw: {} };

interface Scope {
  readonly accounts?: readonly Account[];
  readonly flagged?: readonly FlaggedAccount[];
  readonly more?: Partial<Pool>;
}

/** A root with these scopes on disk, and the world as it is read from there. */
function worldOf(scopes: Readonly<Record<string, Scope>>, state = emptyState) {
  const root = testRoot(clockAt(now));
  for (const [name, { accounts = [], flagged, more }] of Object.entries(scopes)) {
    const files = scopeFiles(root.paths, name === 'global' ? undefined : name);
    writeJson(files.pool, encodePool({ ...emptyPool, accounts, ...more }));
    if (flagged !== undefined) writeJson(files.flagged, encodeFlagged({ ...emptyFlaggedPool, accounts: flagged }));
  }
  if (state !== emptyState) writeJson(root.paths.accountState, encodeState(state));
  return { root, world: () => readRepairWorld(root, codexHomeAt(`${root.paths.root}/codex`), settings) };
}

async function apply({ root, world }: ReturnType<typeof worldOf>) {
  const before = world();
  const plan = planAccountRepairs(before).filter(isStored);
  return withStore(root, {}, (store) => applyAccountRepairs(store, plan, before));
}

const whole = { userId: 'u1', accountId: 'a1', email: 'a@x.io', ...lives } satisfies TokenWords;
const plus = { planType: 'plus' };
const good = (id: string, words: TokenWords = {}, more: Partial<Account> = {}) =>
  accountOf(id, { ...whole, ...words }, { ...plus, ...more });

function flaggedOf(account: Account, more: Partial<FlaggedAccount> = {}): FlaggedAccount {
  return { ...account, movedAt: 5, flag: { at: 5, reason: 'manual', verificationCount: 0 }, ...more };
}

const tokensWithout = (account: Account, ...names: (keyof Account['tokens'])[]): Account => ({
  ...account,
  tokens: Object.fromEntries(
    Object.entries(account.tokens).filter(([name]) => !names.some((each) => each === name)),
  ) as unknown as Account['tokens'],
});

describe('the plan', () => {
  const planOf = (scopes: Record<string, Scope>, state?: AccountState) =>
    planAccountRepairs(worldOf(scopes, state).world());
  const one = (account: Account) => ({ global: { accounts: [account] } });

  it.each<[string, Record<string, Scope>, object[]]>([
    ['is empty where all is well', one(good('x')), []],
    ['is empty without any account', {}, []],
    ['refreshes what has expired', one(good('x', over)), [{ kind: 'refresh', accountId: 'x', why: 'expired' }]],
    [
      'refreshes what has no access token',
      one(tokensWithout(good('x'), 'accessToken', 'expiresAt')),
      [{ kind: 'refresh', why: 'no-access-token' }],
    ],
    [
      'refreshes another tool’s login without an id token',
      one(tokensWithout(good('x', { generation: 0 }), 'idToken')),
      [{ kind: 'refresh', why: 'no-id-token' }],
    ],
    ['does not ask twice for an id token that a refresh has not brought', one(tokensWithout(good('x'), 'idToken')), []],
    ['asks nobody about what the person disabled', one(good('x', over, { enabled: false })), []],
    ['asks nobody about what is set aside', { global: { flagged: [flaggedOf(good('x', over))] } }, []],
    [
      'does not set aside what ended because it has no refresh token',
      one(tokensWithout(good('x', over), 'refreshToken')),
      [],
    ],
    [
      'does not set aside what has no tokens, which waits for a sign-in',
      one(tokensWithout(good('x', over), 'refreshToken', 'accessToken', 'idToken')),
      [],
    ],
    [
      'leaves alone what has no refresh token while its access token works',
      one(tokensWithout(good('x'), 'refreshToken')),
      [],
    ],
    [
      'fills in what the tokens tell',
      one(
        tokensWithout(
          accountOf('x', { ...whole, planType: 'pro' }, { userId: undefined, email: undefined } as never),
          'expiresAt',
        ),
      ),
      [{ kind: 'fill-in', accountId: 'x', fields: ['userId', 'email', 'planType', 'expiresAt'] }],
    ],
    [
      'puts the account id in place of an organization id',
      one(good('x', {}, { accountId: 'org-1' })),
      [{ kind: 'correct-account-id', accountId: 'x', from: 'org-1', to: 'a1' }],
    ],
    [
      'merges two records of an account in one pool',
      { global: { accounts: [good('x'), good('y', { refresh: 'rt-2' })] } },
      [{ kind: 'merge-duplicates', accountId: 'x', part: 'pool', others: [{ accountId: 'y' }] }],
    ],
    [
      'merges the records of an account in two pools where it was used last',
      {
        global: { accounts: [good('x', {}, { lastUsedAt: 1 })] },
        work: { accounts: [good('y', {}, { lastUsedAt: 2 })] },
      },
      [{ kind: 'merge-duplicates', accountId: 'y', scopeKey: 'work', others: [{ accountId: 'x' }] }],
    ],
    [
      'leaves two workspaces of one email alone',
      { global: { accounts: [good('x'), good('y', { accountId: 'a2', refresh: 'rt-2' })] } },
      [],
    ],
    [
      'leaves two members of one workspace alone',
      { global: { accounts: [good('x'), good('y', { userId: 'u2', email: 'b@x.io', refresh: 'rt-2' })] } },
      [],
    ],
  ])('%s', (_, scopes, expected) => {
    const plan = planOf(scopes);
    expect(plan).toMatchObject(expected);
    expect(plan).toHaveLength(expected.length);
  });

  it('leaves a half-known record alone that could be either of two accounts', () => {
    const half = { ...accountOf('h', { refresh: 'rt-h' }, { email: 'A@x.io ' }), tokens: opaque('h') };
    const accounts = [good('x'), good('y', { accountId: 'a2', refresh: 'rt-2' }), half];
    expect(planOf({ global: { accounts } }).filter(({ kind }) => kind === 'merge-duplicates')).toEqual([]);
    const alone = planOf({ global: { accounts: [good('x'), half] } });
    expect(alone).toMatchObject([{ kind: 'merge-duplicates', accountId: 'x', others: [{ accountId: 'h' }] }]);
  });

  it('forgets what is over and nothing else', () => {
    const health = (until: number) => ({
      score: 80,
      at: now - 1000,
      consecutiveRefreshFailures: 0,
      cooldown: { until, reason: 'network-error' as const },
      rateLimitedUntil: until,
    });
    const state = {
      ...emptyState,
      accounts: { x: { health: health(now - 1) }, y: { health: health(now + 1000) } },
      affinity: { old: { accountId: 'x', at: now - 9e9 }, fresh: { accountId: 'x', at: now - 1 } },
    };
    const raw = {
      coolingDownUntil: now - 5,
      cooldownReason: 'old',
      rateLimitResetTimes: { codex: now - 1, other: now + 9 },
    };
    const accounts = [good('x', {}, { raw }), good('y', { accountId: 'a2', refresh: 'rt-2' })];
    expect(planOf({ global: { accounts } }, state)).toEqual([
      {
        kind: 'drop-expired-facts',
        accountId: 'x',
        scopeKey: undefined,
        facts: ['cooldown', 'rate-limit', 'legacy-cooldown', 'legacy-rate-limit'],
      },
      { kind: 'forget-conversations', count: 1 },
    ]);
  });

  it('sets aside what was refused too often, when the setting says so now', () => {
    const health = { score: 40, at: now, consecutiveRefreshFailures: 3 };
    const state = { ...emptyState, accounts: { x: { health } } };
    expect(planOf(one(good('x')), state)).toMatchObject([{ kind: 'flag', reason: 'refresh-refused' }]);
  });
});

function opaque(name: string): Account['tokens'] {
  return {
    refreshToken: new Secret(`rt-${name}`),
    accessToken: new Secret(`opaque-${name}`),
    idToken: new Secret('no-jwt'),
    generation: 1,
  };
}

describe('applying it', () => {
  it('does what was planned, and a second look finds nothing', async () => {
    const wrong = tokensWithout(
      good('x', { planType: 'pro' }, { accountId: 'org-1', planType: undefined } as never),
      'expiresAt',
    );
    const made = worldOf({ global: { accounts: [wrong] } });
    const applied = await apply(made);
    expect(applied.map(({ repair, outcome }) => [repair.kind, outcome])).toEqual([
      ['correct-account-id', 'done'],
      ['fill-in', 'done'],
    ]);
    const [stored] = readScope(made.root.paths, undefined).pool.accounts;
    expect(stored?.raw).toMatchObject({
      accountId: 'a1',
      accountIdSource: 'token',
      planType: 'pro',
      expiresAt: lives.exp * 1000,
    });
    expect(planAccountRepairs(made.world())).toEqual([]);
  });

  it('merges into one record with the newest tokens, the earliest label and every unknown key', async () => {
    const older = good('x', { iat: 1, refresh: 'rt-old' }, { label: 'home', raw: { note: 1 }, addedAt: 7 });
    const newer = good(
      'y',
      { iat: 2, refresh: 'rt-new' },
      { label: 'second', raw: { other: 2 }, addedAt: 3, enabled: false },
    );
    const made = worldOf({ global: { accounts: [older, newer], more: { activeId: 'x', previousId: 'y' } } });
    const [applied] = await apply(made);

    const { pool } = readScope(made.root.paths, undefined);
    expect(pool.accounts.map(({ id }) => id)).toEqual(['x']);
    expect(pool.accounts[0]).toMatchObject({ label: 'home', enabled: false, addedAt: 3, raw: { note: 1, other: 2 } });
    expect(pool.accounts[0]?.tokens.refreshToken?.reveal()).toBe('rt-new');
    expect([pool.activeId, pool.previousId]).toEqual(['x', undefined]);
    expect(applied?.keptFiles).toHaveLength(1);
    expect(planAccountRepairs(made.world())).toEqual([]);
  });

  const turnedAway = { code: 'workspace-deactivated', at: now - 30_000, isLasting: true as const };
  it.each([
    ['stays where nothing was heard since', now - 60_000, turnedAway],
    ['is over where the provider has told the quota since', now, undefined],
  ])('that the account was turned away %s', async (_, observedAt, expected) => {
    const state = {
      ...emptyState,
      accounts: { x: { quota: { windows: [], additional: [], observedAt } }, y: { refusal: turnedAway } },
    };
    const accounts = [good('x', { refresh: 'rt-1' }), good('y', { refresh: 'rt-1' })];
    const made = worldOf({ global: { accounts } }, state);
    await apply(made);
    expect(made.world().state.accounts['x']?.refusal).toEqual(expected);
  });

  it('merges across pools, and what is known about the account stays with it', async () => {
    const state = {
      ...emptyState,
      accounts: { x: { health: { score: 60, at: now, consecutiveRefreshFailures: 0 } } },
      affinity: { talk: { accountId: 'x', at: now } },
    };
    const scopes = {
      global: { accounts: [good('x', { refresh: 'rt-1' }, { lastUsedAt: 1 })] },
      work: { accounts: [good('y', { refresh: 'rt-1' }, { lastUsedAt: 2 })] },
    };
    const made = worldOf(scopes, state);
    const [applied] = await apply(made);
    const places = readAllScopes(made.root.paths).map(({ key, pool }) => [key, pool.accounts.map(({ id }) => id)]);
    expect(places).toEqual([
      [undefined, []],
      ['work', ['y']],
    ]);
    expect(made.world().state).toMatchObject({
      accounts: { y: { health: { score: 60 } } },
      affinity: { talk: { accountId: 'y' } },
    });
    expect(Object.keys(made.world().state.accounts)).toEqual(['y']);
    // The same login in both: nothing had to be kept.
    expect(applied?.keptFiles).toEqual([]);
  });

  it('does not apply what is not needed any more', async () => {
    const made = worldOf({ global: { accounts: [good('x', {}, { accountId: 'org-1' })] } });
    const before: RepairWorld = made.world();
    const plan = planAccountRepairs(before).filter(isStored);
    expect(plan).toMatchObject([{ kind: 'correct-account-id' }]);
    writeJson(scopeFiles(made.root.paths, undefined).pool, encodePool({ ...emptyPool, accounts: [good('x')] }));
    const applied = await withStore(made.root, {}, (store) => applyAccountRepairs(store, plan, before));
    expect(applied).toMatchObject([{ outcome: 'not-needed' }]);
    expect(readScope(made.root.paths, undefined).flagged.accounts).toEqual([]);
  });

  it('drops the pauses of other tools that are over and keeps those that are not', async () => {
    const raw = {
      coolingDownUntil: now - 5,
      cooldownReason: 'old',
      rateLimitResetTimes: { codex: now - 1, other: now + 9 },
    };
    const made = worldOf({ global: { accounts: [good('x', {}, { raw })] } });
    await apply(made);
    const [stored] = readScope(made.root.paths, undefined).pool.accounts;
    expect(stored?.raw).not.toHaveProperty('coolingDownUntil');
    expect(stored?.raw).not.toHaveProperty('cooldownReason');
    expect(stored?.raw['rateLimitResetTimes']).toEqual({ other: now + 9 });
  });
});
