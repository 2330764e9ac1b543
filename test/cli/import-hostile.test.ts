import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { importCommand } from '../../src/cli/commands/import.js';
import { createTestHome, runJson, type TestHome } from '../support/cli.js';
import { person, snapshotOf, tokenFile, writeSource } from '../support/login-files.js';
import { readJson } from '../support/stored-accounts.js';

const ann = person('ann');

async function importInto(home: TestHome, ...argv: string[]) {
  const { exitCode, document, stdout } = await runJson(home, ['import', '--yes', ...argv]);
  expect(stdout).not.toMatch(/rt-|eyJ/);
  return { exitCode, data: importCommand.schema.parse(document.data) };
}

const levels = (count: number, open: string, inner: string, close: string) =>
  `${open.repeat(count)}${inner}${close.repeat(count)}`;

describe('a file that was made to hurt is refused in words', () => {
  const login = JSON.stringify(tokenFile(ann));
  const inner = login.slice(1, -1);
  const cases: [string, string, string][] = [
    ['100,000 lists in each other', 'too-deep', levels(100_000, '[', login, ']')],
    ['100,000 objects in each other', 'too-deep', levels(100_000, '{"data":', login, '}')],
    ['50 million brackets that never close', 'too-deep', '['.repeat(50_000_000)],
    ['three million empty objects', 'too-large', `[${'{},'.repeat(3_000_000)}${login}]`],
    ['three million lines', 'too-large', '{"a":1}\n'.repeat(3_000_000)],
    ['a login with two refresh tokens', 'repeated-member', `{${inner},"refresh_token":"rt-other"}`],
    [
      'two refresh tokens, one spelled with an escape',
      'repeated-member',
      `{${inner},"refresh\\u005ftoken":"rt-other"}`,
    ],
    ['two logins under one name', 'repeated-member', `{"tokens":${login},"tokens":${login}}`],
    ['two lists under one name', 'repeated-member', `{"accounts":[],"accounts":[${login}]}`],
    ['a login in __proto__', 'other-content', `{"__proto__":${login}}`],
  ];

  it.each(cases)('%s', async (_, reason, content) => {
    const home = createTestHome();
    writeSource(home, 'a.json', content);
    const { exitCode, data } = await importInto(home, 'a.json');
    expect(exitCode).toBe(1);
    expect(data.entries[0]).toMatchObject({ outcome: 'refused', reason });
    expect(data.counts.new).toBe(0);
  });

  it('of a gibibyte', async () => {
    const home = createTestHome();
    truncateSync(writeSource(home, 'a.json', '{'), 1024 ** 3);
    expect((await importInto(home, 'a.json')).data.entries).toMatchObject([
      { outcome: 'refused', reason: 'too-large' },
    ]);
  });

  it.skipIf(process.platform === 'win32')('that is a pipe, a device, a circle of links or a directory', async () => {
    const home = createTestHome();
    const directory = join(home.cwd, 'in');
    mkdirSync(directory);
    execFileSync('mkfifo', [join(directory, 'pipe.json')]);
    symlinkSync('/dev/zero', join(directory, 'zero.json'));
    symlinkSync('circle.json', join(directory, 'circle.json'));
    symlinkSync('.', join(directory, 'itself'));
    mkdirSync(join(directory, 'folder.json'));
    const { exitCode, data } = await importInto(home, 'in');
    expect(exitCode).toBe(1);
    expect(data.entries).toMatchObject([
      { file: 'in/circle.json', reason: 'unreadable', message: 'it cannot be read: its links lead in a circle' },
      { file: 'in/pipe.json', reason: 'not-a-file' },
      { file: 'in/zero.json', reason: 'not-a-file' },
    ]);
  });

  it('a directory with 100,000 files', async () => {
    const home = createTestHome();
    const directory = join(home.cwd, 'in');
    mkdirSync(directory);
    for (let index = 0; index < 100_000; index += 1) writeFileSync(join(directory, `${index}.json`), '');
    const { exitCode, data } = await importInto(home, 'in');
    expect(exitCode).toBe(1);
    expect(data.entries).toMatchObject([{ file: 'in', outcome: 'refused', reason: 'too-many-files' }]);
    expect(readdirSync(directory)).toHaveLength(100_000);
  }, 120_000);
});

test('what else a login file says under __proto__ reaches no object of ours', async () => {
  const home = createTestHome();
  const login = JSON.stringify(tokenFile(ann)).slice(1);
  writeSource(home, 'a.json', `{"__proto__":{"disabled":true,"polluted":1},"constructor":{"x":1},${login}`);
  expect((await importInto(home, 'a.json')).data.counts).toMatchObject({ new: 1 });
  expect(readJson(home.poolFile)['accounts']).toMatchObject([{ email: 'ann@example.com' }]);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('what is said twice in other parts of a file costs nobody a login', async () => {
  const home = createTestHome();
  const records = [tokenFile(ann), tokenFile(person('ben'))].map((each) => JSON.stringify(each));
  const twice = `${records[1]?.slice(0, -1)},"email":"other@example.com"}`;
  writeSource(home, 'a.json', `{"settings":{"a":1,"a":2},"accounts":[${records[0]},${twice}]}`);
  expect((await importInto(home, 'a.json')).data.entries).toMatchObject([
    { record: 1, outcome: 'new' },
    { record: 2, outcome: 'refused', reason: 'repeated-member' },
  ]);
});

test('ten thousand logins with a broken one in the middle are imported, and found unchanged the second time', async () => {
  const home = createTestHome();
  const people = Array.from({ length: 10_000 }, (_, index) => person(`p${index}`));
  const records = people.map((who) => tokenFile(who));
  const broken = { ...records[5000], refresh_token: 17, access_token: null };
  writeSource(home, 'a.json', records.with(5000, broken));
  const { exitCode, data } = await importInto(home, 'a.json');
  expect(exitCode).toBe(1);
  expect(data.counts).toMatchObject({ new: 9_999, refused: 1 });
  expect(data.entries[5000]).toMatchObject({ record: 5001, outcome: 'refused', reason: 'no-tokens' });
  const before = snapshotOf(home.root);
  expect((await importInto(home, 'a.json')).data.counts).toMatchObject({ same: 9_999, refused: 1 });
  expect(snapshotOf(home.root)).toEqual(before);
}, 180_000);
