import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { fingerprint } from '../../src/core/lineage/journal.js';
import { openEntry } from '../../src/core/lineage/open-entry.js';
import { runCli, runJson } from '../support/cli.js';
import { filesOf, flaggedFileOf } from '../support/flagged-records.js';
import { makeProject } from '../support/project-home.js';
import type { TokenSet } from '../support/provider/grants.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { alice, bob, carol, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
let home: RefreshHome;
beforeEach(() => {
  home = new RefreshHome(temporaryDirectory(), provider);
});

const refreshes = () => provider.requests.refreshes();

async function fix(argv: readonly string[] = []) {
  const { exitCode, document } = await runJson(home.home, ['fix', ...argv]);
  return { exitCode, data: document.data, error: document.error, warnings: document.warnings };
}

const kinds = (data: { repairs: { kind: string; outcome: string }[] }) =>
  data.repairs.map(({ kind, outcome }) => `${kind} ${outcome}`);

/** Two records of alice, one of which another tool has left half empty, and carol, who is due. */
async function brokenPool(): Promise<{ readonly older: TokenSet }> {
  const older = await home.addAccount('acc_old', { ...alice, issuedAt: Date.now() - 5_000 });
  await home.addAccount('acc_new', alice, { accountId: 'org-123', userId: undefined, email: undefined });
  await home.addAccount('acc_carol', { ...carol, expiresInSeconds: -5 }, { planType: undefined });
  return { older };
}

describe('where all is well', () => {
  it('says that there is nothing to do, and changes no byte', async () => {
    await home.addAccount('acc_alice', alice, { planType: 'plus' });
    const before = filesOf(home.home);
    const { exitCode, stdout } = await runCli(home.home, ['fix']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '✓ Nothing to repair; 1 account looked at.\n' });
    expect(filesOf(home.home)).toEqual(before);
    expect(provider.requests.all).toEqual([]);
  });

  it('and without any account', async () => {
    expect(await fix()).toMatchObject({ exitCode: 0, data: { accounts: 0, repairs: [], remaining: [] } });
  });
});

describe('what is broken and can be repaired', () => {
  it('is planned, done and gone at the second run', async () => {
    const { older } = await brokenPool();
    const { exitCode, data } = await fix();
    expect(exitCode, JSON.stringify(data)).toBe(0);
    expect(kinds(data)).toEqual(['merge-duplicates done', 'fill-in done', 'refresh done']);
    expect(data).toMatchObject({ summary: { done: 3, failed: 0 }, remaining: [] });

    expect(home.records().map(({ recordId }) => recordId)).toEqual(['acc_old', 'acc_carol']);
    const newest = provider.issued.all.filter(({ accountId }) => accountId === alice.accountId).at(-1);
    expect(home.record('acc_old')).toMatchObject({ accountId: alice.accountId, refreshToken: newest?.refresh_token });
    expect(home.kept().join()).toContain(older.refresh_token);
    expect(refreshes().map(({ status }) => status)).toEqual([200]);
    expect(provider.fateOf(home.record('acc_carol').refreshToken ?? '')).toBe('live');

    const again = await runCli(home.home, ['fix']);
    expect(again.stdout).toContain('Nothing to repair');
    expect(refreshes()).toHaveLength(1);
  });

  it('reads as one line each and a summary', async () => {
    await home.addAccount('acc_alice', { ...alice, expiresInSeconds: -5 }, { planType: undefined, label: 'x' });
    const { stdout } = await runCli(home.home, ['fix']);
    expect(stdout).toBe(
      [
        '✓ alice@example.com: fill in what its tokens tell: plan',
        '✓ alice@example.com: refresh it: its access token has expired',
        '2 done',
        '',
      ].join('\n'),
    );
  });

  it('an organization id becomes the account id that the tokens name', async () => {
    await home.addAccount('acc_alice', alice, { accountId: 'org-123' });
    const { data } = await fix();
    expect(data.repairs).toMatchObject([
      { kind: 'correct-account-id', outcome: 'done', what: expect.stringContaining('org-123') },
    ]);
    expect(home.record('acc_alice')).toMatchObject({ accountId: alice.accountId, accountIdSource: 'token' });
  });

  it('a login of another tool gets the id token that the official client needs', async () => {
    await home.addAccount('acc_alice', alice, { idToken: undefined, tokenGeneration: undefined, planType: 'plus' });
    const { exitCode, data } = await fix();
    expect(exitCode).toBe(0);
    expect(data.repairs).toMatchObject([{ kind: 'refresh', outcome: 'done' }]);
    expect(home.record('acc_alice').idToken).toBe(provider.issued.all.at(-1)?.id_token);
  });

  it('a refresh that was interrupted after its answer is finished without another one', async () => {
    const spent = await home.addAccount('acc_alice', { ...alice, expiresInSeconds: -5 }, { planType: 'plus' });
    const next = await provider.issueTokens(alice);
    const entry = await openEntry(home.root.paths.journal, home.root.processes, {
      kind: 'refresh',
      startedAt: Date.now(),
      spent: fingerprint(spent.refresh_token),
      accountIds: ['acc_alice'],
      issuer: provider.issuer,
      clientId: 'app_EMoamEEZ73f0CkXaXp7hrann',
    });
    await entry.record({
      refreshToken: next.refresh_token,
      accessToken: next.access_token,
      idToken: next.id_token,
      receivedAt: Date.now(),
      expiresAt: Date.now() + 3_600_000,
    });
    entry.leave();
    const { exitCode, data } = await fix();
    expect(exitCode).toBe(0);
    expect(kinds(data)).toEqual(['finish-refresh done']);
    expect(home.record('acc_alice').refreshToken).toBe(next.refresh_token);
    expect(home.journal()).toEqual([]);
    expect(refreshes()).toEqual([]);
  });

  it('a move that was cut short is finished', async () => {
    await home.addAccount('acc_alice', alice, { planType: 'plus' });
    const [record] = home.records();
    const copy = { ...record, flaggedAt: 5, flaggedReason: 'manual', verificationCount: 0, movedAt: 5 };
    writeFileSync(flaggedFileOf(home.home), JSON.stringify({ version: 1, accounts: [copy] }));
    const { exitCode, data } = await fix();
    expect({ exitCode, repairs: kinds(data) }).toEqual({ exitCode: 0, repairs: ['finish-move done'] });
    expect(home.records()).toEqual([]);
    expect(home.flagged()).toMatchObject([{ recordId: 'acc_alice' }]);
  });

  it('a move to another pool that was cut short is finished', async () => {
    await home.addAccount('acc_alice', alice, { planType: 'plus' });
    const key = makeProject(home.home);
    const [record] = home.records();
    const pool = join(home.home.root, 'projects', key, 'openai-codex-accounts.json');
    mkdirSync(join(pool, '..'), { recursive: true });
    writeFileSync(pool, JSON.stringify({ version: 3, accounts: [{ ...record, movedAt: 5, movedFrom: 'global' }] }));
    const { exitCode, data } = await fix();
    expect({ exitCode, repairs: kinds(data) }).toEqual({ exitCode: 0, repairs: ['finish-move done'] });
    expect(home.records()).toEqual([]);
    expect(JSON.parse(readFileSync(pool, 'utf8')).accounts).toMatchObject([{ recordId: 'acc_alice' }]);
  });
});

describe('what is dead', () => {
  it('is set aside, and the person is told what to do', async () => {
    await home.addAccount('acc_alice', { ...alice, expiresInSeconds: -5 }, { planType: 'plus' });
    await home.addAccount(
      'acc_bob',
      { ...bob, expiresInSeconds: -5 },
      { refreshToken: undefined, accessToken: undefined, planType: 'team' },
    );
    provider.revokeAccount(alice);
    const { exitCode, data } = await fix();
    expect(exitCode).toBe(1);
    expect(data.repairs).toMatchObject([
      { kind: 'refresh', id: 'acc_alice', outcome: 'failed', problem: { hint: 'codex-auth login' } },
    ]);
    // Bob has no token at all: the record stays where it is until a sign-in.
    expect(home.records()).toMatchObject([{ recordId: 'acc_bob' }]);
    expect(home.flagged().map(({ recordId, flaggedReason }) => [recordId, flaggedReason])).toEqual([
      ['acc_alice', 'refresh_token_invalidated'],
    ]);
  });

  it('says loudly when it is in use', async () => {
    const tokens = await home.addAccount('acc_alice', { ...alice, expiresInSeconds: -5 }, { planType: 'plus' });
    home.writeAuthFile(tokens);
    provider.revokeAccount(alice);
    expect((await fix()).warnings.join()).toContain('is in use and set aside');
  });
});

describe('the person’s choices', () => {
  it('a disabled account is neither asked about nor enabled', async () => {
    await home.addAccount('acc_alice', { ...alice, expiresInSeconds: -5 }, { enabled: false });
    await home.addAccount('acc_twin', alice, { enabled: false });
    const { exitCode, data } = await fix();
    expect({ exitCode, kinds: kinds(data) }).toMatchObject({ exitCode: 0 });
    expect(home.records()).toMatchObject([{ enabled: false }]);
    expect(refreshes()).toEqual([]);
  });

  it('a named scope leaves the other pools alone', async () => {
    await home.addAccount('acc_alice', { ...alice, expiresInSeconds: -5 });
    makeProject(home.home);
    expect(await fix(['--project', home.home.cwd])).toMatchObject({ exitCode: 0, data: { accounts: 0, repairs: [] } });
    expect((await fix(['--global', '--dry-run'])).data.summary).toMatchObject({ planned: 1 });
    // Where no scope is named, `fix` is about every pool.
    expect((await fix()).data.summary).toMatchObject({ done: 1 });
  });
});

describe('a dry run', () => {
  it('shows the same plan, refreshes nothing and changes no byte', async () => {
    await brokenPool();
    const before = filesOf(home.home);
    const { exitCode, data } = await fix(['--dry-run']);
    expect(exitCode).toBe(0);
    expect(kinds(data)).toEqual(['merge-duplicates planned', 'fill-in planned', 'refresh planned']);
    expect(filesOf(home.home)).toEqual(before);
    expect(provider.requests.all).toEqual([]);
    expect(kinds((await fix()).data).map((kind) => kind.split(' ')[0])).toEqual(
      kinds(data).map((kind) => kind.split(' ')[0]),
    );
  });
});

describe('when something is in the way', () => {
  it('of one refresh, the rest is done and the exit code is 1', async () => {
    await home.addAccount('acc_alice', { ...alice, expiresInSeconds: -5 }, { planType: undefined });
    provider.scenario.on('token', { kind: 'status', status: 503 });
    const { exitCode, data } = await fix();
    expect(exitCode).toBe(1);
    expect(kinds(data)).toEqual(['fill-in done', 'refresh failed']);
    expect(home.records()).toMatchObject([{ recordId: 'acc_alice', planType: 'plus' }]);
    expect(provider.requests.to(endpointPaths.token)).toHaveLength(1);
  });

  it('a pool that cannot be read is left as it is', async () => {
    await home.addAccount('acc_alice', alice);
    writeFileSync(home.home.poolFile, '{"version":3,');
    const { exitCode, error } = await fix();
    expect({ exitCode, code: error.code }).toEqual({ exitCode: 6, code: 'storage-corrupt' });
    expect(readFileSync(home.home.poolFile, 'utf8')).toBe('{"version":3,');
  });
});
