import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { projectKey, resolveProjectStorageIdentityRoot } from '../../src/core/project/identity.js';
import { systemProcesses } from '../../src/core/storage/process-table.js';
import { runCli } from './cli.js';
import { holdPort } from './held-ports.js';
import { alice, carol, type RefreshHome } from './refresh-home.js';
import { type BrokenWorld, changePool, pool, writePrivate } from './worlds.js';

const flaggedFile = ({ home }: RefreshHome) => join(home.root, 'openai-codex-flagged-accounts.json');
const cutOff = (world: RefreshHome) =>
  writePrivate(world.home.poolFile, readFileSync(world.home.poolFile, 'utf8').slice(0, 150));

/** Spends the account's refresh token, as a run of ours does; returns what it became. */
export async function rotate(world: RefreshHome, id: string): Promise<string> {
  const rejected = world.account(id).tokens.accessToken;
  await world.run('rotation').refresh(id, rejected === undefined ? {} : { rejected });
  return world.record(id).refreshToken ?? '';
}

/** Takes the account out of the pool and sets it aside for a dead token. */
function setAside(world: RefreshHome, id: string, reason = 'refresh_token_reused'): void {
  const { accounts } = pool(world);
  const record = accounts.find(({ recordId }) => recordId === id);
  changePool(world, (current) => Object.assign(current, { accounts: accounts.filter((each) => each !== record) }));
  const flagged = {
    ...record,
    flaggedAt: Date.now(),
    flaggedReason: reason,
    verificationCount: 0,
    movedAt: Date.now(),
  };
  writePrivate(flaggedFile(world), { version: 1, accounts: [flagged] });
}

const ids = (world: RefreshHome) => world.records().map(({ recordId }) => recordId);

/** Worlds in which a careless repair would lose a login, or bring back a token that is spent. */
export const lostTokenWorlds: readonly BrokenWorld[] = [
  {
    name: 'a pool cut off at its end after a refresh: only it has the newest tokens',
    async plant({ world }) {
      await rotate(world, 'acc_second');
      writePrivate(world.home.poolFile, readFileSync(world.home.poolFile, 'utf8').trimEnd().slice(0, -1));
    },
    finds: { files: 'error' },
    holds({ world, second }) {
      expect(ids(world)).toEqual(['acc_first', 'acc_second']);
      expect(world.provider.fateOf(world.record('acc_second').refreshToken ?? '')).toBe('live');
      expect(world.record('acc_second').refreshToken).not.toBe(second.refresh_token);
    },
  },
  {
    name: 'a destroyed pool whose backup holds a token that we have spent',
    async plant({ world }) {
      const before = readFileSync(world.home.poolFile, 'utf8');
      await rotate(world, 'acc_second');
      for (const suffix of ['.bak', '.bak.1']) writePrivate(world.home.poolFile + suffix, before);
      writePrivate(world.home.poolFile, 'destroyed');
    },
    finds: { files: 'error' },
    remains: ['tokens'],
    holds({ world }) {
      expect(ids(world)).toEqual(['acc_first', 'acc_second']);
      expect(world.record('acc_second').refreshToken).toBeUndefined();
    },
  },
  {
    name: 'a pool destroyed right after an account was added and another one refreshed',
    async plant({ world }) {
      await world.addAccount('acc_third', carol);
      await rotate(world, 'acc_second');
      writePrivate(world.home.poolFile, '');
    },
    finds: { files: 'error' },
    holds({ world }) {
      expect(ids(world)).toEqual(['acc_first', 'acc_second', 'acc_third']);
      expect(world.provider.fateOf(world.record('acc_second').refreshToken ?? '')).toBe('live');
    },
  },
  {
    name: 'a damaged pool without any backup, in which the accounts are whole',
    plant({ world }) {
      renameSync(`${world.home.poolFile}.bak`, join(world.home.directory, 'gone'));
      writePrivate(
        world.home.poolFile,
        readFileSync(world.home.poolFile, 'utf8').replace('"activeIndex"', 'activeIndex'),
      );
    },
    finds: { files: 'error' },
    holds: ({ world }) => expect(ids(world)).toEqual(['acc_first', 'acc_second']),
  },
  {
    name: 'a damaged pool of which only an older backup has every account',
    plant({ world }) {
      copyFileSync(`${world.home.poolFile}.bak`, `${world.home.poolFile}.bak.1`);
      chmodSync(`${world.home.poolFile}.bak.1`, 0o600);
      const { accounts, ...others } = pool(world);
      writePrivate(`${world.home.poolFile}.bak`, { ...others, accounts: accounts.slice(0, 1) });
      cutOff(world);
    },
    finds: { files: 'error' },
    holds: ({ world }) => expect(ids(world)).toEqual(['acc_first', 'acc_second']),
  },
  {
    name: 'a damaged pool whose backup still has an account that was removed',
    async plant({ world }) {
      await runCli(world.home, ['remove', 'acc_second', '--yes']);
      cutOff(world);
    },
    finds: { files: 'error' },
    holds: ({ world }) => expect(ids(world)).toEqual(['acc_first']),
  },
  {
    name: 'a damaged pool whose older backup has an account that was removed',
    plant({ world }) {
      copyFileSync(`${world.home.poolFile}.bak`, `${world.home.poolFile}.bak.1`);
      chmodSync(`${world.home.poolFile}.bak.1`, 0o600);
      const [first, second] = pool(world).accounts;
      const removed = [{ userId: second?.['userId'], accountId: second?.['accountId'], removedAt: 1 }];
      writePrivate(`${world.home.poolFile}.bak`, { version: 3, accounts: [first], activeIndex: 0, removed });
      cutOff(world);
    },
    finds: { files: 'error' },
    holds: ({ world }) => expect(ids(world)).toEqual(['acc_first']),
  },
  {
    name: 'a damaged pool whose backup has an account that was set aside since',
    plant({ world }) {
      setAside(world, 'acc_second', 'account_deactivated');
      cutOff(world);
    },
    finds: { files: 'error', flagged: 'warn' },
    remains: ['flagged'],
    holds({ world }) {
      expect(ids(world)).toEqual(['acc_first']);
      expect(world.flagged().map(({ recordId }) => recordId)).toEqual(['acc_second']);
    },
  },
  {
    name: 'a damaged pool that is a link to another disk',
    plant({ world }) {
      const elsewhere = join(world.home.directory, 'disk', 'accounts.json');
      mkdirSync(join(elsewhere, '..'));
      renameSync(world.home.poolFile, elsewhere);
      symlinkSync(elsewhere, world.home.poolFile);
      cutOff(world);
    },
    finds: { files: 'error' },
    holds({ world }) {
      expect(lstatSync(world.home.poolFile).isSymbolicLink()).toBe(true);
      expect(ids(world)).toEqual(['acc_first', 'acc_second']);
    },
  },
  {
    name: 'a backup of a newer version',
    plant: ({ world }) => writePrivate(`${world.home.poolFile}.bak.1`, { version: 9, accounts: [] }),
    finds: { backups: 'warn' },
    remains: ['backups'],
    holds: ({ world }) => expect(existsSync(`${world.home.poolFile}.bak.1`)).toBe(true),
  },
  {
    name: 'an old copy of the pool that somebody brought back, with the newest tokens in auth.json',
    async plant({ world }) {
      const before = readFileSync(world.home.poolFile);
      await rotate(world, 'acc_first');
      writePrivate(world.home.poolFile, before.toString());
    },
    finds: { tokens: 'error', 'auth-file': 'warn' },
    holds: ({ world }) => expect(world.record('acc_first').refreshToken).toBe(world.authFile().tokens.refresh_token),
  },
  {
    name: 'an old copy of the pool that somebody brought back, with the newest tokens in its backup',
    async plant({ world }) {
      const before = readFileSync(world.home.poolFile);
      await rotate(world, 'acc_second');
      writePrivate(world.home.poolFile, before.toString());
    },
    finds: { tokens: 'error' },
    holds({ world }) {
      expect(world.provider.fateOf(world.record('acc_second').refreshToken ?? '')).toBe('live');
    },
  },
  {
    name: 'an old copy of the pool that somebody brought back, with the newest tokens nowhere',
    async plant({ world }) {
      const before = readFileSync(world.home.poolFile);
      await rotate(world, 'acc_second');
      for (const suffix of ['', '.bak', '.bak.1']) writePrivate(world.home.poolFile + suffix, before.toString());
    },
    finds: { tokens: 'error' },
    remains: ['tokens'],
  },
  {
    name: 'a dead refresh token whose newer login is in auth.json',
    async plant({ world }) {
      setAside(world, 'acc_first');
      world.writeAuthFile(await world.provider.issueTokens({ ...alice, issuedAt: Date.now() + 60_000 }));
    },
    finds: { flagged: 'warn', 'auth-file': 'warn' },
    holds({ world }) {
      expect(world.flagged()).toEqual([]);
      expect(world.record('acc_first').refreshToken).toBe(world.authFile().tokens.refresh_token);
    },
  },
  {
    name: 'a dead refresh token whose newer login is in a backup',
    async plant({ world }) {
      const newer = await world.provider.issueTokens({ ...carol, issuedAt: Date.now() + 60_000 });
      await world.addAccount('acc_third', carol);
      chmodSync(world.home.poolFile, 0o600);
      setAside(world, 'acc_third');
      const fields = { refreshToken: newer.refresh_token, accessToken: newer.access_token, idToken: newer.id_token };
      const [flagged] = world.flagged();
      writePrivate(`${flaggedFile(world)}.bak`, { version: 1, accounts: [{ ...flagged, ...fields }] });
    },
    finds: { flagged: 'warn' },
    holds: ({ world }) => expect(ids(world)).toContain('acc_third'),
  },
  {
    name: 'an account that a person set aside although auth.json has newer tokens of it',
    async plant({ world }) {
      setAside(world, 'acc_first', 'manual');
      world.writeAuthFile(await world.provider.issueTokens({ ...alice, issuedAt: Date.now() + 60_000 }));
    },
    finds: { flagged: 'warn', 'auth-file': 'warn' },
    remains: ['flagged'],
    holds: ({ world }) => expect(ids(world)).toEqual(['acc_second']),
  },
  {
    name: 'a pool that an older version kept for one worktree',
    async plant({ world }) {
      const { worktree, root } = makeWorktree(world);
      const legacy = join(world.home.root, 'projects', projectKey(worktree), 'openai-codex-accounts.json');
      const before = readFileSync(world.home.poolFile, 'utf8');
      const { accounts } = pool(world);
      // One that only the old pool has, under an id that the new one uses for somebody else, and one that both have.
      await world.addAccount('acc_third', carol);
      const third = { ...pool(world).accounts[2], recordId: 'acc_second' };
      writePrivate(world.home.poolFile, { version: 3, accounts: accounts.slice(0, 1), activeIndex: 0 });
      writePrivate(legacy, { version: 3, accounts: [third], activeIndex: 0, theirs: 'kept' });
      const canonical = join(world.home.root, 'projects', projectKey(root), 'openai-codex-accounts.json');
      writePrivate(canonical, { ...JSON.parse(before), accounts: accounts.slice(1) });
      for (const key of [projectKey(worktree), projectKey(root)])
        chmodSync(join(world.home.root, 'projects', key), 0o700);
      chmodSync(join(world.home.root, 'projects'), 0o700);
      return { cwd: worktree };
    },
    finds: { project: 'warn' },
    holds({ world }) {
      const root = join(world.home.directory, 'repository');
      const files = join(world.home.root, 'projects');
      const merged = JSON.parse(readFileSync(join(files, projectKey(root), 'openai-codex-accounts.json'), 'utf8'));
      expect(merged.accounts.map(({ email }: { email: string }) => email)).toEqual([
        'bob@example.com',
        'carol@example.com',
      ]);
      expect(new Set(merged.accounts.map(({ recordId }: { recordId: string }) => recordId)).size).toBe(2);
      expect(existsSync(join(files, projectKey(join(world.home.directory, 'worktree'))))).toBe(false);
      expect(world.kept().some((content) => content.includes('theirs'))).toBe(true);
    },
  },
  {
    name: 'a lock of a process that lives, which is no fault',
    plant({ world }) {
      const nonce = 'b'.repeat(24);
      const owner = { ...systemProcesses.self, nonce, name: 'guard', acquiredAt: new Date().toISOString() };
      writePrivate(join(world.home.root, 'locks', 'guard.held', `owner-${nonce}.json`), owner);
      chmodSync(join(world.home.root, 'locks'), 0o700);
    },
    finds: {},
    holds: ({ world }) => expect(existsSync(join(world.home.root, 'locks', 'guard.held'))).toBe(true),
  },
  {
    name: 'both ports of a sign-in taken',
    async plant() {
      const ports = [await holdPort(), await holdPort()];
      return { variables: { CODEX_AUTH_LOGIN_PORTS: ports.join(',') } };
    },
    finds: { ports: 'warn' },
    remains: ['ports'],
  },
  {
    name: 'one port of a sign-in taken, which is no fault',
    plant: async () => ({ variables: { CODEX_AUTH_LOGIN_PORTS: `${await holdPort()},1` } }),
    finds: {},
  },
  {
    name: 'no program that can lock files',
    plant: () => undefined,
    variables: { PATH: '' },
    finds: { 'file-locking': 'warn' },
    remains: ['file-locking'],
  },
  {
    name: 'a codex that does not answer',
    plant({ world }) {
      const directory = join(world.home.directory, 'bin');
      mkdirSync(directory);
      writePrivate(join(directory, 'codex'), '#!/bin/sh\nexit 3\n');
      chmodSync(join(directory, 'codex'), 0o755);
      return { variables: { PATH: `${directory}:/usr/bin:/bin` } };
    },
    finds: { client: 'warn', wiring: 'warn' },
    remains: ['client', 'wiring'],
  },
];

function makeWorktree({ home }: RefreshHome): { worktree: string; root: string } {
  const root = join(home.directory, 'repository');
  const worktree = join(home.directory, 'worktree');
  const git = (...argv: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...argv], {
      cwd: root,
      stdio: 'ignore',
      env: { PATH: process.env['PATH'], HOME: home.directory, GIT_CONFIG_NOSYSTEM: '1' },
    });
  mkdirSync(root);
  git('init', '-q');
  git('commit', '-q', '--allow-empty', '-m', 'first');
  git('worktree', 'add', '-q', worktree);
  const resolved = resolveProjectStorageIdentityRoot(worktree, { home: join(home.directory, 'person') });
  if (resolved.kind !== 'project') throw new Error(resolved.kind);
  return { worktree, root: resolved.root };
}
