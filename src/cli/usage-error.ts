import type { CommanderError } from '@commander-js/extra-typings';
import { AppError } from '../core/errors.js';

interface CommandTree {
  readonly commands: readonly (CommandTree & { name(): string; aliases(): readonly string[] })[];
}

/** The command a command line is about, by its own name; undefined where it names none that exists. */
export function namedCommand(program: CommandTree, words: readonly string[]): string | undefined {
  return commandPath(program, words)[0];
}

/** The same with the member of a group, such as `config set`. */
function commandPath(tree: CommandTree, words: readonly string[]): string[] {
  for (const [position, word] of words.entries()) {
    const command = tree.commands.find((each) => each.name() === word || each.aliases().includes(word));
    if (command !== undefined) return [command.name(), ...commandPath(command, words.slice(position + 1))];
  }
  return [];
}

/** Commands that people look for here and that do not exist on purpose (DESIGN §10). */
const absentCommands: Readonly<Record<string, { readonly message: string; readonly hint: string }>> = {
  logout: {
    message: 'there is no logout, because it would end the login for every copy of it',
    hint: 'codex-auth switch <account>, or codex-auth remove <account>',
  },
};

/** commander's message, without its prefix and with its "did you mean" as our hint. */
export function usageError(error: CommanderError, words: readonly string[], program: CommandTree): AppError {
  // What follows an unknown command says nothing about it.
  const unknown = /^error: unknown command '(.*)'/.exec(error.message)?.[1];
  const known = unknown === undefined ? words : words.slice(0, words.indexOf(unknown));
  const help = ['codex-auth', ...commandPath(program, known), '--help'].join(' ');
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
