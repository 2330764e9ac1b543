import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { signIn } from '../support/accounts.js';
import { createTestHome, runCli, runJson, type TestHome } from '../support/cli.js';
import { alice as aliceOfProvider, bob as bobOfProvider } from '../support/people-refs.js';
import { makeProject } from '../support/project-home.js';
import { alice, aliceAtStudio, bob, noon, writeLogin, writePool } from '../support/sample-pool.js';
import { said } from '../support/seed.js';
import { clockAt } from '../support/stored-accounts.js';
import { useProvider } from '../support/use-provider.js';

const repositories = ['api', 'web', 'docs'] as const;
const everywhere = [...repositories, 'outside'] as const;
type Place = (typeof everywhere)[number];

let home: TestHome;
let keys: Record<Place, string | undefined>;
beforeEach(() => {
  home = createTestHome();
  keys = { ...threeRepositories(home), outside: undefined };
});

function threeRepositories({ ...home }: TestHome) {
  mkdirSync(directoryOf('outside'), { recursive: true });
  const [api, web, docs] = repositories.map((name) => makeProject({ ...home, cwd: directoryOf(name) }));
  return { api, web, docs };
}

function directoryOf(place: Place): string {
  return join(home.directory, place);
}

const inPlace = (place: Place) => ({ clock: clockAt(noon), cwd: directoryOf(place) });

/** Where accounts can be, and whose are shown in each place then. */
const worlds: Record<
  string,
  { prepare(): void; shown: (place: Place) => { key?: string | undefined; title: string } }
> = {
  'only global': {
    prepare: () => void writePool(home, [alice, aliceAtStudio]),
    shown: () => ({ title: 'Global accounts' }),
  },
  'only in one project': {
    prepare: () => void writePool(home, [alice, aliceAtStudio], { projectRoot: directoryOf('api') }, keys.api),
    shown: () => ({ key: keys.api, title: 'Accounts of project api' }),
  },
  'global and in one project': {
    prepare() {
      writePool(home, [alice]);
      writePool(home, [aliceAtStudio], { projectRoot: directoryOf('api') }, keys.api);
    },
    shown: (place) =>
      place === 'api' ? { key: keys.api, title: 'Accounts of project api' } : { title: 'Global accounts' },
  },
};
const cases = Object.keys(worlds).flatMap((world) => everywhere.map((place) => [world, place] as const));

/** Every command that is about accounts and asks nobody. */
const commands = [
  ['list'],
  ['status'],
  ['usage', '--cached'],
  ['forecast', '--cached'],
  ['best', '--cached'],
  ['report', '--cached'],
  ['export', '--csv'],
  ['__complete', 'switch', ''],
  ['label', '1', 'mine'],
  ['switch', '1'],
];
const withTable = ['list', 'usage', 'forecast'];
const withScope = [...withTable, 'status', 'best', 'report'];

describe.each(cases)('with accounts %s, in %s', (world, place) => {
  beforeEach(() => {
    worlds[world]?.prepare();
    writeLogin(home, alice);
  });

  test.each(commands)('%s finds them, without a warning', async (...argv) => {
    const result = await runCli(home, argv, inPlace(place));
    expect([result.exitCode, result.stderr]).toEqual([0, '']);
    expect(result.stdout).not.toMatch(/no accounts/i);
    const { title } = worlds[world]?.shown(place) ?? { title: '' };
    const isPlain = place === 'outside' && title === 'Global accounts';
    if (withTable.includes(argv[0] ?? '')) expect(result.stdout.startsWith(`${title}\n`)).toBe(!isPlain);
  });

  test.each(withScope)('%s says in JSON where they were read', async (name) => {
    const argv = [name, ...(commands.find(([each]) => each === name)?.slice(1) ?? [])];
    const { document } = await runJson(home, argv, inPlace(place));
    const { key } = worlds[world]?.shown(place) ?? {};
    const directory = key === undefined ? home.root : join(home.root, 'projects', key);
    expect(document.data.scope).toMatchObject({
      kind: place === 'outside' ? 'global' : 'project',
      readFrom: join(directory, 'openai-codex-accounts.json'),
      place: key === undefined ? { kind: 'global' } : { kind: 'project', key, root: directoryOf('api') },
    });
    expect(document.warnings).toEqual([]);
  });
});

describe('accounts of another project, none of them in use', () => {
  test.each([
    ['list'],
    ['status'],
    ['usage'],
    ['forecast'],
    ['best'],
    ['report'],
    ['check'],
    ['watch', '--once'],
    ['switch', '1'],
    ['label', '1', 'x'],
  ])('are named by %s with the command that shows them', async (...argv) => {
    writePool(home, [bob], { projectRoot: directoryOf('api') }, keys.api);
    const text = said(await runCli(home, argv, inPlace('web')));
    expect(text).toMatch(new RegExp(`your accounts are kept elsewhere: project ${keys.api} \\(1\\)`, 'i'));
    expect(text).toContain(`codex-auth list --project ${directoryOf('api')}`);
    expect(text).not.toContain('no accounts');
  });

  test('can be switched to by name from anywhere', async () => {
    writePool(home, [alice], { projectRoot: directoryOf('api') }, keys.api);
    const { exitCode, stderr } = await runCli(home, ['switch', 'alice'], inPlace('web'));
    expect([exitCode, stderr]).toEqual([0, `found in the pool of project ${keys.api}\n`]);
    const { stdout } = await runCli(home, ['list'], inPlace('docs'));
    expect(stdout).toMatch(/^Accounts of project api\n/);
  });
});

test('a project whose accounts have all moved away is read like one that never had any', async () => {
  writePool(home, [alice]);
  writePool(home, [], { projectRoot: directoryOf('api') }, keys.api);
  const { stdout } = await runCli(home, ['list'], inPlace('api'));
  expect(stdout).toMatch(/^Global accounts\n/);
  expect(stdout).not.toContain('also available');
});

describe('the first sign-in', () => {
  const provider = useProvider({ keepsState: true });
  beforeEach(() => {
    home = createTestHome(provider);
    keys = { ...threeRepositories(home), outside: undefined };
  });

  const emailsIn = async (place: Place) => {
    const { document } = await runJson(home, ['list'], { cwd: directoryOf(place) });
    return document.data.accounts.map(({ email }: { email: string }) => email);
  };

  test.each(everywhere)('in %s is shown everywhere', async (place) => {
    await signIn(home, provider, aliceOfProvider, [], { cwd: directoryOf(place) });
    for (const each of everywhere) expect([each, await emailsIn(each)]).toEqual([each, [aliceOfProvider.email]]);
  });

  test('in a project stays in sight when another account is used elsewhere', async () => {
    await signIn(home, provider, aliceOfProvider, [], { cwd: directoryOf('api') });
    await signIn(home, provider, bobOfProvider, ['--activate'], { cwd: directoryOf('outside') });
    expect(await emailsIn('web')).toEqual([bobOfProvider.email]);
    const { stdout } = await runCli(home, ['list'], { cwd: directoryOf('web') });
    expect(stdout).toContain(`also available: project ${keys.api} (1): codex-auth list --project`);
  });
});
