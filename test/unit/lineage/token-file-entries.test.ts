import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { emptyPool } from '../../../src/core/accounts/pool.js';
import { fingerprint, readEntries } from '../../../src/core/lineage/journal.js';
import { logLineage } from '../../../src/core/lineage/lineage-log.js';
import { openEntry } from '../../../src/core/lineage/open-entry.js';
import { withStore } from '../../../src/core/logins/with-store.js';
import { readAllScopes } from '../../../src/core/pools/scope-files.js';
import type { Root } from '../../../src/core/storage/root.js';
import { person, tokenFile } from '../../support/login-files.js';
import { accountOf, testRoot, writeJson } from '../../support/stored-accounts.js';

const alice = person('alice');

interface Setting {
  readonly root: Root;
  readonly path: string;
}

/** An entry about a token file whose renewal was cut off, and the file with the token that was spent. */
async function interrupted(answered = true): Promise<Setting> {
  const root = testRoot();
  const path = join(dirname(root.paths.root), 'tokens', 'a.json');
  writeJson(path, tokenFile({ ...alice, refresh: 'rt-1' }));
  const entry = await openEntry(root.paths.journal, root.processes, {
    kind: 'refresh',
    startedAt: 1,
    spent: fingerprint('rt-1'),
    accountIds: ['token-file'],
    tokenFiles: [path],
    issuer: 'https://issuer.example',
    clientId: 'app',
  });
  if (answered) await entry.record({ refreshToken: 'rt-2', receivedAt: 2 });
  entry.leave();
  return { root, path };
}

const nextWriter = ({ root }: Setting) => withStore(root, {}, () => undefined);
const waiting = ({ root }: Setting) => readEntries(root.paths.journal).length;
const kept = ({ root }: Setting) => (fs.existsSync(root.paths.kept) ? fs.readdirSync(root.paths.kept).length : 0);
const put = ({ path }: Setting, refresh: string) => writeJson(path, tokenFile({ ...alice, refresh }));

function makeUnreadable({ path }: Setting): void {
  fs.rmSync(path);
  fs.mkdirSync(path);
}

it.each<[string, (setting: Setting) => unknown, number, number]>([
  ['waits while the file holds the token that was spent', () => undefined, 1, 0],
  ['waits while nobody can tell what the file holds', makeUnreadable, 1, 0],
  ['is over when the file has it', (setting) => put(setting, 'rt-2'), 0, 0],
  ['is kept aside when the file is gone', ({ path }) => fs.rmSync(path), 0, 1],
  ['is kept aside when the file has another login', (setting) => put(setting, 'rt-other'), 0, 1],
  ['is kept aside when the file is no token file any more', ({ path }) => fs.writeFileSync(path, 'no'), 0, 1],
])('an answer for a token file %s', async (_what, happen, waits, aside) => {
  const setting = await interrupted();
  happen(setting);
  await nextWriter(setting);
  await nextWriter(setting);
  expect([waiting(setting), kept(setting)]).toEqual([waits, aside]);
});

it('an answer for a token file is over when it has been exchanged in its turn', async () => {
  const setting = await interrupted();
  put(setting, 'rt-3');
  const spent = { before: fingerprint('rt-2'), after: fingerprint('rt-3') };
  logLineage(setting.root, { event: 'refreshed', accountId: 'token-file', ...spent });
  await nextWriter(setting);
  expect([waiting(setting), kept(setting)]).toEqual([0, 0]);
});

it('an answer for a token file also reaches an account that holds the spent token, and waits on for the file', async () => {
  const setting = await interrupted();
  const { root } = setting;
  await withStore(root, {}, (store) =>
    store.savePool(undefined, { ...emptyPool, accounts: [accountOf('a', { ...alice, refresh: 'rt-1' })] }),
  );
  await nextWriter(setting);
  const [scope] = readAllScopes(root.paths);
  expect(scope?.pool.accounts[0]?.tokens.refreshToken?.reveal()).toBe('rt-2');
  expect([waiting(setting), kept(setting)]).toEqual([1, 0]);
});

it('a request for a token file without an answer is remembered while the file holds its token', async () => {
  const setting = await interrupted(false);
  await nextWriter(setting);
  expect(waiting(setting)).toBe(1);
});
