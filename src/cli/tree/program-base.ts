import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { examples } from './help-texts.js';

export interface ProgramEnvironment {
  readonly version: string;
  readonly print: (text: string) => void;
  readonly width: number;
}

export type Program = ReturnType<typeof createProgramBase>;

/** The program with its global options, before any command is declared. Never exits the process by itself. */
export function createProgramBase({ version, print, width }: ProgramEnvironment) {
  return new Command('codex-auth')
    .description('Keeps several ChatGPT logins for the official Codex CLI, and makes any of them the active one.')
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .option('--json', 'print one JSON document')
    .option('--project <dir>', "use the accounts of this directory's project")
    .option('--global', 'use the global accounts')
    .option('--config <file>', 'read settings from this file')
    .option('--proxy <url>', 'send requests through this proxy; an empty value forces a direct connection')
    .option('--timeout <seconds>', 'give each request at most this long', positiveNumber)
    .option('--mask', 'hide email addresses')
    .option('--no-input', 'never ask, never open a prompt')
    .option('--no-color', 'print without colour')
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: print, writeErr: () => undefined, getOutHelpWidth: () => width })
    .addHelpText('after', '\nAlone, on a terminal, it opens the dashboard.')
    .addHelpText('after', examples(['codex-auth login', 'codex-auth list', 'codex-auth switch work']));
}

function positiveNumber(value: string): number {
  const seconds = Number(value);
  if (Number.isFinite(seconds) && seconds > 0) return seconds;
  throw new InvalidArgumentError('It must be a number of seconds above 0.');
}
