import type { Run } from '../program/command.js';
import type { Program } from './program-base.js';
import { examples, selectorHelp } from './program-base.js';

export function declareRepair(program: Program, run: Run): void {
  program
    .command('verify-flagged')
    .summary('check whether flagged accounts work again')
    .description(
      'Refreshes every account that was set aside, checks its new access token, reads its quota, and returns those that work to their pool with full health. New tokens are kept in any case.',
    )
    .option('--dry-run', 'refresh and write nothing; predict from the access tokens that are still valid')
    .option('--no-restore', 'leave the accounts that work where they are')
    .option('--no-probe', 'do not read the quota')
    .addHelpText(
      ...examples(
        'codex-auth verify-flagged',
        'codex-auth verify-flagged --dry-run',
        'codex-auth verify-flagged --json',
      ),
    )
    .action((options) =>
      run(async () => (await import('../commands/verify-flagged.js')).verifyFlaggedCommand, options),
    );

  program
    .command('flag')
    .summary('set an account aside until it has been verified')
    .description(
      'Takes an account out of its pool, so that it is no longer used, until verify-flagged or a new sign-in brings it back.',
    )
    .argument('<selector>', selectorHelp)
    .addHelpText(...examples('codex-auth flag 2', 'codex-auth flag work@example.com'))
    .action((selector) => run(async () => (await import('../commands/flag.js')).flagCommand, { selector }));

  program
    .command('fix')
    .summary('make safe repairs to the accounts')
    .description(
      'Merges records of the same account, corrects account ids, fills in what the tokens say, finishes what was interrupted, refreshes tokens that are due, sets dead logins aside and forgets what has expired. Never enables an account.',
    )
    .option('--dry-run', 'show what would be done, and change nothing')
    .addHelpText(...examples('codex-auth fix --dry-run', 'codex-auth fix'))
    .action((options) => run(async () => (await import('../commands/fix.js')).fixCommand, options));

  program
    .command('doctor')
    .summary('find out what is wrong, and repair it')
    .description(
      'Looks at everything that can go wrong with accounts, files, locks, the official client and the network, and says what each finding means and what to do. With --fix, it repairs what is safe to repair, and looks again. Never spends a token.',
    )
    .option('--fix', 'repair what can be repaired')
    .option('--dry-run', 'with --fix: only show the plan')
    .option('--offline', 'make no requests')
    .option('-v, --verbose', 'show also what is fine')
    .option('--forget-home <id>', 'forget an official home that is gone for good')
    .addHelpText(...examples('codex-auth doctor', 'codex-auth doctor --fix --dry-run', 'codex-auth doctor --fix'))
    .action((options) => run(async () => (await import('../commands/doctor.js')).doctorCommand, options));
}
