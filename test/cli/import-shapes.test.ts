import { existsSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { importCommand } from '../../src/cli/commands/import.js';
import { createTestHome, runCli, runJson, type TestHome } from '../support/cli.js';
import { codexFile, person, poolRecord, snapshotOf, tokenFile, writeSource } from '../support/login-files.js';
import { fileVariants, type LoginShape, loginShapes } from '../support/login-shapes.js';
import { readJson } from '../support/stored-accounts.js';
import { tokenFor } from '../support/unsigned-tokens.js';

const ann = person('ann');
const ben = person('ben');
const eve = person('eve');

type StoredRecord = Record<string, unknown> & { recordId: string; email: string; refreshToken: string };
const recordsOf = (home: TestHome) =>
  (existsSync(home.poolFile) ? readJson(home.poolFile)['accounts'] : []) as StoredRecord[];

const tokensOf = (who: typeof ann) => codexFile(who)['tokens'] as Record<string, unknown>;

async function importInto(home: TestHome, ...argv: string[]) {
  const { exitCode, document, stdout } = await runJson(home, ['import', '--yes', ...argv]);
  return { exitCode, data: importCommand.schema.parse(document.data), stdout };
}

function writeShape(home: TestHome, shape: LoginShape, people = [ann, ben], spell = fileVariants['as it is']) {
  const files = shape.files(people.slice(0, shape.room ?? people.length));
  for (const [name, content] of Object.entries(files)) writeSource(home, `in/${name}`, spell?.(content));
}

describe.each(loginShapes.map((shape) => [shape.name, shape] as const))('%s', (_, shape) => {
  const people = [ann, ben].slice(0, shape.room ?? 2);

  it.each(Object.entries(fileVariants))(
    '%s is planned, imported, and found unchanged the second time',
    async (_, spell) => {
      const home = createTestHome();
      writeShape(home, shape, people, spell);
      const plan = await runJson(home, ['import', 'in', '--dry-run']);
      expect(existsSync(home.root)).toBe(false);
      const { exitCode, data } = await importInto(home, 'in');
      expect(plan.document.data.counts).toEqual(data.counts);
      expect({ exitCode, counts: data.counts }).toMatchObject({
        exitCode: 0,
        counts: { new: people.length, passed: shape.passed ?? 0, refused: 0, duplicate: 0 },
      });
      const stored = recordsOf(home);
      expect(stored).toHaveLength(people.length);
      for (const { email, refresh, ...facts } of people) {
        const record = stored.find((each) => each.email === email);
        expect(record).toMatchObject({
          userId: facts.userId,
          accountId: facts.accountId,
          refreshToken: refresh,
          accessToken: tokenFor({ email, ...facts }),
          expiresAt: 9_000_000,
        });
        expect(record?.['idToken']).toBe(shape.withoutIdToken ? undefined : tokenFor({ email, ...facts }));
      }
      const before = snapshotOf(home.root);
      const again = await importInto(home, 'in');
      expect(again.data.counts).toMatchObject({ same: people.length, new: 0, update: 0 });
      expect(snapshotOf(home.root)).toEqual(before);
    },
  );

  it('brings what it says about each login besides', async () => {
    const home = createTestHome();
    writeShape(home, shape, people);
    await importInto(home, 'in');
    const stored = people.map(({ email }) => recordsOf(home).find((each) => each.email === email));
    expect(stored.map((each) => each?.['accountLabel'])).toEqual(people.map((_, index) => shape.labels?.[index]));
    expect(stored.map((each) => each?.['enabled'] ?? true)).toEqual(
      people.map((_, index) => !(index === 1 && shape.isSecondDisabled === true)),
    );
    const chosen = shape.isSecondActive === true ? stored[1]?.recordId : undefined;
    expect(readJson(home.poolFile)['activeId']).toBe(chosen);
  });

  it('never replaces a newer login by an older one, and an older one by a newer', async () => {
    const home = createTestHome();
    writeShape(
      home,
      shape,
      people.map((who) => ({ ...who, iat: 5000, exp: 9000, refresh: `${who.refresh}-2` })),
    );
    await importInto(home, 'in');
    const stored = recordsOf(home);
    writeShape(home, shape, people);
    expect((await importInto(home, 'in')).data.counts).toMatchObject({ older: people.length, update: 0 });
    expect(recordsOf(home)).toEqual(stored);
    writeShape(
      home,
      shape,
      people.map((who) => ({ ...who, iat: 6000, exp: 9000, refresh: `${who.refresh}-3` })),
    );
    expect((await importInto(home, 'in')).data.counts).toMatchObject({ update: people.length });
    expect(recordsOf(home).map(({ refreshToken }) => refreshToken)).toEqual(
      stored.map(({ email }) => `rt-${email.split('@')[0]}-3`),
    );
  });
});

test('what stands beside the logins of a list is named where it is broken, and the others are taken', async () => {
  const home = createTestHome();
  writeSource(home, 'a.json', [
    tokenFile(ann),
    'no record',
    { refresh_token: 17 },
    { email: 'x@example.com' },
    tokenFile(person('x'), { account_id: 'of-somebody-else' }),
    tokenFile(ben),
  ]);
  const { exitCode, data } = await importInto(home, 'a.json');
  expect(exitCode).toBe(1);
  expect(data.entries).toMatchObject([
    { record: 1, outcome: 'new' },
    { record: 2, outcome: 'refused', reason: 'no-record' },
    { record: 3, outcome: 'refused', reason: 'no-tokens' },
    { record: 4, outcome: 'refused', reason: 'no-tokens' },
    { record: 5, outcome: 'refused', reason: 'account-mismatch' },
    { record: 6, outcome: 'new' },
  ]);
});

describe('a file that is damaged in the middle', () => {
  const people = ['ann', 'ben', 'eve'].map((name) => person(name));

  it('of lines is read but for the broken line, which is named', async () => {
    const home = createTestHome();
    const lines = people.map((who) => JSON.stringify(tokenFile(who)));
    writeSource(home, 'a.jsonl', [lines[0], lines[1]?.slice(0, 200), '', lines[2], ''].join('\n'));
    const { exitCode, data } = await importInto(home, 'a.jsonl');
    expect(exitCode).toBe(1);
    expect(data.entries).toMatchObject([
      { record: 1, outcome: 'new', email: 'ann@example.com' },
      { record: 2, outcome: 'refused', reason: 'no-json' },
      { record: 4, outcome: 'new', email: 'eve@example.com' },
    ]);
  });

  it('of one document is read as far as its records are whole', async () => {
    const home = createTestHome();
    const records = people.map((who) => JSON.stringify(codexFile(who), null, 2));
    writeSource(home, 'a.json', `{"accounts": [\n${records[0]},\n${records[1]?.slice(0, 150)},\n${records[2]}\n]}`);
    const { exitCode, data } = await importInto(home, 'a.json');
    expect(exitCode).toBe(1);
    expect(data.entries).toMatchObject([
      { outcome: 'new', email: 'ann@example.com' },
      { outcome: 'new', email: 'eve@example.com' },
      { outcome: 'refused', reason: 'no-json' },
    ]);
  });
});

describe('several documents in a row', () => {
  const rows = [ann, ben].map((who) => JSON.stringify(codexFile(who), null, 2));

  it('are read like lines, however each of them is broken into lines', async () => {
    const home = createTestHome();
    writeSource(home, 'a.json', `${rows.join('\n')}\n`);
    const { exitCode, data } = await importInto(home, 'a.json');
    expect({ exitCode, counts: data.counts }).toMatchObject({ exitCode: 0, counts: { new: 2, refused: 0 } });
  });

  it('with something else among them are taken, and the rest is named', async () => {
    const home = createTestHome();
    writeSource(home, 'a.json', `// my logins\n${rows.join('\n')}`);
    const { exitCode, data } = await importInto(home, 'a.json');
    expect({ exitCode, counts: data.counts }).toMatchObject({ exitCode: 1, counts: { new: 2, refused: 1 } });
  });
});

describe('sections of an INI or TOML file', () => {
  it.each([
    ['bare', ''],
    ['in quotes', '"'],
    ['in single quotes', "'"],
  ])('with their values %s hold the tokens and nothing around them', async (_, quote) => {
    const home = createTestHome();
    const { access_token } = tokenFile(ann);
    const lines = [`access_token = ${quote}${access_token}${quote}`, `refresh_token = ${quote}${ann.refresh}${quote}`];
    writeSource(home, 'a.toml', ['# mine', '[work]', ...lines, ''].join('\r\n'));
    const { exitCode } = await importInto(home, 'a.toml');
    expect(exitCode).toBe(0);
    expect(recordsOf(home)).toMatchObject([
      { accountLabel: 'work', refreshToken: ann.refresh, accessToken: access_token },
    ]);
  });
});

describe('what stands in the place of a token', () => {
  const masks = ['***', '<redacted>', '[secret]', '••••', 'rt-an…', '$REFRESH_TOKEN', '(hidden)', '  '];

  it.each(masks)('and is none is no login: %s', async (mask) => {
    const home = createTestHome();
    writeSource(home, 'a.json', [
      { email: 'ann@example.com', access_token: mask, refresh_token: mask },
      codexFile({ ...ben, refresh: mask }, { tokens: { ...tokensOf(ben), access_token: mask, refresh_token: mask } }),
      poolRecord({ ...eve, refresh: mask }, { accessToken: mask }),
    ]);
    const { exitCode, data } = await importInto(home, 'a.json');
    expect({ exitCode, data }).toMatchObject({ exitCode: 1, data: { counts: { new: 0, refused: 3 } } });
    expect(data.entries.map(({ message }) => message)).toEqual(Array(3).fill('it holds no token'));
  });

  it('leaves a login that ends with its access token', async () => {
    const home = createTestHome();
    writeSource(home, 'a.json', [tokenFile({ ...ann, refresh: '***' }), codexFile({ ...ben, refresh: '***' })]);
    expect((await importInto(home, 'a.json')).data.counts).toMatchObject({ new: 2 });
    for (const record of recordsOf(home)) expect(record).not.toHaveProperty('refreshToken');
  });

  it('does not include blanks around it', async () => {
    const home = createTestHome();
    writeSource(home, 'a.json', tokenFile({ ...ann, refresh: ` ${ann.refresh}\n` }));
    await importInto(home, 'a.json');
    expect(recordsOf(home)).toMatchObject([{ refreshToken: ann.refresh }]);
  });
});

describe('nothing for this program', () => {
  const cases: [string, string, unknown][] = [
    ['a token file of another provider', 'other-provider', tokenFile(ann, { type: 'claude' })],
    ['opencode without a login of ours', 'other-provider', { anthropic: { type: 'oauth', access: 'x', refresh: 'y' } }],
    ['opencode with an API key', 'no-chatgpt-login', { openai: { type: 'api', key: 'sk-secret' } }],
    ['an empty file', 'nothing-there', ''],
    ['an empty object', 'nothing-there', {}],
    ['an auth.json after a sign-out', 'nothing-there', { OPENAI_API_KEY: null, tokens: null }],
    ['an empty list', 'nothing-there', []],
    ['an empty pool', 'nothing-there', { version: 3, accounts: [], activeIndex: 0 }],
    ['a register of files elsewhere', 'names-only', { accounts: [{ account_key: 'k', email: 'a@example.com' }] }],
  ];

  it.each(cases)('is in %s, which is no failure', async (_, reason, content) => {
    const home = createTestHome();
    writeSource(home, 'a.json', content);
    const { exitCode, data, stdout } = await importInto(home, 'a.json');
    expect(exitCode).toBe(0);
    expect(data.entries).toMatchObject([{ outcome: 'passed', reason, message: expect.stringMatching(/^it /) }]);
    expect(stdout).not.toMatch(/secret|eyJ/);
  });

  it('is in other files of a directory that was named, but a file that was named is refused', async () => {
    const home = createTestHome();
    writeSource(home, 'in/settings.json', { theme: 'dark' });
    writeSource(home, 'in/a.json', tokenFile(ann));
    const { exitCode, stdout } = await runCli(home, ['import', 'in', '--yes']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('- in/settings.json: it is not about logins\n');
    expect((await importInto(home, 'in/settings.json')).exitCode).toBe(1);
  });

  it('is in a line of its own among the logins of a file either', async () => {
    const home = createTestHome();
    writeSource(
      home,
      'a.jsonl',
      [{ OPENAI_API_KEY: 'sk-x' }, tokenFile(ann)].map((each) => JSON.stringify(each)).join('\n'),
    );
    const { exitCode, data } = await importInto(home, 'a.jsonl');
    expect(exitCode).toBe(0);
    expect(data.entries).toMatchObject([
      { record: 1, outcome: 'passed', reason: 'no-chatgpt-login' },
      { record: 2, outcome: 'new' },
    ]);
  });
});

test.each([
  ['absent', {}],
  ['null', { refresh: null }],
  ['empty', { refresh: '' }],
])('a login by short names whose refresh token is %s is imported as what it is', async (_, more) => {
  const home = createTestHome();
  const { access_token: access } = tokenFile(ann);
  writeSource(home, 'a.json', { openai: { type: 'oauth', access, expires: 1, ...more }, site: { access: 'public' } });
  const { exitCode, data } = await importInto(home, 'a.json');
  expect({ exitCode, counts: data.counts }).toMatchObject({ exitCode: 0, counts: { new: 1 } });
  expect(recordsOf(home)).toMatchObject([{ email: 'ann@example.com', accessToken: access }]);
});

test('what a store of secrets calls its secrets is no label', async () => {
  const home = createTestHome();
  const items = [ann, ben].map((who) => ({
    service: 'Codex Auth',
    account: 'cli|0f',
    password: JSON.stringify(codexFile(who)),
  }));
  writeSource(home, 'a.json', [items[0], { attributes: {}, secret: items[1]?.password }]);
  await importInto(home, 'a.json');
  expect(recordsOf(home).map((each) => each['accountLabel'])).toEqual([undefined, undefined]);
});

test('whoever imports an access token alone is told how long it lasts, and of no holder that would collide', async () => {
  const home = createTestHome();
  writeSource(home, 'a.json', tokenFile(ann, { refresh_token: '' }));
  const { stderr } = await runCli(home, ['import', 'a.json', '--yes']);
  expect(stderr).toBe(
    'warning: 1 of these logins has no refresh token and ends with its access token: codex-auth list says when\n',
  );
});

test('a login without a refresh token is imported as what it is', async () => {
  const home = createTestHome();
  writeSource(home, 'a.json', tokenFile(ann, { refresh_token: '' }));
  expect((await importInto(home, 'a.json')).data.counts).toMatchObject({ new: 1 });
  expect(recordsOf(home)[0]).not.toHaveProperty('refreshToken');
});

test('standard input is read like a file, and only where it is none of the terminal', async () => {
  const home = createTestHome();
  const stdin = JSON.stringify([tokenFile(ann), tokenFile(ben)]);
  const { exitCode, stdout } = await runCli(home, ['import', '-', '--yes'], { stdin });
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Imported: 2 new.') });
  expect(recordsOf(home)).toHaveLength(2);
  const typed = await runCli(home, ['import', '-'], { terminal: { columns: 200 } });
  expect(typed).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is a terminal here') });
});

test('the order of the person is kept', async () => {
  const home = createTestHome();
  const sorted = [tokenFile(ann, { sortIndex: 2 }), tokenFile(ben, { sortIndex: 1 })];
  writeSource(home, 'a.json', { accounts: sorted });
  await importInto(home, 'a.json');
  expect(recordsOf(home).map(({ email }) => email)).toEqual(['ben@example.com', 'ann@example.com']);
});

test('a choice that was made here stays', async () => {
  const home = createTestHome();
  const shape = loginShapes.find(({ name }) => name === 'records by name') as LoginShape;
  writeSource(home, 'first.json', { accounts: [tokenFile(person('eve'))], active: 0 });
  await importInto(home, 'first.json');
  const before = readJson(home.poolFile)['activeId'];
  expect(before).toBe(recordsOf(home)[0]?.recordId);
  writeShape(home, shape);
  await importInto(home, 'in');
  expect(readJson(home.poolFile)['activeId']).toBe(before);
});

test('tells of each login where it was found', async () => {
  const home = createTestHome();
  writeSource(home, 'profiles.json', { work: codexFile(ann), api: { OPENAI_API_KEY: 'sk-x' } });
  writeSource(home, 'list.json', { accounts: [tokenFile(ben)] });
  const { stdout } = await runCli(home, ['import', 'profiles.json', 'list.json', '--dry-run']);
  expect(stdout).toBe(
    '   ACCOUNT                 FILE                 WHAT\n' +
      '+  work <ann@example.com>  profiles.json, work  new\n' +
      '+  ben@example.com         list.json, record 1  new\n' +
      '- profiles.json, api: it is an API key or a login of another kind\n' +
      '\n' +
      '2 new, 1 passed over; nothing was changed.\n',
  );
});
