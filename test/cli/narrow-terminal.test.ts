import measureWidth from 'fast-string-width';
import { expect, test } from 'vitest';
import { createTestHome, runCli } from '../support/cli.js';
import { writeSource } from '../support/login-files.js';
import { alice, aliceAtStudio, noon, writePool } from '../support/sample-pool.js';
import { atNoon } from '../support/seed.js';
import { writeJson } from '../support/stored-accounts.js';

const narrow = {
  ...atNoon,
  terminal: { columns: 40 },
  variables: { COLUMNS: '', TERM: 'xterm', NO_COLOR: '1', LANG: 'C.UTF-8' },
};

test('errors and hints are broken between words on a terminal, and not in a pipe', async () => {
  const home = createTestHome();
  const { stderr } = await runCli(home, ['logout'], narrow);
  expect(stderr).toMatchInlineSnapshot(`
    "error: there is no logout, because it
      would end the login for every copy of
      it
      → codex-auth switch <account>, or
        codex-auth remove <account>
    "
  `);
  expect((await runCli(home, ['logout'], atNoon)).stderr).toMatch(/^error: there is no logout, .* it\n {2}→ .*\n$/);
});

test('what list says below its table is broken between words, and its documents and spreadsheets are not', async () => {
  const home = createTestHome();
  writePool(home, [alice, aliceAtStudio], { activeId: alice.id });
  const { stdout } = await runCli(home, ['list'], narrow);
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(40);
  expect(stdout).toMatch(/last chosen here: home\n {2}<alice@example.com> \(Personal\), which\n {2}is not in use/);
  const csv = await runCli(home, ['list', '--csv'], narrow);
  expect(csv.stdout.trimEnd().split('\n')).toHaveLength(3);
});

test('help is broken between words too, with the explanations beneath the names', async () => {
  const { stdout } = await runCli(createTestHome(), ['--help'], narrow);
  expect(stdout.split('\n').filter((line) => line.length > 40)).toEqual([]);
  expect(stdout).toContain('  --project <dir>\n      use the accounts of this\n      directory');
});

test('an emoji of several parts is one sign of two columns in a table', async () => {
  const home = createTestHome();
  const developer = '👩🏽\u200d💻';
  writePool(home, [
    { ...alice, label: developer },
    { ...aliceAtStudio, label: developer.repeat(30) },
  ]);
  const list = await runCli(home, ['list'], { ...narrow, terminal: { columns: 50 } });
  const [title = '', first = '', second = ''] = list.stdout.split('\n');
  expect(first).toContain(` ${developer} `);
  expect(second).toMatch(new RegExp(` (${developer})+… `));
  const widthBefore = (line: string, word: RegExp) => measureWidth(line.slice(0, line.search(word)));
  expect([first, second].map((line) => widthBefore(line, /ready|unknown/))).toEqual([
    widthBefore(title, /STATE/),
    widthBefore(title, /STATE/),
  ]);
});

test('why a file is not imported is told in full, however narrow the terminal', async () => {
  const home = createTestHome();
  writeSource(home, 'tokens/broken.json', '{"refresh_token": "rt-broken"');
  const { stdout } = await runCli(home, ['import', 'tokens', '--dry-run'], narrow);
  expect(stdout).toMatch(/^✗ tokens\/broken\.json: it is not a JSON\n {2}object\n/);
});

test.each([{ NO_COLOR: '1' }, { TERM: 'dumb', NO_COLOR: '' }])(
  '%j leaves no control codes in a list',
  async (variables) => {
    const home = createTestHome();
    writePool(home, [alice, aliceAtStudio]);
    const state = { health: { score: 100, at: noon, consecutiveRefreshFailures: 0 } };
    writeJson(`${home.root}/account-state.json`, { version: 1, accounts: { [alice.id]: state }, affinity: {} });
    const options = { ...narrow, variables: { ...narrow.variables, ...variables } };
    const { stdout, stderr, exitCode } = await runCli(home, ['list'], options);
    expect(exitCode).toBe(0);
    expect(stdout + stderr).not.toContain('\u001b');
  },
);
