import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { layOut } from '../../src/cli/dashboard/frame.js';
import { initialModel, type Model } from '../../src/cli/dashboard/model.js';
import { buildProgram } from '../../src/cli/program/program.js';
import { createTheme } from '../../src/cli/render/theme.js';
import { plainStyle } from '../../src/cli/terminal/io.js';
import { keys, type Replies, runWithAnswers } from '../support/answers.js';
import { type CliOptions, runCli, runJson, type TestHome } from '../support/cli.js';
import { answerHostile, copyOf, makeHostileHome, refuseHostile } from '../support/hostile-home.js';
import { expectHarmless, hostile } from '../support/hostile-text.js';
import { noon } from '../support/sample-pool.js';
import { atNoon, setProviderToNoon } from '../support/seed.js';
import { clockAt, writeJson } from '../support/stored-accounts.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider({ keepsState: true });
let place: string;
let template: TestHome;
beforeAll(async () => {
  setProviderToNoon(provider);
  place = mkdtempSync(join(realpathSync(tmpdir()), 'codex-auth-test-'));
  template = await makeHostileHome(place, provider);
});
beforeEach(() => provider.scenario.reset());
afterAll(() => rmSync(place, { recursive: true, force: true }));

const onTerminal: CliOptions = {
  ...atNoon,
  terminal: { columns: 400 },
  variables: { COLUMNS: '', TERM: 'xterm-256color', LANG: 'C.UTF-8', BROWSER: hostile('browser', { asName: true }) },
};

/** What stands for the arguments that commands have. */
const argumentsFor: Readonly<Record<string, readonly string[]>> = {
  selector: ['1'],
  text: ['new label'],
  percent: ['10'],
  path: ['.'],
  targets: ['.'],
  setting: ['quotaTtlMs'],
  value: ['1000'],
  shell: ['bash'],
};

/** Options that a command needs to be complete, to end by itself, and to wait for no answer. */
const optionsFor: Readonly<Record<string, readonly string[]>> = {
  login: ['--device-auth'],
  move: ['--to', 'global', '--project', '.'],
  guard: ['--once'],
  watch: ['--once'],
  setup: ['--shell', 'bash', '--dry-run'],
  uninstall: ['--dry-run'],
  remove: ['--yes'],
  models: ['--yes'],
  export: ['--yes'],
  import: ['--yes'],
};

function program() {
  return buildProgram({ version: '0', print: () => undefined, width: () => 80, execute: async () => undefined });
}

/** Every command of the tree with its arguments, so that a new command is tested without being listed here. */
function commandLines(): string[][] {
  return leavesOf(program(), []);
}

function leavesOf(command: CommandUnknownOpts, path: readonly string[]): string[][] {
  if (command.commands.length > 0)
    return command.commands.flatMap((each) => leavesOf(each as CommandUnknownOpts, [...path, each.name()]));
  const words = command.registeredArguments.flatMap((argument) => argumentsFor[argument.name()] ?? [hostile('word')]);
  return [[...path, ...words, ...(optionsFor[path[0] ?? ''] ?? [])]];
}

/** Command lines with which the commands print more. */
const more: readonly (readonly string[])[] = [
  ['status', 'acc_due'],
  ['status', hostile('record id')],
  ['switch', hostile('record id')],
  ['usage', '--live'],
  ['usage', '--cached'],
  ['forecast', '--explain', '--model', hostile('model slug')],
  ['forecast', '--cached', '--explain'],
  ['best', '--allow-credits', '--cached'],
  ['best', '--switch'],
  ['report', '--cached'],
  ['check', '--live'],
  ['doctor', '--offline'],
  ['doctor', '--fix'],
  ['doctor', '--fix', '--dry-run'],
  ['fix', '--dry-run'],
  ['renew', '--force'],
  ['renew', '--print-only', '--force'],
  ['import', '.', '--dry-run'],
  ['verify-flagged', '--dry-run'],
  ['config'],
  ['setup', '--print', 'bash'],
  ['setup', '--shell', 'bash', '--yes'],
  ['uninstall', '--yes', '--accounts'],
  ['remove', '1'],
  ['list', '--global'],
  ['list', '--project', '.'],
  ['list', '--project', hostile('directory')],
  ['list', '--config', hostile('config')],
  ['list', '--proxy', hostile('proxy')],
  ['list', '--out', hostile('file')],
  ['switch', hostile('selector')],
  ['switch', 'label'],
  [hostile('command')],
  ['list', hostile('argument')],
  ['list', `--${hostile('option')}`],
  ['config', 'set', hostile('setting'), hostile('value')],
  ['config', 'set', 'quotaTtlMs', hostile('value')],
  ['label', '1', hostile('label')],
  ['login', '--expect', hostile('email'), '--device-auth'],
  ['move', '1', '--to', hostile('directory')],
  ['export', '--out', hostile('file'), '--yes'],
  ['export', 'acc_due', '--out', 'file.json', '--yes'],
];

const lines: readonly (readonly string[])[] = [...commandLines(), ...more];
const named = lines.map((argv) => [argv.map((word) => JSON.stringify(word.slice(0, 16))).join(' '), argv] as const);

describe.each([
  ['answers', answerHostile],
  ['refusals', refuseHostile],
] as const)('with hostile %s of the provider', (_, behave) => {
  test.each(named)('%s says nothing that a terminal obeys', async (what, argv) => {
    behave(provider);
    const text = await runCli(copyOf(template, provider), [...argv, '--no-input'], onTerminal);
    expectHarmless(text.stdout, `${what}, stdout`, { styled: true, isCode: argv.includes('--print') });
    expectHarmless(text.stderr, `${what}, stderr`, { styled: true });
    const json = await runCli(copyOf(template, provider), [...argv, '--json'], atNoon);
    expectHarmless(json.stdout, `${what}, JSON`);
    expectHarmless(json.stderr, `${what}, stderr beside JSON`);
    expect(json.stdout === '' || JSON.parse(json.stdout) !== undefined).toBe(true);
  });
});

const withFile = commandsWith('--out <file>');
const withCsv = commandsWith('--csv');

/** The names of the commands that have this option. */
function commandsWith(flags: string): string[] {
  return program().commands.flatMap((each) =>
    each.options.some((option) => option.flags === flags) ? [each.name()] : [],
  );
}

test.each(withCsv)('%s --csv has no formula in any cell, printed or in a file', async (name) => {
  answerHostile(provider);
  const home = copyOf(template, provider);
  const argv = [name, '--csv', ...(name === 'models' ? ['--yes'] : [])];
  const { stdout } = await runCli(home, argv, atNoon);
  const cells = cellsOf(stdout);
  expect(cells.filter((cell) => cell.startsWith("'="))).not.toEqual([]);
  expect(cells.filter((cell) => /^[=+\-@\s]/.test(cell))).toEqual([]);
  expectHarmless(stdout, name);
  if (!withFile.includes(name)) return;
  await runCli(home, [...argv, '--out', 'table.csv'], atNoon);
  expectHarmless(readFileSync(join(home.cwd, 'table.csv'), 'utf8'), `${name}, file`);
});

/** The cells that a spreadsheet finds which also takes a semicolon for a separator. */
function cellsOf(csv: string): string[] {
  return [...csv.matchAll(/"((?:[^"]|"")*)"|([^",;\n]+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

test.each(withFile)('%s --out writes nothing that a terminal obeys', async (name) => {
  answerHostile(provider);
  const home = copyOf(template, provider);
  await runCli(home, [name, '--out', 'text.txt', ...(name === 'models' ? ['--yes'] : [])], onTerminal);
  expectHarmless(readFileSync(join(home.cwd, 'text.txt'), 'utf8'), name);
});

test.each([
  ['switch', ''],
  ['enable', ''],
  ['renew', ''],
  ['export', ''],
  ['login', '--expect', ''],
  ['config', 'set', ''],
  [hostile('word'), ''],
  ['list', '--project', hostile('directory')],
])('a Tab after %j %j is answered with words only', async (...words) => {
  const home = copyOf(template, provider);
  const { stdout, stderr } = await runCli(home, ['__complete', ...words], onTerminal);
  // A tab separates a word from its description.
  expectHarmless(stdout.replaceAll('\t', ' '), 'candidates');
  expect(stdout.split('\n').filter((line) => line.split('\t').length > 2 || line.startsWith('-'))).toEqual([]);
  expect(stderr).toBe('');
});

test('a name that would be taken for an option is not offered', async () => {
  const home = copyOf(template, provider);
  const pool = JSON.parse(readFileSync(home.poolFile, 'utf8'));
  pool.accounts[0].accountLabel = '--revoke';
  writeJson(home.poolFile, pool);
  const { stdout } = await runCli(home, ['__complete', 'remove', ''], atNoon);
  expect(stdout).toContain('alice@example.com\t');
  expect(stdout).not.toMatch(/^--revoke/m);
});

/** A dialogue may move the cursor. Nothing else in it may be an order to the terminal. */
function expectNoneOf(text: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they begin with one
  const cursor = /\u001b\[(?:\?25[hl]|\?1049[hl]|\d*[A-KJG]|\d+;\d+H|6n)/g;
  expectHarmless(text.replace(cursor, '').replaceAll('\r', '').replaceAll('\u0007', ''), 'dialogue', { styled: true });
}

test.each<[string[], Replies]>([
  [['remove', '1'], [[/Remove/, `n${keys.enter}`]]],
  [['switch'], [[/which account/i, `${keys.down}${keys.enter}`]]],
  [['import', '.'], [[/import/i, `n${keys.enter}`]]],
  [['uninstall'], [[/Go ahead/, `n${keys.enter}`]]],
  [['export'], [[/Write the tokens/, `n${keys.enter}`]]],
])('the questions of %j show names as text', async (argv, replies) => {
  const options = { ...atNoon, terminal: { columns: 600, rows: 100 }, variables: { NO_COLOR: '' } };
  const { stdout, stderr } = await runWithAnswers(copyOf(template, provider), argv, replies, options);
  expectNoneOf(stderr);
  expectNoneOf(stdout);
});

test('the screen of watch shows names as text', async () => {
  answerHostile(provider);
  const home = copyOf(template, provider);
  const stopping = new AbortController();
  const clock = { ...clockAt(noon), sleep: async () => stopping.abort() };
  const terminal = { columns: 600, rows: 100 };
  const { stdout } = await runCli(home, ['watch'], { ...onTerminal, terminal, clock, signal: stopping.signal });
  expect(stdout).toContain('=label');
  expectNoneOf(stdout);
});

test.each<[string, Partial<Model>]>([
  ['the list', {}],
  ['a filter', { filter: hostile('filter'), isTyping: true }],
  ['what is set aside', { views: ['list', 'flagged'] }],
  ['warnings', { notices: { files: [hostile('warning')], quota: [] } }],
  ['a question', { question: { text: 'Remove it?', cursor: 0, choices: [{ key: 'y', text: hostile('choice') }] } }],
  ['what is being done', { busy: hostile('busy') }],
])('the dashboard shows %s as text', async (_, changes) => {
  const { document } = await runJson(copyOf(template, provider), ['report', '--cached'], atNoon);
  const model: Model = { ...initialModel, report: document.data, ...changes };
  const theme = createTheme({ ...plainStyle, hasColor: true, isTerminal: true, width: 600 }, noon);
  const { header, body, footer } = layOut(model, theme, { columns: 600, rows: 100 });
  expectHarmless([...header, ...body, ...footer].join('\n'), 'frame', { styled: true });
});

test('the dashboard shows the details of an account as text', async () => {
  const home = copyOf(template, provider);
  const { document: report } = await runJson(home, ['report', '--cached'], atNoon);
  const { document: status } = await runJson(home, ['status', '3'], atNoon);
  const details = { id: status.data.account.id, status: status.data };
  const model: Model = { ...initialModel, report: report.data, details, views: ['list', 'details'] };
  const theme = createTheme({ ...plainStyle, hasColor: true, isTerminal: true, width: 600 }, noon);
  const { body } = layOut(model, theme, { columns: 600, rows: 100 });
  expect(body.join('\n')).toContain('=record email');
  expectHarmless(body.join('\n'), 'details', { styled: true });
});
