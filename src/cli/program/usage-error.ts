import { Command, CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { AppError } from '../../core/errors.js';

/** The command a command line is about, by its own name; undefined where it names none that exists. */
export function namedCommand(program: CommandUnknownOpts, words: readonly string[]): string | undefined {
  return commandPath(program, words)[0];
}

/** The same, with the member of a group behind it, such as `config set`. */
function commandPath(tree: CommandUnknownOpts, words: readonly string[]): string[] {
  for (const [position, word] of words.entries()) {
    const command = tree.commands.find((each) => each.name() === word || each.aliases().includes(word));
    if (command !== undefined) return [command.name(), ...commandPath(command, words.slice(position + 1))];
  }
  return [];
}

/** Commands that people look for here and that do not exist on purpose. */
const absentCommands: Readonly<Record<string, { readonly message: string; readonly hint: string }>> = {
  logout: {
    message: 'there is no logout, because it would end the login for every copy of it',
    hint: 'codex-auth switch <account>, or codex-auth remove <account>',
  },
};

/** commander's message, without its prefix and with its "did you mean" as our hint. */
export function usageError(error: CommanderError, words: readonly string[], program: CommandUnknownOpts): AppError {
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
  if (error.code === 'commander.excessArguments') return tooManyArguments(error, words, program, help);
  const [message = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const ofArgument = /^command-argument value '(.*)' is invalid for argument '(.*)'. Allowed choices are (.*)\.$/;
  const said = message.replace(ofArgument, "the $2 is one of $3, not '$1'").replace(/\.$/, '');
  return new AppError('usage', said, { hint: suggestionIn(rest.join(' ')) ?? help });
}

function suggestionIn(text: string): string | undefined {
  const suggestion = /\(Did you mean (?:one of )?(.+)\?\)/.exec(text)?.[1];
  return suggestion && `did you mean ${suggestion.split(', ').join(' or ')}?`;
}

/** A group whose members are not named runs its first command, which gets the unknown word as an argument. */
function tooManyArguments(
  error: CommanderError,
  words: readonly string[],
  program: CommandUnknownOpts,
  help: string,
): AppError {
  const path = commandPath(program, words);
  const group = program.commands.find((each) => each.name() === path[0] && each.commands.length > 0);
  const word = group?.args[0];
  if (group !== undefined && word !== undefined && path.length === 1) {
    const hint = suggestionIn(unknownMember(group, word)) ?? help;
    return new AppError('usage', `${group.name()} has no command '${word}'`, { hint });
  }
  const [, most, given] = /Expected (\d+) arguments? but got (\d+)/.exec(error.message) ?? [];
  const taken = most === '0' ? 'no arguments' : `${most} argument${most === '1' ? '' : 's'} at most`;
  return new AppError('usage', `${path.join(' ')} takes ${taken}, but got ${given}`, { hint: help });
}

/** What commander says about a word that names no command of a group, with its suggestion. */
function unknownMember(group: CommandUnknownOpts, word: string): string {
  const strict = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  for (const member of group.commands) strict.command(member.name());
  try {
    strict.parse([word], { from: 'user' });
    return '';
  } catch (error) {
    if (error instanceof CommanderError) return error.message;
    throw error;
  }
}

/** `help` with a word that is no command. */
function nothingToHelpWith(words: readonly string[]): AppError | undefined {
  const [first, name] = words.filter((word) => !word.startsWith('-'));
  if (first !== 'help' || name === undefined) return undefined;
  return new AppError('usage', `there is no command and no topic '${name}'`, {
    hint: 'codex-auth --help, or codex-auth help topics',
  });
}
