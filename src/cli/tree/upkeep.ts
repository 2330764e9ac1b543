import type { Execute } from '../execute.js';
import { examples } from './help-texts.js';
import type { Program } from './program-base.js';

/** Keeping things going. */
export function declareUpkeep(program: Program, execute: Execute): void {
  program
    .command('guard')
    .summary('keep all tokens alive while it runs')
    .description(
      'Stays in the foreground and refreshes every access token shortly before it expires. The login in auth.json is left to a running official client.',
    )
    .option('--once', 'do one round and end')
    .addHelpText('after', examples(['codex-auth guard', 'codex-auth guard --once']))
    .action((options) =>
      execute(async () => (await import('../commands/guard.js')).guardCommand, options, program.opts()),
    );

  const config = program
    .command('config')
    .summary('read and change settings')
    .description('Settings come from the environment, else from the settings file, else they have their default.');
  config
    .command('list', { isDefault: true })
    .summary('show every setting with its value, default and source')
    .addHelpText('after', examples(['codex-auth config list']))
    .action((options) =>
      execute(async () => (await import('../commands/config.js')).configListCommand, options, program.opts()),
    );
  config
    .command('get')
    .summary('print the value of a setting')
    .argument('<name>', 'the setting')
    .addHelpText('after', examples(['codex-auth config get quotaTtlMs']))
    .action((name) =>
      execute(async () => (await import('../commands/config.js')).configGetCommand, { name }, program.opts()),
    );
  config
    .command('set')
    .summary('change a setting')
    .argument('<name>', 'the setting')
    .argument('<value>', 'the new value')
    .addHelpText('after', examples(['codex-auth config set quotaTtlMs 60000']))
    .action((name, value) =>
      execute(async () => (await import('../commands/config.js')).configSetCommand, { name, value }, program.opts()),
    );
  config
    .command('unset')
    .summary('go back to the default of a setting')
    .argument('<name>', 'the setting')
    .addHelpText('after', examples(['codex-auth config unset quotaTtlMs']))
    .action((name) =>
      execute(async () => (await import('../commands/config.js')).configUnsetCommand, { name }, program.opts()),
    );
}
