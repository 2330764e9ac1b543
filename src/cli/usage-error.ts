import type { CommanderError } from '@commander-js/extra-typings';
import { AppError } from '../core/errors.js';

interface CommandTree {
  readonly commands: readonly { name(): string; aliases(): readonly string[] }[];
}

/** The command a command line is about, by its own name; undefined where it names none that exists. */
export function namedCommand(program: CommandTree, words: readonly string[]): string | undefined {
  for (const word of words.filter((each) => !each.startsWith('-'))) {
    const command = program.commands.find((each) => each.name() === word || each.aliases().includes(word));
    if (command !== undefined) return command.name();
  }
  return undefined;
}

/** Commands that people look for here and that do not exist on purpose (DESIGN §10). */
const absentCommands: Readonly<Record<string, { readonly message: string; readonly hint: string }>> = {
  logout: {
    message: 'there is no logout, because it would end the login for every copy of it',
    hint: 'codex-auth switch <account>, or codex-auth remove <account>',
  },
};

/** commander's message, without its prefix and with its "did you mean" as our hint. */
export function usageError(error: CommanderError, words: readonly string[], command: string | undefined): AppError {
  const help = command === undefined ? 'codex-auth --help' : `codex-auth ${command} --help`;
  if (error.code === 'commander.help')
    return nothingToHelpWith(words) ?? new AppError('usage', 'no command is given', { hint: help });
  if (error.code === 'commander.unknownCommand') {
    const absent = absentCommands[words.find((word) => !word.startsWith('-')) ?? ''];
    if (absent !== undefined) return new AppError('usage', absent.message, { hint: absent.hint });
  }
  const [message = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const suggestion = /\(Did you mean (?:one of )?(.+)\?\)/.exec(rest.join(' '))?.[1];
  return new AppError('usage', message.replace(/\.$/, ''), {
    hint: suggestion === undefined ? help : `did you mean ${suggestion.split(', ').join(' or ')}?`,
  });
}

/** `help` with a word that is no command. */
function nothingToHelpWith(words: readonly string[]): AppError | undefined {
  const [first, name] = words.filter((word) => !word.startsWith('-'));
  if (first !== 'help' || name === undefined) return undefined;
  return new AppError('usage', `unknown command '${name}'`, { hint: 'codex-auth --help' });
}
