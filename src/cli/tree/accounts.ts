import { InvalidArgumentError } from '@commander-js/extra-typings';
import type { Run } from '../program/command.js';
import type { Program } from './program-base.js';
import { csvHelp, examples, outHelp, selectorHelp } from './program-base.js';

export function declareSignIn(program: Program, run: Run): void {
  program
    .command('login')
    .alias('add')
    .summary('sign in to an account')
    .description(
      'Signs in with a browser, a device code or a pasted callback URL, and adds the account to this scope. Signing in again gives the account its new login in every home that has it.',
    )
    .option('--device-auth', 'sign in with a code on another device')
    .option('--manual', 'paste the callback URL instead of waiting for the browser')
    .option('--no-browser', 'the same as --manual')
    .option('--label <text>', 'label the account')
    .option('--expect <email>', 'accept this email address only')
    .option('--activate', 'make it the active account')
    .option('--no-activate', 'leave the active account as it is')
    .addHelpText(
      ...examples(
        'codex-auth login --label work',
        'codex-auth login --device-auth',
        'codex-auth login --expect me@example.com',
      ),
    )
    .action((options) => run(async () => (await import('../commands/login.js')).loginCommand, options));
}

/** Looking at accounts and choosing among them; nothing here asks the provider, but `remove --revoke`. */
export function declareAccounts(program: Program, run: Run): void {
  program
    .command('list')
    .alias('ls')
    .summary('list the accounts')
    .description('Lists the accounts of this scope from what is stored. Makes no requests.')
    .option('--csv', csvHelp)
    .option('--out <file>', outHelp)
    .addHelpText(...examples('codex-auth list', 'codex-auth list --json', 'codex-auth list --global'))
    .action((options) => run(async () => (await import('../commands/list.js')).listCommand, options));

  program
    .command('status')
    .aliases(['current', 'whoami'])
    .summary('show the active account in full')
    .description(
      'Shows the active account, or the named one: who it is, when its token expires, and where each file is.',
    )
    .argument('[selector]', selectorHelp)
    .addHelpText(...examples('codex-auth status', 'codex-auth status work', 'codex-auth status --json'))
    .action((selector) => run(async () => (await import('../commands/status.js')).statusCommand, { selector }));

  program
    .command('switch')
    .alias('use')
    .summary('make an account the active one')
    .description(
      "Makes an account the login of the official client. The login found there is first copied back to the account it belongs to, so that the client's own refreshes are never lost. With --here or --dir, the login stays as it is, and codex runs as that account in one project or directory.",
    )
    .argument('[selector]', selectorHelp)
    .option('--enable', 'enable the account if it is disabled')
    .option('--replace', 'replace a login that cannot be adopted, after keeping a copy of it')
    .option('--take', 'take the login from a home that cannot be read now, which signs that home out')
    .option('--here', 'bind this project with its worktrees, or else this directory: codex runs as the account in it')
    .option('--dir <dir>', 'the same for another directory')
    .option('--clear', 'with --here or --dir: take the binding away')
    .option('--restart-daemon', 'restart the background server of the official client if it keeps another account')
    .addHelpText(
      ...examples(
        'codex-auth switch 2',
        'codex-auth switch work@example.com',
        'codex-auth switch -',
        'codex-auth switch work --here',
        'codex-auth switch --here --clear',
      ),
    )
    .action((selector, options) =>
      run(async () => (await import('../commands/switch.js')).switchOrBindCommand, { ...options, selector }),
    );

  program
    .command('label')
    .alias('rename')
    .summary('label an account')
    .description('Gives an account a name of your own; an empty text removes it.')
    .argument('<selector>', selectorHelp)
    .argument('<text>', 'the label')
    .addHelpText(...examples('codex-auth label 2 client', 'codex-auth label client ""'))
    .action((selector, text) =>
      run(async () => (await import('../commands/label.js')).labelCommand, { selector, text }),
    );

  program
    .command('move')
    .summary('move an account to a project, or make it global')
    .description(
      'Moves an account to the accounts of a project, or to the global ones. It keeps its label, state and login. An account lives in one place only.',
    )
    .argument('<selector>', selectorHelp)
    .requiredOption('--to <global|dir>', 'where to: global, or the directory of a project')
    .addHelpText(
      ...examples(
        'codex-auth move 2 --to global',
        'codex-auth move work@example.com --to .',
        'codex-auth move 2 --to ~/src/app',
      ),
    )
    .action((selector, options) =>
      run(async () => (await import('../commands/move.js')).moveCommand, { selector, ...options }),
    );

  program
    .command('enable')
    .summary('use a disabled account again')
    .description('Enables a disabled account, so that it is checked and recommended again.')
    .argument('<selector>', selectorHelp)
    .addHelpText(...examples('codex-auth enable 2'))
    .action((selector) => run(async () => (await import('../commands/enable.js')).enableCommand, { selector }));

  program
    .command('disable')
    .summary('stop using an account, but keep it')
    .description(
      'Disables an account: it is neither checked nor recommended, and becomes active only with `switch --enable`.',
    )
    .argument('<selector>', selectorHelp)
    .addHelpText(...examples('codex-auth disable old@example.com'))
    .action((selector) => run(async () => (await import('../commands/enable.js')).disableCommand, { selector }));

  program
    .command('prefer')
    .summary('use an account before the others')
    .description(
      'Recommends an account before the others, as long as it is ready, healthy and has quota to begin with.',
    )
    .argument('<selector>', selectorHelp)
    .option('--clear', 'use it like the others again')
    .addHelpText(...examples('codex-auth prefer work', 'codex-auth prefer work --clear'))
    .action((selector, options) =>
      run(async () => (await import('../commands/prefer.js')).preferCommand, { selector, ...options }),
    );

  program
    .command('reserve')
    .summary('keep an account for last, or a share of it')
    .description(
      'Recommends an account only when no other is ready. With a percentage, leaves it alone instead as soon as one of its windows has no more than that share left.',
    )
    .argument('<selector>', selectorHelp)
    .argument('[percent]', 'the share of each window to leave alone, 1 to 99', share)
    .option('--clear', 'use it like the others again, to the end')
    .addHelpText(
      ...examples('codex-auth reserve work', 'codex-auth reserve work 20', 'codex-auth reserve work --clear'),
    )
    .action((selector, percent, options) =>
      run(async () => (await import('../commands/prefer.js')).reserveCommand, { selector, ...options, percent }),
    );

  program
    .command('undo')
    .summary('take back the last change of the accounts')
    .description(
      'Takes back what remove, move, label, enable, disable, prefer, reserve, flag, switch or import has changed last; once more, the change before. Tokens are never taken back: a login keeps the newest that is known, and what an import brought is kept aside.',
    )
    .option('--list', 'show what can be taken back, and change nothing')
    .addHelpText(...examples('codex-auth undo --list', 'codex-auth undo'))
    .action((options) => run(async () => (await import('../commands/undo.js')).undoCommand, options));

  program
    .command('remove')
    .alias('rm')
    .summary('remove an account')
    .description(
      'Removes an account from this program and keeps a recoverable copy. The login stays valid at the provider, unless --revoke is given.',
    )
    .argument('<selector>', selectorHelp)
    .option('-y, --yes', 'skip the confirmation')
    .option('--revoke', 'also end the login at the provider; no copy of it will work any more')
    .addHelpText(...examples('codex-auth remove 3', 'codex-auth remove old@example.com --yes'))
    .action((selector, options) =>
      run(async () => (await import('../commands/remove.js')).removeCommand, { selector, ...options }),
    );
}

function share(value: string): number {
  const percent = /^[1-9]\d?%?$/.test(value) ? Number.parseInt(value, 10) : undefined;
  if (percent !== undefined) return percent;
  throw new InvalidArgumentError('It must be a whole number from 1 to 99.');
}
