import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.js';
import { type CliOptions, runCli, type TestHome } from '../support/cli.js';
import { answerHostile, copyOf, makeHostileHome, refuseHostile } from '../support/hostile-home.js';
import { expectHarmless, hostile } from '../support/hostile-text.js';
import { type Provider, startProvider } from '../support/provider/start.js';
import { atNoon, setProviderToNoon } from '../support/seed.js';

let provider: Provider;
let place: string;
let template: TestHome;
beforeAll(async () => {
  provider = await startProvider();
  setProviderToNoon(provider);
  place = mkdtempSync(join(realpathSync(tmpdir()), 'codex-auth-test-'));
  template = await makeHostileHome(place, provider);
});
beforeEach(() => provider.scenario.reset());
afterAll(async () => {
  rmSync(place, { recursive: true, force: true });
  await provider.stop();
});

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

/** Besides the arguments: what it needs to end by itself, and not to wait for an answer. */
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

/** Every command of the tree with its arguments; a new one comes by itself. */
function commandLines(): string[][] {
  const program = buildProgram({ version: '0', print: () => undefined, width: 80, execute: async () => undefined });
  return leavesOf(program, []);
}

function leavesOf(command: CommandUnknownOpts, path: readonly string[]): string[][] {
  if (command.commands.length > 0)
    return command.commands.flatMap((each) => leavesOf(each as CommandUnknownOpts, [...path, each.name()]));
  const words = command.registeredArguments.flatMap((argument) => argumentsFor[argument.name()] ?? [hostile('word')]);
  return [[...path, ...words, ...(optionsFor[path[0] ?? ''] ?? [])]];
}

/** Ways to use them in which they say more. */
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
