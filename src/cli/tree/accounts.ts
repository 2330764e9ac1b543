import type { Execute } from '../execute.js';
import { csvHelp, examples, outHelp, selectorHelp } from './help-texts.js';
import type { Program } from './program-base.js';

/** Looking at accounts and choosing among them; nothing here asks the provider, but `remove --revoke`. */
export function declareAccounts(program: Program, execute: Execute): void {
  program
    .command('list')
    .alias('ls')
    .summary('list the accounts')
    .description('Lists the accounts of this scope from what is stored. Makes no requests.')
    .option('--csv', csvHelp)
    .option('--out <file>', outHelp)
    .addHelpText('after', examples(['codex-auth list', 'codex-auth list --json', 'codex-auth list --global']))
    .action((options) =>
      execute(async () => (await import('../commands/list.js')).listCommand, options, program.opts()),
    );

  program
    .command('status')
    .summary('show the active account in full')
    .description(
      'Shows the active account, or the named one: who it is, when its token expires, and where each file is.',
    )
    .argument('[selector]', selectorHelp)
    .addHelpText('after', examples(['codex-auth status', 'codex-auth status work', 'codex-auth status --json']))
    .action((selector) =>
      execute(
        async () => (await import('../commands/status.js')).statusCommand,
        selector === undefined ? {} : { selector },
        program.opts(),
      ),
    );

  program
    .command('switch')
    .summary('make an account the active one')
    .description(
      "Makes an account the login of the official client. The login found there is first copied back to the account it belongs to, so that the client's own refreshes are never lost.",
    )
    .argument('[selector]', selectorHelp)
    .option('--enable', 'enable the account if it is disabled')
    .option('--replace', 'replace a login that cannot be adopted, after keeping a copy of it')
    .option('--take', 'take the login from a home that cannot be read now, which signs that home out')
    .option('--restart-daemon', 'restart the background server of the official client if it keeps another account')
    .addHelpText(
      'after',
      examples(['codex-auth switch 2', 'codex-auth switch work@example.com', 'codex-auth switch -']),
    )
    .action((selector, options) =>
      execute(
        async () => (await import('../commands/switch.js')).switchCommand,
        { ...options, ...(selector === undefined ? {} : { selector }) },
        program.opts(),
      ),
    );

  program
    .command('label')
    .summary('label an account')
    .description('Gives an account a name of your own; an empty text removes it.')
    .argument('<selector>', selectorHelp)
    .argument('<text>', 'the label')
    .addHelpText('after', examples(['codex-auth label 2 client', 'codex-auth label client ""']))
    .action((selector, text) =>
      execute(async () => (await import('../commands/label.js')).labelCommand, { selector, text }, program.opts()),
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
      'after',
      examples([
        'codex-auth move 2 --to global',
        'codex-auth move work@example.com --to .',
        'codex-auth move 2 --to ~/src/app',
      ]),
    )
    .action((selector, options) =>
      execute(async () => (await import('../commands/move.js')).moveCommand, { selector, ...options }, program.opts()),
    );

  program
    .command('enable')
    .summary('use a disabled account again')
    .description('Enables a disabled account, so that it is checked and recommended again.')
    .argument('<selector>', selectorHelp)
    .addHelpText('after', examples(['codex-auth enable 2']))
    .action((selector) =>
      execute(async () => (await import('../commands/enable.js')).enableCommand, { selector }, program.opts()),
    );

  program
    .command('disable')
    .summary('stop using an account, but keep it')
    .description(
      'Disables an account: it is neither checked nor recommended, and becomes active only with `switch --enable`.',
    )
    .argument('<selector>', selectorHelp)
    .addHelpText('after', examples(['codex-auth disable old@example.com']))
    .action((selector) =>
      execute(async () => (await import('../commands/enable.js')).disableCommand, { selector }, program.opts()),
    );

  program
    .command('remove')
    .summary('remove an account')
    .description(
      'Removes an account from this program and keeps a recoverable copy. The login stays valid at the provider, unless --revoke is given.',
    )
    .argument('<selector>', selectorHelp)
    .option('-y, --yes', 'skip the confirmation')
    .option('--revoke', 'also end the login at the provider; no copy of it will work any more')
    .addHelpText('after', examples(['codex-auth remove 3', 'codex-auth remove old@example.com --yes']))
    .action((selector, options) =>
      execute(
        async () => (await import('../commands/remove.js')).removeCommand,
        { selector, ...options },
        program.opts(),
      ),
    );
}
