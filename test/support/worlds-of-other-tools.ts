import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { expect } from 'vitest';
import { carol, type RefreshHome } from './refresh-home.js';
import { type BrokenWorld, type Pool, pool, writePrivate } from './worlds.js';

const ids = (world: RefreshHome) => world.records().map(({ recordId }) => recordId);
const beside = ({ home }: RefreshHome, suffix: string) => home.poolFile + suffix;
const destroy = ({ home }: RefreshHome) => writePrivate(home.poolFile, '{"version": 3, "acc');

/** Writes a file that is so many seconds old, in the time of the file system: times give the order of copies. */
function writeAged(path: string, value: unknown, secondsAgo: number): void {
  writePrivate(path, value);
  const at = statSync(path).mtimeMs / 1000 - secondsAgo;
  utimesSync(path, at, at);
}

/** What another tool of this family writes before it writes the file itself. */
function writeAhead(of: Pool, changes: object = {}): object {
  const content = JSON.stringify(of);
  const checksum = createHash('sha256').update(content).digest('hex');
  return { version: 1, createdAt: Date.now(), path: '/elsewhere/accounts.json', checksum, content, ...changes };
}

/** The pool with one more account, which only a copy has. */
async function withThird(world: RefreshHome): Promise<Pool> {
  const before = readFileSync(world.home.poolFile, 'utf8');
  await world.addAccount('acc_third', carol);
  const complete = pool(world);
  writePrivate(world.home.poolFile, before);
  return complete;
}

/** Files that other tools of this family leave beside the pool: never ours to touch, and good to come back from. */
export const otherToolsWorlds: readonly BrokenWorld[] = [
  {
    name: 'a damaged pool beside what another tool had written ahead of it',
    async plant({ world }) {
      const complete = await withThird(world);
      writeAged(beside(world, '.bak'), pool(world), 60);
      writeAged(beside(world, '.wal'), writeAhead(complete), 5);
      destroy(world);
    },
    finds: { files: 'error' },
    says: { files: /good copies: .*\.wal \(3 accounts\), .*\.bak \(2 accounts\)/ },
    holds({ world }) {
      expect(ids(world)).toEqual(['acc_first', 'acc_second', 'acc_third']);
      expect(existsSync(beside(world, '.wal'))).toBe(true);
    },
  },
  {
    name: 'a damaged pool of which only the temporary file of another tool is whole',
    async plant({ world }) {
      const complete = await withThird(world);
      rmSync(beside(world, '.bak'));
      writeAged(beside(world, '.1731000000000.old.tmp'), pool(world), 90);
      writeAged(beside(world, '.1731000000000.k3f9x2.tmp'), complete, 5);
      destroy(world);
    },
    finds: { files: 'error' },
    holds({ world }) {
      expect(ids(world)).toEqual(['acc_first', 'acc_second', 'acc_third']);
      expect(existsSync(beside(world, '.1731000000000.k3f9x2.tmp'))).toBe(true);
    },
  },
  {
    name: 'a damaged pool beside a copy of another tool that is cut off, and one with a wrong checksum',
    async plant({ world }) {
      const complete = await withThird(world);
      writeAged(beside(world, '.bak'), pool(world), 60);
      writeAged(beside(world, '.wal'), writeAhead(complete, { checksum: '0'.repeat(64) }), 5);
      writeAged(beside(world, '.1.tmp'), JSON.stringify(complete).slice(0, 500), 4);
      destroy(world);
    },
    finds: { files: 'error' },
    says: { files: /good copies: openai-codex-accounts\.json\.bak \(2 accounts\)$/ },
    holds: ({ world }) => expect(ids(world)).toEqual(['acc_first', 'acc_second']),
  },
  {
    name: 'a damaged pool beside an old copy of another tool, with an account that is long gone',
    async plant({ world }) {
      const complete = await withThird(world);
      writeAged(beside(world, '.2025.bak'), complete, 86_400);
      destroy(world);
    },
    finds: { files: 'error' },
    holds: ({ world }) => expect(ids(world)).toEqual(['acc_first', 'acc_second']),
  },
  {
    name: 'a damaged pool beside an older copy of another tool that has newer tokens',
    async plant({ world }) {
      const newer = await world.provider.issueTokens({ ...carol, issuedAt: Date.now() + 60_000 });
      const complete = await withThird(world);
      writeAged(beside(world, '.bak'), complete, 30);
      const [third, ...others] = [...complete.accounts].reverse();
      const fields = { refreshToken: newer.refresh_token, accessToken: newer.access_token, idToken: newer.id_token };
      writeAged(beside(world, '.wal'), writeAhead({ ...complete, accounts: [...others, { ...third, ...fields }] }), 60);
      destroy(world);
    },
    finds: { files: 'error' },
    holds({ world }) {
      expect(ids(world)).toEqual(['acc_first', 'acc_second', 'acc_third']);
      expect(world.provider.fateOf(world.record('acc_third').refreshToken ?? '')).toBe('live');
    },
  },
  {
    name: 'a pool that is gone, while its backup is there',
    plant: ({ world }) => rmSync(world.home.poolFile),
    finds: { files: 'warn' },
    says: { files: /is gone, and with it alice@example\.com, bob@example\.com; good copies: .*\.bak \(2 accounts\)$/ },
    holds: ({ world }) => expect(ids(world)).toEqual(['acc_first', 'acc_second']),
  },
  {
    name: 'a pool that another tool was told to forget, which is no fault',
    plant({ world }) {
      rmSync(world.home.poolFile);
      rmSync(world.home.authFile);
      writePrivate(beside(world, '.reset-intent'), { version: 1, createdAt: Date.now() });
    },
    finds: {},
    holds: ({ world }) => expect(existsSync(world.home.poolFile)).toBe(false),
  },
  {
    name: 'what another tool left beside a good pool, which is no fault',
    async plant({ world }) {
      writePrivate(beside(world, '.wal'), writeAhead(await withThird(world)));
      writePrivate(beside(world, '.1731000000000.k3f9x2.tmp'), 'half of');
    },
    finds: {},
    holds({ world }) {
      expect(ids(world)).toEqual(['acc_first', 'acc_second']);
      for (const suffix of ['.wal', '.1731000000000.k3f9x2.tmp']) expect(existsSync(beside(world, suffix))).toBe(true);
    },
  },
];
