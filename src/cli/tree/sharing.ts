import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { Run } from '../program/command.js';
import type { Program } from './program-base.js';
import { examples, selectorHelp } from './program-base.js';

const urlHelp =
  'where the database is: postgresql://user:password@host:5432/database; - reads it from standard input, and without it you are asked';
const nameHelp = 'what the other machines call this one (default: its host name)';
const keyringHelp = 'keep the key in the keyring of this system instead of a file';
const yesHelp = 'skip the confirmation';

/** One pool for several machines, without a refresh token ever being on two. */
export function declareSharing(program: Program, run: Run): void {
  const share = program
    .command('share')
    .summary('use the same logins on several machines')
    .description(
      'Shares logins among your machines by way of a PostgreSQL database of yours, which sees only sealed data. Each login is kept by one machine, which refreshes it; the others get its access tokens.',
    );

  share
    .command('status', { isDefault: true })
    .summary('show the shared pool and who keeps what')
    .description(
      'Shows the shared pool that this machine is in, and which machine keeps which login, from what is stored. Makes no request unless --live is given.',
    )
    .option('--live', 'ask the database: whether it answers, TLS, version, key, clock and machines')
    .addHelpText(...examples('codex-auth share status', 'codex-auth share status --live --json'))
    .action((options) => run(async () => (await import('../commands/share-status.js')).shareStatusCommand, options));

  share
    .command('init')
    .summary('make a shared pool in a database')
    .description(
      'Makes the tables for a shared pool in a PostgreSQL database, and the key that seals everything in it. Shows the key as a recovery phrase of 24 words, which every machine that joins asks for.',
    )
    .argument('[url]', urlHelp)
    .option('--name <name>', nameHelp)
    .option('--keyring', keyringHelp)
    .addHelpText(
      ...examples(
        'codex-auth share init',
        'codex-auth share init postgresql://me@db.example.com/logins --name laptop',
        'codex-auth share init -',
      ),
    )
    .action((url, options) =>
      run(async () => (await import('../commands/share-init.js')).shareInitCommand, { ...options, url }),
    );

  share
    .command('join')
    .summary('join the shared pool of another machine')
    .description(
      'Joins the shared pool in a database with its recovery phrase, which is asked for, and gets the access tokens of the logins in it. On a machine that is in the pool, it takes another address of its database, as after a changed password, or the key again where that was lost.',
    )
    .argument('[url]', urlHelp)
    .option('--key-file <file>', 'read the recovery phrase from a file; - for the rest of standard input')
    .option('--name <name>', nameHelp)
    .option('--keyring', keyringHelp)
    .addHelpText(
      ...examples(
        'codex-auth share join',
        'codex-auth share join postgresql://me@db.example.com/logins --name desktop',
        'codex-auth share join - --key-file -',
      ),
    )
    .action((url, options) =>
      run(async () => (await import('../commands/share-join.js')).shareJoinCommand, { ...options, url }),
    );

  share
    .command('phrase')
    .summary('show the recovery phrase again')
    .description('Shows the key of the shared pool as its recovery phrase, on a terminal after a question.')
    .option('-y, --yes', 'show it on a terminal without a question')
    .addHelpText(...examples('codex-auth share phrase'))
    .action((options) => run(async () => (await import('../commands/share-phrase.js')).sharePhraseCommand, options));

  share
    .command('leave')
    .summary('leave the shared pool')
    .description(
      'Takes this machine out of the shared pool and forgets its address and key. What is kept here stays here and is shared no more, unless --give is given.',
    )
    .addOption(new Option('--give', 'leave what is kept here to the other machines').conflicts('forget'))
    .option('--forget', 'for a database that is gone: only forget it here')
    .option('-y, --yes', yesHelp)
    .addHelpText(...examples('codex-auth share leave', 'codex-auth share leave --give'))
    .action((options) => run(async () => (await import('../commands/share-leave.js')).shareLeaveCommand, options));

  share
    .command('add')
    .summary('share logins of this machine')
    .description(
      'Puts logins into the shared pool, with all their workspaces. This machine keeps them until another one takes them.',
    )
    .argument('[selector...]', selectorHelp)
    .option('--all', 'every account of the scope')
    .addHelpText(...examples('codex-auth share add work', 'codex-auth share add --all'))
    .action((selectors, options) =>
      run(async () => (await import('../commands/share-exchange.js')).shareAddCommand, { selectors, ...options }),
    );

  share
    .command('withdraw')
    .summary('share logins no more')
    .description(
      'Takes logins that this machine keeps out of the shared pool, with all their workspaces. They stay here; the other machines lose them when their access tokens end.',
    )
    .argument('<selector...>', selectorHelp)
    .option('-y, --yes', yesHelp)
    .addHelpText(...examples('codex-auth share withdraw work'))
    .action((selectors, options) =>
      run(async () => (await import('../commands/share-exchange.js')).shareWithdrawCommand, { selectors, ...options }),
    );

  share
    .command('take')
    .summary('keep logins on this machine from now on')
    .description(
      'Asks the machine that keeps a login to hand it over; that happens when it exchanges next. With --force it is taken over from what the pool has, for a machine that is gone: what can be lost by that is said first.',
    )
    .argument('<selector...>', selectorHelp)
    .addOption(
      new Option('--wait <seconds>', 'how long to wait for the keeper').argParser(waitSeconds).conflicts('force'),
    )
    .option('--force', 'take it over although the keeper has not handed it over')
    .option('-y, --yes', 'with --force: skip the confirmation')
    .addHelpText(
      ...examples(
        'codex-auth share take work',
        'codex-auth share take work --wait 60',
        'codex-auth share take work --force',
      ),
    )
    .action((selectors, options) =>
      run(async () => (await import('../commands/share-take.js')).shareTakeCommand, { selectors, ...options }),
    );

  share
    .command('sync')
    .summary('exchange with the shared pool now')
    .description('Pushes what this machine has renewed and gets what the others have, in one go.')
    .addHelpText(...examples('codex-auth share sync'))
    .action((options) => run(async () => (await import('../commands/share-exchange.js')).shareSyncCommand, options));

  program
    .command('sync')
    .summary('exchange with your other machines now')
    .description(
      'The same as share sync: pushes what this machine has renewed and gets what the others have, in one go.',
    )
    .addHelpText(...examples('codex-auth sync', 'codex-auth sync --json'))
    .action((options) => run(async () => (await import('../commands/share-exchange.js')).shareSyncCommand, options));
}

const longestWaitSeconds = 3_600;

function waitSeconds(value: string): number {
  const seconds = Number(value);
  if (Number.isFinite(seconds) && seconds >= 0 && seconds <= longestWaitSeconds) return seconds;
  throw new InvalidArgumentError(`It must be a number of seconds from 0 to ${longestWaitSeconds}.`);
}
