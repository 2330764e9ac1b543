import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { parseDuration } from '../../core/duration.js';
import { eventNames } from '../../core/event-names.js';
import type { Run } from '../program/command.js';
import type { Program } from './program-base.js';
import { examples } from './program-base.js';

export function declareUpkeep(program: Program, run: Run): void {
  program
    .command('guard')
    .summary('keep all tokens alive while it runs')
    .description(
      'Stays in the foreground and refreshes every access token shortly before it expires, and the login of every home of the official client before a client would have to. Sleeps until something is due, or a pool or a home changes. Tells onEvent and the desktop what happens to the accounts, where these settings say so.',
    )
    .option('--once', 'do one round and exit')
    .addOption(
      new Option('--test-event <name>', 'tell onEvent and the desktop of an event that has not happened').choices(
        eventNames,
      ),
    )
    .option('--install', 'make it a service of yours, which your system starts and keeps going')
    .option('--uninstall', 'take that service away again')
    .option('--status', 'show whether the service is there and works')
    .option('--logs', 'show what the service told last')
    .option('-y, --yes', 'with --install and --uninstall: do not ask')
    .option('--dry-run', 'with --install and --uninstall: show what would be done')
    .addOption(new Option('--service', 'started by the service').hideHelp())
    .addHelpText(
      ...examples(
        'codex-auth guard',
        'codex-auth guard --once',
        'codex-auth guard --install',
        'codex-auth guard --test-event quota-low',
      ),
    )
    .action((options) => run(async () => (await import('../commands/guard.js')).guardCommand, options));

  program
    .command('watch')
    .summary('show the quota of all accounts as it changes')
    .description(
      'Reads the quota of every enabled account at regular intervals from the free usage endpoint, and shows what is left and when it resets. Asks less often about an account after a failure. Spends no quota and refreshes no token. A terminal is redrawn in place; elsewhere, one table follows another, or one line of JSON with --json.',
    )
    .addOption(
      new Option('--interval <seconds>', `how often to look, from ${watchSeconds.least} to ${watchSeconds.most}`)
        .default(60)
        .argParser(watchInterval),
    )
    .option('--once', 'look once and exit')
    .addHelpText(...examples('codex-auth watch', 'codex-auth watch --interval 300', 'codex-auth watch --once --json'))
    .action((options) => run(async () => (await import('../commands/watch.js')).watchCommand, options));

  program
    .command('renew')
    .summary('refresh logins that expire soon')
    .description(
      'Refreshes accounts, or token files in place, whose access token expires soon, or whose id token or expiry is missing; everything else is skipped. Without arguments, this means every enabled account. Copies of one login are refreshed once, and all of them get the result. A word names an account, unless it looks like a path: write ./work for a directory.',
    )
    .argument('[targets...]', 'accounts, token files, or directories with token files in them (*.json)')
    .option(
      '--before <duration>',
      'refresh what expires within this time, such as 3d, 12h or 30m (default: the setting renewBeforeDays)',
      duration,
    )
    .option('-f, --force', 'refresh also what is not due')
    .option('--print-only', 'show the requests with their secrets masked; send and write nothing')
    .addHelpText(
      ...examples('codex-auth renew', 'codex-auth renew work --force', 'codex-auth renew ./tokens --before 12h'),
    )
    .action((targets, { before, ...options }) =>
      run(async () => (await import('../commands/renew.js')).renewCommand, { ...options, targets, beforeMs: before }),
    );

  const config = program
    .command('config')
    .summary('read and change settings')
    .description(
      'Shows and changes settings. A value in the environment wins over the settings file, and that over the default.',
    );
  config
    .command('list', { isDefault: true })
    .summary('show every setting with its value, default and source')
    .addHelpText(...examples('codex-auth config list'))
    .action((options) => run(async () => (await import('../commands/config.js')).configListCommand, options));
  config
    .command('get')
    .summary('print the value of a setting')
    .argument('<setting>', 'the name of the setting')
    .addHelpText(...examples('codex-auth config get quotaTtlMs'))
    .action((name) => run(async () => (await import('../commands/config.js')).configGetCommand, { name }));
  config
    .command('set')
    .summary('change a setting')
    .argument('<setting>', 'the name of the setting')
    .argument('<value>', 'the new value')
    .addHelpText(...examples('codex-auth config set quotaTtlMs 2m', 'codex-auth config set renewBeforeDays 5d'))
    .action((name, value) =>
      run(async () => (await import('../commands/config.js')).configSetCommand, { name, value }),
    );
  config
    .command('unset')
    .summary('reset a setting to its default')
    .argument('<setting>', 'the name of the setting')
    .addHelpText(...examples('codex-auth config unset quotaTtlMs'))
    .action((name) => run(async () => (await import('../commands/config.js')).configUnsetCommand, { name }));
}

/** For commander: the milliseconds of `3d`, `12h` or `30m`. */
export function duration(value: string): number {
  const ms = parseDuration(value);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError('It must be a time such as 3d, 12h or 30m.');
}

/** More often would be a burden on the provider for numbers that change slowly. */
const watchSeconds = { least: 15, most: 86_400 };

function watchInterval(value: string): number {
  const seconds = Number(value);
  if (seconds >= watchSeconds.least && seconds <= watchSeconds.most) return seconds;
  throw new InvalidArgumentError(`It must be a number of seconds from ${watchSeconds.least} to ${watchSeconds.most}.`);
}
