import type { Run } from '../program/command.js';
import { examples } from './help-texts.js';
import type { Program } from './program-base.js';

/** Getting a login. */
export function declareSignIn(program: Program, run: Run): void {
  program
    .command('login')
    .alias('add')
    .summary('sign in to an account')
    .description(
      'Signs in with a browser, a device code or a pasted callback URL, and adds the account to this scope. Signing in again updates the account in place.',
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
