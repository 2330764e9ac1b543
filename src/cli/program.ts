import { Command as CommanderCommand, InvalidArgumentError } from '@commander-js/extra-typings';
import type { Command } from './command.js';
import type { GlobalOptions } from './options.js';

export type Execute = <Options, Result>(
  load: () => Promise<Command<Options, Result>>,
  options: Options,
  globalOptions: GlobalOptions,
) => Promise<void>;

export interface ProgramEnvironment {
  readonly version: string;
  readonly print: (text: string) => void;
  readonly width: number;
  readonly execute: Execute;
}

/** The command tree: names, summaries, options and examples. What a command does is in its own lazily loaded file. */
export function buildProgram({ version, print, width, execute }: ProgramEnvironment) {
  const program = new CommanderCommand('codex-auth')
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
    .configureOutput({ writeOut: print, writeErr: () => undefined, getOutHelpWidth: () => width })
    .addHelpText('after', examples(['codex-auth login', 'codex-auth list', 'codex-auth switch work']));

  const global = () => program.opts();

  program
    .command('login')
    .summary('sign in to an account')
    .description(
      'Signs in with a browser, a device code or a pasted callback URL, and adds the account to this scope. Signing in again updates the account in place.',
    )
    .option('--device-auth', 'sign in with a code on another device')
    .option('--manual', 'paste the callback URL instead of waiting for the browser')
    .option('--no-browser', 'the same as --manual')
    .option('--label <text>', 'name the account')
    .option('--expect <email>', 'refuse any other identity')
    .option('--activate', 'make it the active account')
    .option('--no-activate', 'leave the active account as it is')
    .addHelpText(
      'after',
      examples([
        'codex-auth login --label work',
        'codex-auth login --device-auth',
        'codex-auth login --expect me@example.com',
      ]),
    )
    .action((options) => execute(async () => (await import('./commands/login.js')).loginCommand, options, global()));

  program
    .command('list')
    .alias('ls')
    .summary('show the accounts')
    .description('Shows the accounts of this scope from what is stored; asks nobody.')
    .addHelpText('after', examples(['codex-auth list', 'codex-auth list --json', 'codex-auth list --global']))
    .action((options) => execute(async () => (await import('./commands/list.js')).listCommand, options, global()));

  program
    .command('status')
    .summary('show the active account in full')
    .description('Shows the active account: who it is, how long its token lives, and where each file is.')
    .addHelpText('after', examples(['codex-auth status', 'codex-auth status --json']))
    .action((options) => execute(async () => (await import('./commands/status.js')).statusCommand, options, global()));

  program
    .command('switch')
    .summary('make an account the active one')
    .description(
      "Makes an account the login of the official client. The login found there is first copied back to the account it belongs to, so that the client's own refreshes are never lost.",
    )
    .argument('[selector]', selectorHelp)
    .option('--enable', 'enable the account if it is disabled')
    .option('--replace', 'replace a login that cannot be adopted, after keeping a copy of it')
    .addHelpText(
      'after',
      examples(['codex-auth switch 2', 'codex-auth switch work@example.com', 'codex-auth switch -']),
    )
    .action((selector, options) =>
      execute(
        async () => (await import('./commands/switch.js')).switchCommand,
        { ...options, ...(selector === undefined ? {} : { selector }) },
        global(),
      ),
    );

  program
    .command('label')
    .summary('name an account')
    .description('Gives an account a name of your own; an empty text takes it away.')
    .argument('<selector>', selectorHelp)
    .argument('<text>', 'the name')
    .addHelpText('after', examples(['codex-auth label 2 client', 'codex-auth label client ""']))
    .action((selector, text) =>
      execute(async () => (await import('./commands/label.js')).labelCommand, { selector, text }, global()),
    );

  program
    .command('enable')
    .summary('let an account be used again')
    .description('Takes back a disable.')
    .argument('<selector>', selectorHelp)
    .addHelpText('after', examples(['codex-auth enable 2']))
    .action((selector) =>
      execute(async () => (await import('./commands/enable.js')).enableCommand, { selector }, global()),
    );

  program
    .command('disable')
    .summary('set an account aside without removing it')
    .description('A disabled account is never recommended or checked, and becomes active only with `switch --enable`.')
    .argument('<selector>', selectorHelp)
    .addHelpText('after', examples(['codex-auth disable old@example.com']))
    .action((selector) =>
      execute(async () => (await import('./commands/enable.js')).disableCommand, { selector }, global()),
    );

  program
    .command('remove')
    .summary('forget an account')
    .description(
      'Removes an account from this program and keeps a recoverable copy. The login itself lives on at the provider.',
    )
    .argument('<selector>', selectorHelp)
    .option('-y, --yes', 'do not ask')
    .option('--revoke', 'also end the login at the provider; no copy of it will work again')
    .addHelpText('after', examples(['codex-auth remove 3', 'codex-auth remove old@example.com --yes']))
    .action((selector, options) =>
      execute(async () => (await import('./commands/remove.js')).removeCommand, { selector, ...options }, global()),
    );

  return program;
}

const selectorHelp = 'index, email, label, id or an unambiguous part of one; - is the previous account';

function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
}

function positiveNumber(value: string): number {
  const seconds = Number(value);
  if (Number.isFinite(seconds) && seconds > 0) return seconds;
  throw new InvalidArgumentError('It must be a number of seconds above 0.');
}
