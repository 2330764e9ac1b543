import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { importCommand } from '../../src/cli/commands/import.js';
import { runWithAnswers } from '../support/answers.js';
import { createTestHome, runCli, runJson, type TestHome } from '../support/cli.js';
import {
  codexFile,
  type LoginWords,
  person,
  poolRecord,
  snapshotOf,
  tokenFile,
  writeSource,
} from '../support/login-files.js';
import { makeProject } from '../support/project-home.js';
import { sampleAccount, writeLogin, writePool } from '../support/sample-pool.js';
import { modeOf, readJson } from '../support/stored-accounts.js';

type StoredRecord = Record<string, unknown> & { recordId: string; refreshToken?: string; email?: string };

const recordsOf = (path: string) => (existsSync(path) ? readJson(path)['accounts'] : []) as StoredRecord[];
const flaggedFile = (home: TestHome) => join(home.root, 'openai-codex-flagged-accounts.json');
const alice = person('alice');
const bob = person('bob');

/** Runs an import that is agreed to, and returns its exit code and data. */
async function importInto(home: TestHome, ...argv: string[]) {
  const { exitCode, document } = await runJson(home, ['import', '--yes', ...argv]);
  return { exitCode, data: importCommand.schema.parse(document.data), warnings: document.warnings as string[] };
}

const outcomesOf = (data: { entries: readonly { outcome: string }[] }) => data.entries.map(({ outcome }) => outcome);

test('shows what it is about to do, then does it, and says that the files still hold the logins', async () => {
  const home = createTestHome();
  writeSource(home, 'tokens/codex_alice.json', tokenFile(alice));
  writeSource(home, 'tokens/broken.json', '{"refresh_token": "rt-broken"');
  const { exitCode, stdout, stderr } = await runCli(home, ['import', 'tokens', '--yes']);
  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: 1,
    stdout:
      '   ACCOUNT            FILE                     WHAT\n' +
      '+  alice@example.com  tokens/codex_alice.json  new\n' +
      '✗ tokens/broken.json: it is not a JSON object\n' +
      '\n' +
      '✓ Imported: 1 new, 1 refused.\n',
    stderr:
      'warning: the files still hold the logins that were imported. Two holders of one login will collide, and the one that comes second is signed out: stop using them there\n',
  });
  expect(recordsOf(home.poolFile)).toMatchObject([{ email: 'alice@example.com', refreshToken: 'rt-alice' }]);
  expect(modeOf(home.poolFile)).toBe(0o600);
});

test('takes an empty name, as a variable that is not set leaves behind, for a mistake', async () => {
  const home = createTestHome();
  writeSource(home, 'a.json', tokenFile(alice));
  for (const argv of [
    ['import', '', '--yes'],
    ['renew', '', '--force'],
  ]) {
    const { exitCode, stderr } = await runCli(home, argv);
    expect(exitCode).toBe(2);
    expect(stderr).toBe('error: one of the names is empty\n  → name a file, or a directory: ./\n');
  }
  expect(recordsOf(home.poolFile)).toEqual([]);
});

describe('without --yes', () => {
  it('asks on a terminal, and imports nothing when told not to', async () => {
    const home = createTestHome();
    writeSource(home, 'a.json', tokenFile(alice));
    const refused = await runWithAnswers(home, ['import', 'a.json'], [[/Import these logins\? \(1 new\)/, 'n\r']]);
    expect(refused.exitCode).toBe(1);
    expect(existsSync(home.root)).toBe(false);
    const agreed = await runWithAnswers(home, ['import', 'a.json'], [[/Import these logins\?/, 'y\r']]);
    expect({ exitCode: agreed.exitCode, stdout: agreed.stdout }).toEqual({
      exitCode: 0,
      stdout: '✓ Imported: 1 new.\n',
    });
    expect(agreed.stderr).toContain('+  alice@example.com  a.json  new');
  });

  it('needs the flag where nobody can be asked, after showing the plan', async () => {
    const home = createTestHome();
    writeSource(home, 'a.json', tokenFile(alice));
    const { exitCode, stdout, stderr } = await runCli(home, ['import', 'a.json']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('+  alice@example.com  a.json  new\n');
    expect(stderr).toContain('add --yes');
    const { document } = await runJson(home, ['import', 'a.json']);
    expect(document.error).toMatchObject({ code: 'confirmation-needed', details: { counts: { new: 1 } } });
    expect(existsSync(home.root)).toBe(false);
  });

  it('asks nothing where there is nothing to do', async () => {
    const home = createTestHome();
    writeSource(home, 'a.json', tokenFile(alice));
    await importInto(home, 'a.json');
    const { exitCode, stdout } = await runCli(home, ['import', 'a.json']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Nothing to import: 1 already here.\n');
    mkdirSync(join(home.cwd, 'empty'));
    expect(await runCli(home, ['import', 'empty'])).toEqual({
      exitCode: 0,
      stdout: 'Nothing to import: no .json file there.\n',
      stderr: '',
    });
  });

  it('a dry run shows the plan and makes no file', async () => {
    const home = createTestHome();
    writeSource(home, 'a.json', tokenFile(alice));
    const { exitCode, stdout } = await runCli(home, ['import', 'a.json', '--dry-run']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('1 new; nothing was changed.\n');
    expect(existsSync(home.root)).toBe(false);
  });
});

describe('what is imported', () => {
  it('comes back as it was in an auth.json when it is switched to', async () => {
    const home = createTestHome();
    const file = codexFile(alice, { extra: { kept: true } });
    writeSource(home, 'auth.json', file);
    await importInto(home, 'auth.json');
    expect((await runCli(home, ['switch', 'alice'])).exitCode).toBe(0);
    expect(readJson(home.authFile)).toEqual({ ...file, last_refresh: '2026-11-20T08:00:00.000Z' });
  });

  it('leaves the sources as they are, and a second import leaves everything as it is', async () => {
    const home = createTestHome();
    writeSource(home, 'in/a.json', tokenFile(alice));
    writeSource(home, 'in/auth.json', codexFile(bob));
    writeSource(home, 'in/pool.json', { version: 3, accounts: [poolRecord(person('carol'))] });
    const sources = snapshotOf(home.cwd);
    expect((await importInto(home, 'in')).data.counts).toMatchObject({ new: 3 });
    expect(snapshotOf(home.cwd)).toEqual(sources);
    const stored = snapshotOf(home.root);
    const again = await importInto(home, 'in');
    expect({ exitCode: again.exitCode, outcomes: outcomesOf(again.data) }).toEqual({
      exitCode: 0,
      outcomes: ['same', 'same', 'same'],
    });
    expect(snapshotOf(home.root)).toEqual(stored);
  });

  it('updates an account by a newer login, and never by an older one', async () => {
    const home = createTestHome();
    writePool(home, [sampleAccount('acc_alice', { ...alice, iat: 5000 }, { label: 'mine', enabled: false })]);
    writeSource(home, 'old.json', tokenFile({ ...alice, iat: 4000, refresh: 'rt-old' }));
    expect(outcomesOf((await importInto(home, 'old.json')).data)).toEqual(['older']);
    expect(recordsOf(home.poolFile)).toMatchObject([{ refreshToken: 'rt-alice' }]);
    writeSource(home, 'new.json', tokenFile({ ...alice, iat: 6000, refresh: 'rt-new' }));
    expect(outcomesOf((await importInto(home, 'new.json')).data)).toEqual(['update']);
    expect(recordsOf(home.poolFile)).toMatchObject([
      { recordId: 'acc_alice', refreshToken: 'rt-new', accountLabel: 'mine', enabled: false },
    ]);
  });

  it.each([
    ['an access token that was issued later, without a refresh token', { iat: 9000, refresh: '' }, { iat: 5000 }],
    ['an access token, where the newer one has none', { refresh: '' }, { iat: undefined }],
  ])('takes from several copies what a second import would: %s', async (_, partial, whole) => {
    const home = createTestHome();
    const withoutAccess = whole.iat === undefined ? { access_token: undefined } : {};
    writeSource(home, 'a.json', [
      tokenFile({ ...alice, ...partial }),
      tokenFile({ ...alice, ...whole }, withoutAccess),
    ]);
    expect((await importInto(home, 'a.json')).data.counts).toMatchObject({ new: 1, duplicate: 1 });
    expect(recordsOf(home.poolFile)).toMatchObject([
      { refreshToken: 'rt-alice', accessToken: tokenFile({ ...alice, ...partial })['access_token'] },
    ]);
    const stored = snapshotOf(home.root);
    expect((await importInto(home, 'a.json')).data.counts).toMatchObject({ new: 0, update: 0, duplicate: 1 });
    expect(snapshotOf(home.root)).toEqual(stored);
  });

  it('gives a login the id token that it lacks', async () => {
    const home = createTestHome();
    writeSource(home, 'pool.json', { version: 3, accounts: [poolRecord(alice)] });
    await importInto(home, 'pool.json');
    expect(recordsOf(home.poolFile)[0]).not.toHaveProperty('idToken');
    writeSource(home, 'a.json', tokenFile(alice));
    expect(outcomesOf((await importInto(home, 'a.json')).data)).toEqual(['update']);
    expect(recordsOf(home.poolFile)).toMatchObject([{ idToken: expect.any(String), refreshToken: 'rt-alice' }]);
  });

  it('is updated where it lives, in another pool or set aside, and never copied', async () => {
    const home = createTestHome();
    const key = makeProject(home);
    const project = writePool(home, [sampleAccount('acc_alice', { ...alice, iat: 5000 })], {}, key);
    writePool(home, []);
    writeFileSync(
      flaggedFile(home),
      JSON.stringify({
        version: 1,
        accounts: [poolRecord(bob, { recordId: 'acc_bob', flaggedAt: 1, flaggedReason: 'x' })],
      }),
    );
    writeSource(home, 'a.json', tokenFile({ ...alice, iat: 6000, refresh: 'rt-a2' }));
    writeSource(home, 'b.json', tokenFile({ ...bob, iat: 6000, refresh: 'rt-b2' }));
    const { data, warnings } = await importInto(home, 'a.json', 'b.json', '--global');
    expect(data.entries).toMatchObject([
      { outcome: 'update', id: 'acc_alice', scope: { kind: 'project', key }, setAside: false },
      { outcome: 'update', id: 'acc_bob', scope: { kind: 'global' }, setAside: true },
    ]);
    expect(warnings.join()).toContain('codex-auth verify-flagged');
    expect(recordsOf(project)).toMatchObject([{ recordId: 'acc_alice', refreshToken: 'rt-a2' }]);
    expect(recordsOf(flaggedFile(home))).toMatchObject([{ recordId: 'acc_bob', refreshToken: 'rt-b2' }]);
    expect(recordsOf(home.poolFile)).toEqual([]);
  });

  it('goes to the pool of the project, which says so', async () => {
    const home = createTestHome();
    const key = makeProject(home);
    writeSource(home, 'a.json', tokenFile(alice));
    const { data, warnings } = await importInto(home, 'a.json');
    expect(data.scope).toEqual({ kind: 'project', key });
    expect(warnings.join()).toContain('to have one everywhere: codex-auth move <account> --to global');
    expect(recordsOf(join(home.root, 'projects', key, 'openai-codex-accounts.json'))).toHaveLength(1);
    expect(existsSync(home.poolFile)).toBe(false);
  });

  it('does not go behind the copy in auth.json, which may be ahead of the pool', async () => {
    const home = createTestHome();
    writePool(home, [sampleAccount('acc_alice', { ...alice, iat: 5000 })]);
    writeLogin(home, sampleAccount('acc_alice', { ...alice, iat: 7000, refresh: 'rt-client' }));
    writeSource(home, 'a.json', tokenFile({ ...alice, iat: 6000, refresh: 'rt-between' }));
    expect(outcomesOf((await importInto(home, 'a.json')).data)).toEqual(['older']);
    expect(recordsOf(home.poolFile)).toMatchObject([{ refreshToken: 'rt-alice' }]);
    const { data, warnings } = await importInto(home, home.authFile);
    expect(outcomesOf(data)).toEqual(['update']);
    expect(recordsOf(home.poolFile)).toMatchObject([{ refreshToken: 'rt-client' }]);
    // The official client's own `auth.json` does not count as a second holder of the login.
    expect(warnings).toEqual([]);
  });

  it('that is ahead of what the official client uses says how to hand it over', async () => {
    const home = createTestHome();
    const account = sampleAccount('acc_alice', { ...alice, iat: 5000 });
    writePool(home, [account]);
    writeLogin(home, account);
    writeSource(home, 'a.json', tokenFile({ ...alice, iat: 6000, refresh: 'rt-new' }));
    const { warnings } = await importInto(home, 'a.json');
    expect(warnings.join('\n')).toContain('codex-auth switch acc_alice');
  });

  it('brings back what was removed, from the copy that was kept as well', async () => {
    const home = createTestHome();
    writePool(home, [sampleAccount('acc_alice', alice, { label: 'mine' })]);
    const { document } = await runJson(home, ['remove', 'alice', '--yes']);
    const { data, warnings } = await importInto(home, document.data.keptFile);
    expect(data.entries).toMatchObject([{ outcome: 'new', id: 'acc_alice', wasRemoved: true }]);
    expect(warnings).toEqual([]);
    expect(recordsOf(home.poolFile)).toMatchObject([{ recordId: 'acc_alice', accountLabel: 'mine' }]);
    expect(readJson(home.poolFile)['removed']).toEqual([]);
  });
});

describe('what is refused', () => {
  const bad: [string, string, unknown][] = [
    ['api-key', 'key.json', { auth_mode: 'apikey', OPENAI_API_KEY: 'sk-secret' }],
    ['personal-access-token', 'pat.json', { personal_access_token: 'at-secret' }],
    ['damaged', 'half.json', { auth_mode: 'chatgpt', tokens: { access_token: 'secret' } }],
    ['account-mismatch', 'mismatch.json', tokenFile(bob, { account_id: 'of-somebody-else' })],
    [
      'account-mismatch',
      'chimera.json',
      codexFile({ ...bob, accountId: 'x' }, { tokens: { ...(codexFile(bob)['tokens'] as object), account_id: 'y' } }),
    ],
    ['other-content', 'package.json', { name: 'a-package', version: '1.0.0' }],
    ['newer-version', 'future.json', { version: 4, accounts: [poolRecord(bob)] }],
    ['no-json', 'torn.json', '{"tokens": {"access_token": "secret'],
    ['no-json', 'bytes.json', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ['too-large', 'huge.json', `{"refresh_token":"rt","email":"a@example.com","x":"${'x'.repeat(1024 * 1024)}"}`],
    [
      'issuer-mismatch',
      'foreign.json',
      {
        version: 3,
        accounts: [poolRecord(bob, { provenance: { issuer: 'https://evil.example.com', clientId: 'c' } })],
      },
    ],
    ['issuer-mismatch', 'foreign-tokens.json', tokenFile({ ...bob, issuer: 'https://evil.example.com' })],
  ];

  it.each(bad)('as %s is named and untouched, and the good ones are imported: %s', async (reason, name, content) => {
    const home = createTestHome();
    const path = writeSource(home, name, content);
    const before = readFileSync(path);
    writeSource(home, 'good.json', tokenFile(alice));
    const { exitCode, data } = await importInto(home, name, 'good.json');
    expect(exitCode).toBe(1);
    expect(data.entries).toMatchObject([
      { file: name, outcome: 'refused', reason, message: expect.stringMatching(/^it /) },
      { outcome: 'new' },
    ]);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(recordsOf(home.poolFile)).toMatchObject([{ email: 'alice@example.com' }]);
  });

  it('is also what cannot be read, is missing or is no file', async () => {
    const home = createTestHome();
    mkdirSync(join(home.cwd, 'in/folder.json'), { recursive: true });
    symlinkSync('nowhere', join(home.cwd, 'in/dangling.json'));
    symlinkSync('/dev/null', join(home.cwd, 'in/device.json'));
    writeSource(home, 'elsewhere/real.txt', tokenFile(alice));
    symlinkSync('../elsewhere/real.txt', join(home.cwd, 'in/link.json'));
    writeSource(home, 'in/folder.json/inside.json', tokenFile(bob));
    const { data } = await importInto(home, 'in', 'missing.json');
    expect(data.entries).toMatchObject([
      { file: 'in/dangling.json', outcome: 'refused', reason: 'unreadable' },
      { file: 'in/device.json', outcome: 'refused', reason: 'not-a-file' },
      { file: 'in/link.json', outcome: 'new', email: 'alice@example.com' },
      { file: 'missing.json', outcome: 'refused', message: 'it cannot be read: no such file or directory' },
    ]);
  });

  it.skipIf(process.geteuid?.() === 0)('is a file that its owner has closed', async () => {
    const home = createTestHome();
    chmodSync(writeSource(home, 'closed.json', tokenFile(alice)), 0);
    const { data } = await importInto(home, 'closed.json');
    expect(data.entries).toMatchObject([{ outcome: 'refused', message: 'it cannot be read: permission denied' }]);
  });

  it('is what another format was asked for', async () => {
    const home = createTestHome();
    writeSource(home, 'a.json', tokenFile(alice));
    expect((await importInto(home, 'a.json', '--format', 'codex')).data.entries).toMatchObject([{ reason: 'damaged' }]);
    expect((await importInto(home, 'a.json', '--format', 'pool')).data.entries).toMatchObject([
      { reason: 'other-content' },
    ]);
    expect((await importInto(home, 'a.json', '--format', 'flat')).exitCode).toBe(0);
  });

  it('is a login with the ids of an account here that another provider issued, which keeps its own', async () => {
    const home = createTestHome();
    writeSource(home, 'a.json', tokenFile({ ...alice, issuer: 'https://one.example' }));
    const elsewhere = { ...home, variables: { ...home.variables, CODEX_AUTH_ISSUER: 'https://one.example' } };
    await importInto(elsewhere, 'a.json');
    const official = { ...alice, issuer: 'https://auth.openai.com', iat: 5000, refresh: 'rt-official' };
    writeSource(home, 'b.json', tokenFile(official));
    const { data } = await importInto(home, 'b.json');
    expect(data.entries).toMatchObject([{ outcome: 'refused', reason: 'other-issuer' }]);
    expect(recordsOf(home.poolFile)).toMatchObject([{ refreshToken: 'rt-alice' }]);
  });

  it('is a copy whose refresh token we have used up since', async () => {
    const home = createTestHome();
    writeSource(home, 'a.json', tokenFile(alice));
    await importInto(home, 'a.json');
    await spendByHand(home, 'rt-alice', 'rt-alice-2');
    await runCli(home, ['remove', 'alice', '--yes']);
    const { data } = await importInto(home, 'a.json');
    expect(data.entries).toMatchObject([{ outcome: 'refused', reason: 'spent' }]);
    expect(recordsOf(home.poolFile)).toEqual([]);
  });

  it('shows no token, whatever was wrong', async () => {
    const home = createTestHome();
    for (const [, name, content] of bad) writeSource(home, `in/${name}`, content);
    writeSource(home, 'in/alice.json', tokenFile(alice));
    const results = [
      await runCli(home, ['import', 'in']),
      await runCli(home, ['import', 'in', '--dry-run', '--json']),
      await runCli(home, ['import', 'in', '--yes']),
    ];
    for (const { stdout, stderr } of results) expect(stdout + stderr).not.toMatch(/secret|rt-|eyJ/);
  });
});

/** What a refresh leaves behind: the log of the exchange, and the newer token in the pool. */
async function spendByHand(home: TestHome, before: string, after: string): Promise<void> {
  const { Secret } = await import('../../src/core/secret.js');
  const { logLineage } = await import('../../src/core/lineage/lineage-log.js');
  const { rootPaths } = await import('../../src/core/storage/paths.js');
  const { systemClock } = await import('../../src/core/clock.js');
  const { systemProcesses } = await import('../../src/core/storage/process-table.js');
  const root = { paths: rootPaths(home.root), clock: systemClock, processes: systemProcesses };
  logLineage(root, { event: 'refreshed', accountId: 'x', before: new Secret(before), after: new Secret(after) });
  writeFileSync(home.poolFile, readFileSync(home.poolFile, 'utf8').replace(`"${before}"`, `"${after}"`));
}

test('a folder of 50 token files, some broken, some duplicates, some not ours, is sorted out', async () => {
  const home = createTestHome();
  const nameOf = (index: number) => `p${String(index).padStart(2, '0')}`;
  const write = (name: string, content: unknown) => writeSource(home, `tokens/${name}.json`, content);
  for (let index = 0; index < 30; index += 1) write(`codex_${nameOf(index)}`, tokenFile(person(nameOf(index))));
  // Newer, older and equal copies of the first ten, in another order than their age.
  for (let index = 0; index < 10; index += 1) {
    const iat = [2000, 500, 1000][index % 3] ?? 0;
    const refresh = iat === 1000 ? `rt-${nameOf(index)}` : `rt-${nameOf(index)}-of-${iat}`;
    write(`a_${nameOf(index)}`, tokenFile(person(nameOf(index), { iat, refresh })));
  }
  for (let index = 0; index < 5; index += 1) write(`broken_${index}`, '{"refresh_token": "rt-b');
  for (let index = 0; index < 5; index += 1) write(`other_${index}`, tokenFile(person('x'), { type: 'gemini' }));
  const sources = snapshotOf(home.cwd);

  const plan = await runJson(home, ['import', 'tokens', '--dry-run']);
  const { exitCode, data } = await importInto(home, 'tokens');
  expect(exitCode).toBe(1);
  expect(data.counts).toEqual({ new: 30, update: 0, same: 0, older: 0, duplicate: 10, passed: 5, refused: 5 });
  expect(plan.document.data.counts).toEqual(data.counts);
  expect(data.entries).toHaveLength(50);
  expect(data.entries.filter(({ outcome }) => outcome === 'refused').map(({ file }) => file)).toEqual([
    ...[0, 1, 2, 3, 4].map((index) => `tokens/broken_${index}.json`),
  ]);
  expect(data.entries.filter(({ outcome }) => outcome === 'passed').map(({ file }) => file)).toEqual([
    ...[0, 1, 2, 3, 4].map((index) => `tokens/other_${index}.json`),
  ]);
  const stored = new Map(recordsOf(home.poolFile).map(({ email, refreshToken }) => [email, refreshToken]));
  expect(stored.size).toBe(30);
  expect(stored.get('p00@example.com')).toBe('rt-p00-of-2000');
  expect(stored.get('p01@example.com')).toBe('rt-p01');
  expect(stored.get('p02@example.com')).toBe('rt-p02');
  const newer = data.entries.find(({ file }) => file === 'tokens/codex_p00.json');
  expect(newer).toMatchObject({ outcome: 'duplicate', duplicateOf: { file: 'tokens/a_p00.json' } });
  expect(snapshotOf(home.cwd)).toEqual(sources);
  // One write for all of them.
  expect(readJson(home.poolFile)['generation']).toBe(1);
});

test('a pool of 200 records with every quirk becomes the right accounts, and keeps every unknown key', async () => {
  const home = createTestHome();
  const people = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => person(`p${from + index}`));
  const upper = ({ email = '' }: LoginWords) => `  ${email.toUpperCase()} `;
  const records = [
    ...people(0, 100).map((who) => poolRecord(who, { 'x-of-another-tool': { of: who.email } })),
    // The same accounts once more, in another spelling, without ids: 10 duplicates.
    ...people(0, 10).map((who) => ({ email: upper(who), refreshToken: who.refresh, 'x-second': true })),
    // A second workspace of the same person, with the same refresh token: 10 accounts of their own.
    ...people(10, 20).map((who) => poolRecord({ ...who, accountId: `second-${who.accountId}` })),
    // The id of an organization: corrected from the token.
    ...people(100, 120).map((who) => poolRecord(who, { accountId: `org-${who.email}` })),
    // Numbers as text, and nonsense where numbers belong.
    ...people(120, 140).map((who) => poolRecord(who, { expiresAt: '9000000', lastUsed: '12', addedAt: 'long ago' })),
    // Nothing but the tokens.
    ...people(140, 150).map(({ refresh, ...facts }) => {
      const { accessToken } = poolRecord(facts);
      return { refreshToken: refresh, accessToken };
    }),
    // Nothing but a refresh token: 5 accounts, and the first of them twice.
    ...people(150, 155).map(({ refresh }) => ({ refreshToken: refresh })),
    { refreshToken: 'rt-p150' },
    ...people(155, 165).map((who) => poolRecord(who, { enabled: false })),
    ...people(165, 175).map((who) => poolRecord(who, { flaggedAt: 5, flaggedReason: 'reused', 'x-flag': 1 })),
    // No accounts at all.
    null,
    'text',
    poolRecord(person('nobody'), { refreshToken: '', accessToken: null }),
    poolRecord(person('mixed'), { accountId: 'workspace-of-somebody-else' }),
  ];
  expect(records).toHaveLength(200);
  writeSource(home, 'pool.json', { version: 3, accounts: records, activeIndex: 3, 'x-top': 1 });

  const { data } = await importInto(home, 'pool.json');
  expect(data.counts).toEqual({ new: 185, update: 0, same: 0, older: 0, duplicate: 11, passed: 0, refused: 4 });
  const stored = recordsOf(home.poolFile);
  const setAside = recordsOf(flaggedFile(home));
  expect({ usable: stored.length, setAside: setAside.length }).toEqual({ usable: 175, setAside: 10 });
  expect(new Set([...stored, ...setAside].map(({ recordId }) => recordId)).size).toBe(185);
  expect(stored.slice(0, 100).map((each) => each['x-of-another-tool'])).toEqual(
    people(0, 100).map(({ email }) => ({ of: email })),
  );
  expect(stored[0]).toMatchObject({ email: 'p0@example.com', 'x-second': true, addedAt: 1 });
  expect(stored.filter(({ refreshToken }) => refreshToken === 'rt-p10')).toHaveLength(2);
  expect(stored.filter(({ accountId }) => String(accountId).startsWith('org-'))).toEqual([]);
  expect(stored.filter(({ enabled }) => enabled === false)).toHaveLength(10);
  expect(setAside[0]).toMatchObject({ flaggedAt: 5, flaggedReason: 'reused', 'x-flag': 1 });

  const before = snapshotOf(home.root);
  const again = (await importInto(home, 'pool.json')).data.counts;
  expect(again).toEqual({ new: 0, update: 0, same: 185, older: 0, duplicate: 11, passed: 0, refused: 4 });
  expect(snapshotOf(home.root)).toEqual(before);
});

test('a pool of version 1 is imported as one of version 3', async () => {
  const home = createTestHome();
  const record = poolRecord(alice, { rateLimitResetTime: 77 });
  writeSource(home, 'v1.json', { accounts: [record], activeIndex: 0 });
  expect((await importInto(home, 'v1.json')).data.counts).toMatchObject({ new: 1 });
  expect(recordsOf(home.poolFile)).toMatchObject([{ rateLimitResetTimes: { codex: 77 } }]);
});

test('the same file named twice, in a folder and by a link, counts once', async () => {
  const home = createTestHome();
  writeSource(home, 'in/a.json', tokenFile(alice));
  symlinkSync('in/a.json', join(home.cwd, 'link.json'));
  expect(outcomesOf((await importInto(home, 'in', 'in/a.json', 'link.json')).data)).toEqual(['new']);
});

test('--mask hides emails, in the names of the files as well', async () => {
  const home = createTestHome();
  writeSource(home, 'codex_alice@example.com_20261121.json', tokenFile(alice));
  const { stdout, stderr } = await runCli(home, ['import', '.', '--dry-run', '--mask']);
  expect(stdout + stderr).not.toContain('alice@');
  expect(stdout).toContain('a***@e***');
});
