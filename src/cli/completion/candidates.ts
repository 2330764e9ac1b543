import type { Argument, CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import type { ShownAccount } from '../../core/accounts/account.js';
import { settingDefinitions } from '../../core/setting-definitions.js';
import { isSettingName, settingNames } from '../../core/settings.js';
import { pathOf } from '../../core/shell/on-path.js';
import { listDirectory } from '../../core/storage/atomic-file.js';
import type { Context } from '../program/context.js';
import { accountEmails, accountNames } from './account-names.js';
import type { Cursor } from './command-line.js';

export interface Candidate {
  readonly value: string;
  readonly description?: string;
}

/** Everything the word at the cursor could be: each shell filters that by what is typed, in its own way. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** What the shell itself may complete. */
  readonly paths: 'none' | 'files' | 'directories';
}

const nothing: Completion = { candidates: [], paths: 'none' };

/** `open` makes the context, for what is in the person's files. */
export function candidatesFor(cursor: Cursor, program: CommandUnknownOpts, open: () => Context): Completion {
  const { asks, command } = cursor;
  switch (asks.kind) {
    case 'nothing':
      return nothing;
    case 'command':
      return { ...nothing, candidates: commandsOf(command) };
    case 'option':
      return { ...nothing, candidates: optionsOf(cursor, program) };
    case 'value':
      return valuesOf(asks.of, cursor, open);
  }
}

function commandsOf(command: CommandUnknownOpts): Candidate[] {
  const help = command.createHelp();
  return help.visibleCommands(command).map((each) => ({
    value: each.name(),
    description: help.subcommandDescription(each),
  }));
}

function optionsOf({ command, options }: Cursor, program: CommandUnknownOpts): Candidate[] {
  const help = command.createHelp();
  const declared = [...help.visibleOptions(command), ...(command === program ? [] : help.visibleOptions(program))];
  const byName = new Map(declared.map(({ long, description }) => [long ?? '', description]));
  return [...byName].filter(([name]) => !options.has(name)).map(([value, description]) => ({ value, description }));
}

function valuesOf(of: Argument | Option, cursor: Cursor, open: () => Context): Completion {
  const names = placeholdersOf(of);
  const found =
    of.argChoices === undefined
      ? names.map((name) => valuesCalled(name, cursor, open) ?? (names.length > 1 ? words([name]) : nothing))
      : [words(of.argChoices)];
  return {
    candidates: found.flatMap(({ candidates }) =>
      candidates.map((each) => ({ ...each, value: cursor.prefix + each.value })),
    ),
    paths: found.map(({ paths }) => paths).find((paths) => paths !== 'none') ?? 'none',
  };
}

/** `selector` of `[selector]`; of `--to <global|dir>`, where the first is a word to type, both. */
function placeholdersOf(of: Argument | Option): string[] {
  const name = 'flags' in of ? (/[<[](.+)[>\]]/.exec(of.flags)?.[1] ?? '') : of.name();
  return name.replace(/\W+$/, '').split('|');
}

function words(values: readonly string[]): Completion {
  return { ...nothing, candidates: values.map((value) => ({ value })) };
}

/** The names that arguments and values of options have in the command tree, and what they stand for. */
function valuesCalled(name: string, cursor: Cursor, open: () => Context): Completion | undefined {
  switch (name) {
    case 'selector':
      return { ...nothing, candidates: accountNames(open, wantedBy(cursor)) };
    case 'email':
      return { ...nothing, candidates: accountEmails(open) };
    case 'setting':
      return { ...nothing, candidates: settings() };
    case 'value':
      return words(settingValues(cursor.positionals[0]));
    case 'targets':
      return { candidates: accountNames(open, wantedBy(cursor)), paths: 'files' };
    case 'command':
      return cursor.isLiteral ? { candidates: programs(open()), paths: 'files' } : nothing;
    case 'path':
    case 'file':
      return { ...nothing, paths: 'files' };
    case 'dir':
      return { ...nothing, paths: 'directories' };
    default:
      return undefined;
  }
}

/** The programs that a shell would find by their names alone. */
function programs({ environment }: Context): Candidate[] {
  const names = new Set(pathOf(environment.raw).flatMap((directory) => listDirectory(directory)));
  return [...names].map((value) => ({ value }));
}

/** The accounts that a command is meant for: only a disabled account can be enabled. */
function wantedBy({ command, options }: Cursor): (account: ShownAccount) => boolean {
  switch (command.name()) {
    case 'enable':
      return ({ enabled }) => !enabled;
    case 'disable':
      return ({ enabled }) => enabled;
    case 'switch':
      return ({ enabled }) => enabled || options.has('--enable');
    default:
      return () => true;
  }
}

function settings(): Candidate[] {
  return settingNames.map((value) => ({ value, description: settingDefinitions[value].description }));
}

function settingValues(setting = ''): readonly string[] {
  return isSettingName(setting) && settingDefinitions[setting].kind === 'boolean' ? ['true', 'false'] : [];
}
