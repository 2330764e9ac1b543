import { Command, type CommandUnknownOpts, Help, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { wrapText } from '../terminal/wrap-text.js';

export interface ProgramEnvironment {
  readonly version: string;
  readonly print: (text: string) => void;
  /** Columns of the terminal, asked for when help is shown. */
  readonly width: () => number;
}

export type Program = ReturnType<typeof createProgramBase>;

/** The program with its global options, before any command is declared. Never exits the process by itself. */
export function createProgramBase({ version, print, width }: ProgramEnvironment) {
  return new Command('codex-auth')
    .description('Keeps several ChatGPT logins for the official Codex CLI, and switches between them.')
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .commandsGroup(lastGroup)
    .helpCommand('help [topic]', 'show help for a command, or about a trouble')
    .option('--json', 'print one JSON document')
    .option('--project <dir>', "use the accounts of this directory's project")
    .option('--global', 'use the global accounts')
    .option('--config <file>', 'use this settings file')
    .option('--proxy <url>', 'send requests through this proxy; an empty value forces a direct connection')
    .option('--timeout <seconds>', 'time limit for each request that spends no token', positiveNumber)
    .option('--mask', 'hide email addresses')
    .option('--no-input', 'never prompt')
    .option('--no-color', 'print without colour')
    .option('--plain', 'ask by numbers and draw nothing twice, for screen readers')
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({
      showGlobalOptions: true,
      minWidthToWrap: leastWidth,
      formatItem: helpItem,
      visibleCommands: inGroups,
      groupItems,
    })
    .configureOutput({
      writeOut: print,
      writeErr: () => undefined,
      getOutHelpWidth: width,
      // Commander would ask Node's stream, which takes longer to make than the help; `print` decides about colour.
      getOutHasColors: () => true,
    })
    .addHelpText('after', () => wrapText('\nWithout a command, on a terminal, it opens the dashboard.', width()))
    .addHelpText(...examples('codex-auth login', 'codex-auth list', 'codex-auth switch work'));
}

function inGroups(this: Help, command: CommandUnknownOpts): CommandUnknownOpts[] {
  const visible = Help.prototype.visibleCommands.call(this, command);
  return visible.sort((one, other) => helpPosition(one.name()) - helpPosition(other.name()));
}

/** The groups come in the order of what is in them, and not in that of the declarations. */
function groupItems<T>(_declared: readonly T[], visible: readonly T[], groupOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of visible) groups.set(groupOf(item), [...(groups.get(groupOf(item)) ?? []), item]);
  return groups;
}

/** With fewer columns a description cannot be read. */
const leastWidth = 24;

/** The description beside the name, or beneath it where the terminal is too narrow for that. */
function helpItem(this: Help, term: string, termWidth: number, description: string, helper: Help): string {
  const { helpWidth = 80 } = helper;
  const isBeside = helpWidth - termWidth - 4 >= leastWidth;
  if (isBeside || description === '') return Help.prototype.formatItem.call(this, term, termWidth, description, helper);
  const lines = helper.boxWrap(description, helpWidth - 6).split('\n');
  return [`  ${term}`, ...lines.map((line) => `      ${line}`)].join('\n');
}

function positiveNumber(value: string): number {
  const seconds = Number(value);
  if (Number.isFinite(seconds) && seconds > 0) return seconds;
  throw new InvalidArgumentError('It must be a number of seconds above 0.');
}

/** The headings of the help, in order, and the commands below each. */
const groups: Readonly<Record<string, readonly string[]>> = {
  'Accounts:': ['login', 'list', 'status', 'label', 'enable', 'disable', 'remove'],
  'Use:': ['switch', 'best', 'run', 'token', 'sessions', 'resume', 'prefer', 'reserve'],
  'Quota:': ['usage', 'forecast', 'watch', 'report', 'models', 'redeem', 'history'],
  'Repair:': ['check', 'doctor', 'fix', 'undo', 'flag', 'verify-flagged', 'guard', 'renew'],
  'Move:': ['move', 'import', 'export', 'share', 'sync'],
};

const lastGroup = 'More:';

export function helpGroupOf(command: string): string {
  return Object.keys(groups).find((heading) => groups[heading]?.includes(command)) ?? lastGroup;
}

function helpPosition(command: string): number {
  const position = Object.values(groups).flat().indexOf(command);
  return position < 0 ? Number.MAX_SAFE_INTEGER : position;
}

export const selectorHelp =
  'index, email, label, workspace or id, or an unambiguous part of one; - means the previous account';
export const csvHelp = 'print comma-separated values';
export const outHelp = 'write to this file instead of the terminal';
export const cachedHelp = 'make no requests; show what is stored';
export const modelHelp = 'apply the limits of this model';

export function liveOption() {
  return new Option('--live', 'read the quota of every account now, and refresh tokens that are due').conflicts(
    'cached',
  );
}

export function examples(...lines: readonly string[]): ['after', string] {
  return ['after', `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`];
}
