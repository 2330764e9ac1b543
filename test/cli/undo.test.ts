import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { undoCommand } from '../../src/cli/commands/undo.js';
import { systemClock } from '../../src/core/clock.js';
import { logLineage } from '../../src/core/lineage/lineage-log.js';
import { Secret } from '../../src/core/secret.js';
import { rootPaths } from '../../src/core/storage/paths.js';
import { systemProcesses } from '../../src/core/storage/process-table.js';
import { createTestHome, runCli, runJson, type TestHome } from '../support/cli.js';
import { person, tokenFile, writeSource } from '../support/login-files.js';
import { makeProject } from '../support/project-home.js';
import { sampleAccount, writeLogin, writePool } from '../support/sample-pool.js';
import { clockAt, modeOf, readJson } from '../support/stored-accounts.js';
import { tokenFor } from '../support/unsigned-tokens.js';

type StoredRecord = Record<string, unknown> & { recordId: string };

const faraway = { exp: 4_000_000_000 };
const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => person(name, { ...faraway, iat: 5000 })) as [
  ReturnType<typeof person>,
  ReturnType<typeof person>,
  ReturnType<typeof person>,
];

/** Three accounts, the second of which is in use. */
function homeWith(): TestHome & { readonly projectPool: string; readonly key: string } {
  const home = createTestHome();
  const key = makeProject(home);
  const [first, second, third] = [
    sampleAccount('acc_alice', alice, { label: 'work' }),
    sampleAccount('acc_bob', bob),
    sampleAccount('acc_carol', carol),
  ];
  const projectPool = writePool(home, [first, second, third], { activeId: 'acc_bob', previousId: 'acc_alice' }, key);
  writePool(home, []);
  writeLogin(home, second);
  return { ...home, projectPool, key };
}

const flaggedFile = (home: TestHome, key: string) =>
  join(home.root, 'projects', key, 'openai-codex-flagged-accounts.json');

function recordsIn(path: string): StoredRecord[] {
  try {
    return readJson(path)['accounts'] as StoredRecord[];
  } catch {
    return [];
  }
}

/** What a person would see of all accounts; the times of moves are bookkeeping. */
function stateOf(home: TestHome & { readonly projectPool: string; readonly key: string }) {
  const { activeId, previousId, removed } = readJson(home.projectPool);
  const shown = (records: StoredRecord[]) =>
    records.map(({ movedAt: _, movedFrom: __, lastUsed: ___, tokenGeneration: ____, lastRefresh: _____, ...rest }) => ({
      ...rest,
      enabled: rest['enabled'] ?? true,
    }));
  return {
    choice: { activeId, previousId, removed: removed ?? [] },
    project: shown(recordsIn(home.projectPool)),
    flagged: shown(recordsIn(flaggedFile(home, home.key))),
    global: shown(recordsIn(home.poolFile)),
    inUse: readJson(home.authFile)['tokens'],
  };
}

/** What a refresh leaves behind, wherever the login is: a later access token and the next refresh token. */
function refreshed(path: string, { refresh = '', ...facts }: ReturnType<typeof person>): void {
  const newer = { ...facts, iat: 7000 };
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replaceAll(`"${refresh}"`, `"${refresh}-2"`).replaceAll(tokenFor(facts), tokenFor(newer)));
}

async function undo(home: TestHome, ...argv: string[]) {
  const { exitCode, document } = await runJson(home, ['undo', ...argv]);
  return { exitCode, data: undoCommand.schema.parse(document.data) };
}

const changes: [string, string[]][] = [
  ['remove', ['remove', 'work', '--yes']],
  ['remove', ['remove', 'bob', '--yes']],
  ['move', ['move', 'work', '--to', 'global']],
  ['move', ['move', 'bob', '--to', 'global']],
  ['label', ['label', 'work', 'home']],
  ['label', ['label', 'work', '']],
  ['disable', ['disable', 'carol']],
  ['prefer', ['prefer', 'carol']],
  ['reserve', ['reserve', 'carol', '20']],
  ['flag', ['flag', 'work']],
  ['flag', ['flag', 'bob']],
  ['switch', ['switch', 'work']],
  ['import', ['import', 'in.json', '--yes']],
];

describe.each(changes)('%s', (command, argv) => {
  function prepared() {
    const home = homeWith();
    const added = [tokenFile(person('dora'), { alias: 'new' }), tokenFile(person('eve'))];
    writeSource(home, 'in.json', { accounts: added, active: 0 });
    return home;
  }

  it(`is taken back: ${argv.join(' ')}`, async () => {
    const home = prepared();
    const before = stateOf(home);
    expect((await runCli(home, argv)).exitCode).toBe(0);
    expect(stateOf(home)).not.toEqual(before);
    const { exitCode, data } = await undo(home);
    expect({ exitCode, left: data.undone?.left }).toEqual({ exitCode: 0, left: [] });
    expect(data.undone).toMatchObject({ command });
    expect(stateOf(home)).toEqual({ ...before, choice: { ...before.choice, removed: [] } });
    expect((await undo(home)).data).toEqual({ changes: [] });
  });

  it(`is taken back after another change, one after the other: ${argv.join(' ')}`, async () => {
    const home = prepared();
    const before = stateOf(home);
    expect((await runCli(home, ['label', 'carol', 'third'])).exitCode).toBe(0);
    const between = stateOf(home);
    expect((await runCli(home, argv)).exitCode).toBe(0);
    await undo(home);
    expect(stateOf(home)).toEqual({ ...between, choice: { ...between.choice, removed: [] } });
    expect((await undo(home)).data.undone).toMatchObject({ command: 'label' });
    expect(stateOf(home)).toEqual({ ...before, choice: { ...before.choice, removed: [] } });
  });

  it(`keeps the tokens that a refresh has brought meanwhile: ${argv.join(' ')}`, async () => {
    const home = prepared();
    const before = stateOf(home);
    expect((await runCli(home, argv)).exitCode).toBe(0);
    const files = [home.projectPool, home.poolFile, flaggedFile(home, home.key), home.authFile];
    for (const path of files) for (const who of [alice, bob, carol]) if (recordsOrLogin(path)) refreshed(path, who);
    expect((await undo(home)).exitCode).toBe(0);
    const after = stateOf(home);
    const names = (records: StoredRecord[]) => records.map(({ recordId }) => recordId);
    expect(names(after.project as unknown as StoredRecord[])).toEqual(
      names(before.project as unknown as StoredRecord[]),
    );
    for (const record of after.project as unknown as StoredRecord[]) {
      // The removed login of Alice was in no file, where nobody could refresh it.
      const wasNowhere = command === 'remove' && argv[1] === 'work' && record.recordId === 'acc_alice';
      expect(record['refreshToken']).toMatch(wasNowhere ? /^rt-alice$/ : /-2$/);
    }
  });
});

function recordsOrLogin(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}

test('an account that is here again is left as it is', async () => {
  const home = homeWith();
  await runCli(home, ['remove', 'work', '--yes']);
  writeSource(home, 'again.json', tokenFile({ ...alice, iat: 9000, refresh: 'rt-alice-3' }));
  await runCli(home, ['import', 'again.json', '--yes']);
  // The first undo takes the import back, and with it the newer login; the second takes the removal back.
  expect((await undo(home)).data.undone).toMatchObject({ command: 'import', left: [] });
  expect((await undo(home)).data.undone).toMatchObject({ command: 'remove', left: [] });
  expect(recordsIn(home.projectPool).map(({ recordId }) => recordId)).toEqual(['acc_alice', 'acc_bob', 'acc_carol']);
});

test('what has been changed again since by something that leaves no note stays, and is named', async () => {
  const home = homeWith();
  await runCli(home, ['label', 'work', 'home']);
  const text = readFileSync(home.projectPool, 'utf8');
  writeFileSync(home.projectPool, text.replace('"home"', '"of another tool"'));
  const { exitCode, data } = await undo(home);
  expect(exitCode).toBe(1);
  expect(data.undone?.left).toMatchObject([{ why: 'changed-since' }]);
  expect(recordsIn(home.projectPool)[0]).toMatchObject({ accountLabel: 'of another tool' });
});

test('an account that was removed before its import is removed again, for the next import to say so', async () => {
  const home = homeWith();
  await runCli(home, ['remove', 'work', '--yes']);
  writeSource(home, 'again.json', tokenFile(alice));
  await runCli(home, ['import', 'again.json', '--yes']);
  await undo(home);
  expect(readJson(home.projectPool)['removed']).toMatchObject([{ userId: 'user-alice' }]);
  const { document } = await runJson(home, ['import', 'again.json', '--dry-run']);
  expect(document.data.entries).toMatchObject([{ outcome: 'new', wasRemoved: true }]);
});

test('a change that a killed run has taken back in part is taken back for the rest', async () => {
  const home = homeWith();
  await runCli(home, ['remove', 'work', '--yes']);
  const [name = ''] = readdirSync(join(home.root, 'changes'));
  const note = join(home.root, 'changes', name);
  const content = readFileSync(note);
  await undo(home);
  const after = stateOf(home);
  writeFileSync(note, content);
  expect((await undo(home)).data.undone).toMatchObject({ command: 'remove', left: [] });
  expect(stateOf(home)).toEqual(after);
});

test('a removed account whose token has been used up since stays away', async () => {
  const home = homeWith();
  const before = new Secret('rt-alice');
  const root = { paths: rootPaths(home.root), clock: systemClock, processes: systemProcesses };
  await runCli(home, ['remove', 'work', '--yes']);
  logLineage(root, { event: 'refreshed', accountId: 'acc_alice', before, after: new Secret('rt-alice-2') });
  const { exitCode, data } = await undo(home);
  expect(exitCode).toBe(1);
  expect(data.undone?.left).toMatchObject([{ why: 'spent', message: expect.stringContaining('codex-auth login') }]);
  expect(recordsIn(home.projectPool).map(({ recordId }) => recordId)).toEqual(['acc_bob', 'acc_carol']);
});

test('what an import brought goes, and a copy of it is kept', async () => {
  const home = homeWith();
  writeSource(home, 'in.json', tokenFile(person('dora')));
  await runCli(home, ['import', 'in.json', '--yes']);
  await undo(home);
  const again = await runJson(home, ['import', join(home.root, 'kept'), '--yes']);
  expect(again.document.data.entries).toContainEqual(
    expect.objectContaining({ email: 'dora@example.com', outcome: 'new' }),
  );
});

test('lists what can be taken back, shows no token, and changes nothing', async () => {
  const home = homeWith();
  expect((await runCli(home, ['undo'])).stdout).toBe('There is no change to take back.\n');
  await runCli(home, ['remove', 'work', '--yes']);
  await runCli(home, ['disable', 'carol']);
  const before = stateOf(home);
  const { stdout } = await runCli(home, ['undo', '--list']);
  expect(stdout).toMatch(
    /^\S+.*disable carol@example\.com\n\S+.*remove work.*\n\nTo take back the first of them: codex-auth undo\n$/,
  );
  const { stdout: json } = await runJson(home, ['undo', '--list']);
  expect(stdout + json).not.toMatch(/rt-|eyJ/);
  expect(stateOf(home)).toEqual(before);
  const kept = readdirSync(join(home.root, 'changes'));
  expect(kept).toHaveLength(2);
  for (const name of kept) expect(modeOf(join(home.root, 'changes', name))).toBe(0o600);
});

test('remembers the last twenty, also of one millisecond', async () => {
  const home = homeWith();
  const clock = clockAt(Date.parse('2047-01-01T12:00:00Z'));
  for (let index = 0; index < 23; index += 1) {
    await runCli(home, ['label', 'acc_carol', `name ${index}`], { clock });
  }
  const { data } = await undo(home, '--list');
  expect(data.changes).toHaveLength(20);
  await undo(home);
  expect(recordsIn(home.projectPool)[2]).toMatchObject({ accountLabel: 'name 21' });
});

test('a place that cannot be read is not an empty one', async () => {
  const home = homeWith();
  writeFileSync(join(home.root, 'changes'), '');
  for (const words of [['undo'], ['undo', '--list']]) {
    const { exitCode, stderr } = await runCli(home, words);
    expect([exitCode, stderr]).toEqual([6, expect.stringContaining('cannot list')]);
  }
});
