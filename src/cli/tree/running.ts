import { Option } from '@commander-js/extra-typings';
import { AppError } from '../../core/errors.js';
import type { Run } from '../program/command.js';
import type { Program } from './program-base.js';
import { examples, modelHelp, selectorHelp } from './program-base.js';

export function declareRunning(program: Program, run: Run): void {
  program
    .command('run')
    .summary('run a command as an account')
    .description(
      'Runs a command, or the official client, as one account, and leaves the account in use everywhere else as it is. It runs in a home of that account, which shares sessions, settings and all else but the login with yours. Exit code, signals and streams are those of the command.',
    )
    .argument('[selector]', selectorHelp)
    .argument('[command...]', 'after --: the command to run (default: codex)')
    .option('--best', 'run as the account that best recommends')
    .option('--here', 'run as the account that this directory is bound to, or else as the one in use')
    .addOption(
      new Option(
        '--on-limit <what>',
        'when the quota of the account is used up, go on with the session as another account: after a question, never, or at once',
      ).choices(['ask', 'stop', 'next']),
    )
    .option('--model <slug>', `with --best or --on-limit, ${modelHelp}`)
    .option('--dry-run', 'show what would be run and as whom, and run nothing')
    .addHelpText(
      ...examples(
        'codex-auth run work',
        'codex-auth run work -- codex exec "fix the tests"',
        'codex-auth run --best -- codex exec "fix the tests"',
        'codex-auth run work -- zsh',
      ),
    )
    .action((_selector, _command, options, { args }) =>
      run(async () => (await import('../commands/run.js')).runCommand, { ...options, ...splitLine(program, args) }),
    );

  program
    .command('sessions')
    .summary('list the sessions of all accounts')
    .description(
      'Lists the sessions of the official client, whichever account began them: when, whose, where, and its first words. Only reads. The client itself shows those of the present account only.',
    )
    .option('--all', 'all of them, not only the latest 20')
    .option('--cwd', 'only those that were begun in this directory')
    .addHelpText(...examples('codex-auth sessions', 'codex-auth sessions --cwd', 'codex-auth sessions --all --json'))
    .action((options) => run(async () => (await import('../commands/sessions.js')).sessionsCommand, options));

  program
    .command('resume')
    .summary('go on with a session, as any account')
    .description(
      'Continues a session of the official client by its id, whichever account began it: as the account in use, or as another one beside it. With a prompt, as "codex exec resume" does; else in the interactive client.',
    )
    .argument('[id]', 'the id of a session, or a part of it that no other has')
    .argument('[prompt]', 'what to say next; with --last, the only argument')
    .option('--last', 'the latest session that was begun in this directory')
    .option('--as <selector>', 'as this account, which is not switched to')
    .option('--dry-run', 'show what would be run, and run nothing')
    .addHelpText(
      ...examples(
        'codex-auth resume --last',
        'codex-auth resume 01a22e5b-b9a0-7662-9df4-a5a1fbe4c3e3 --as work',
        'codex-auth resume --last "go on" --as work',
      ),
    )
    .action((id, prompt, options) =>
      run(async () => (await import('../commands/resume.js')).resumeCommand, { ...options, id, prompt }),
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
  return { command, ...{ selector } };
}
