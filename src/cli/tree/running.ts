import { AppError } from '../../core/errors.js';
import type { Execute } from '../execute.js';
import { examples, modelHelp, selectorHelp } from './help-texts.js';
import type { Program } from './program-base.js';

/** Working as an account beside others. */
export function declareRunning(program: Program, execute: Execute): void {
  program
    .command('run')
    .summary('run a command as an account')
    .description(
      'Runs a command, or the official client, as one account, and leaves the account in use everywhere else as it is. It runs in a home of that account, which shares sessions, settings and all else but the login with yours. Exit code, signals and streams are those of the command.',
    )
    .argument('[selector]', selectorHelp)
    .argument('[command...]', 'after --: the command to run (default: codex)')
    .option('--best', 'run as the account that best recommends')
    .option('--model <slug>', `with --best, ${modelHelp}`)
    .option('--dry-run', 'show what would be run and as whom, and run nothing')
    .addHelpText(
      'after',
      examples([
        'codex-auth run work',
        'codex-auth run work -- codex exec "fix the tests"',
        'codex-auth run --best -- codex exec "fix the tests"',
        'codex-auth run work -- zsh',
      ]),
    )
    .action((_selector, _command, options, { args }) =>
      execute(
        async () => (await import('../commands/run.js')).runCommand,
        { ...options, ...splitLine(program, args) },
        program.opts(),
      ),
    );
}

/** commander counts the words after `--` like those before it, but keeps the line as it came. */
function splitLine(program: Program, operands: readonly string[]) {
  const { rawArgs } = program as unknown as { readonly rawArgs: readonly string[] };
  const dashes = rawArgs.indexOf('--');
  const command = dashes < 0 ? [] : rawArgs.slice(dashes + 1);
  const [selector, ...surplus] = operands.slice(0, operands.length - command.length);
  if (surplus.length > 0) {
    throw new AppError('usage', 'put -- between the account and the command', {
      hint: `codex-auth run ${selector} -- ${surplus.join(' ')}`,
    });
  }
  return { command, ...(selector === undefined ? {} : { selector }) };
}
