import type { Command as CommanderCommand } from '@commander-js/extra-typings';
import type { Command } from '../../src/cli/program/command.js';
import { buildProgram } from '../../src/cli/program/program.js';

/** One command that can be run, as the command tree declares it and as its module implements it. */
export interface DocumentedCommand {
  /** `config list` */
  readonly path: string;
  readonly declaration: AnyCommander;
  /** Absent for a command that prints no document of its own. */
  readonly module?: Command<never, unknown>;
  /** Lines to type, without a prompt. */
  readonly examples: readonly string[];
}

// biome-ignore lint/suspicious/noExplicitAny: the type parameters say which options were declared; here any will do.
export type AnyCommander = CommanderCommand<any, any, any>;

/** The program, with nothing behind it: for reading its declarations and for parsing a line without running it. */
export function inertProgram(print: (text: string) => void = () => undefined): AnyCommander {
  return buildProgram({ version: '0.0.0', print, width: () => 100, execute: async () => undefined });
}

/** Every command in the order of `--help`; a group such as `config` stands before its members. */
export async function documentedCommands(): Promise<DocumentedCommand[]> {
  const commands: DocumentedCommand[] = [];
  for (const { path, declaration } of pathsOf(inertProgram())) {
    const module = await moduleOf(path, declaration);
    commands.push({ path, declaration, examples: examplesOf(path), ...(module === undefined ? {} : { module }) });
  }
  return commands;
}

interface Placed {
  readonly path: string;
  readonly declaration: AnyCommander;
}

function pathsOf(parent: AnyCommander, prefix = ''): Placed[] {
  return parent.commands.flatMap((declaration) => {
    const path = `${prefix}${declaration.name()}`;
    return [{ path, declaration }, ...pathsOf(declaration, `${path} `)];
  });
}

/** The module behind a command: what the tree loads when the shortest valid line for it is parsed. */
async function moduleOf(path: string, declaration: AnyCommander): Promise<Command<never, unknown> | undefined> {
  if (declaration.commands.length > 0) return undefined;
  let loaded: Promise<Command<never, unknown>> | undefined;
  const program: AnyCommander = buildProgram({
    version: '0.0.0',
    print: () => undefined,
    width: () => 100,
    async execute(load) {
      // The tree knows each result type, a list of all of them cannot.
      loaded = load() as Promise<unknown> as Promise<Command<never, unknown>>;
    },
  });
  await program.parseAsync([...path.split(' '), ...shortestArguments(declaration)], { from: 'user' });
  return loaded;
}

function shortestArguments(declaration: AnyCommander): string[] {
  const positional = declaration.registeredArguments.filter(({ required }) => required);
  const mandatory = declaration.options.filter((option) => option.mandatory);
  return [
    ...positional.map(({ argChoices }) => argChoices?.[0] ?? '1'),
    ...mandatory.flatMap(({ long, argChoices }) => [long ?? '', argChoices?.[0] ?? '1']),
  ];
}

/** What help shows after the options, which commander keeps only as an event. */
function examplesOf(path: string): string[] {
  let help = '';
  const program = inertProgram((text) => {
    help += text;
  });
  const declaration = path
    .split(' ')
    .reduce<AnyCommander | undefined>((at, name) => at?.commands.find((each) => each.name() === name), program);
  declaration?.outputHelp();
  const [, examples = ''] = help.split('\nExamples:\n');
  return examples.split('\n').flatMap((line) => /^ {2}\$ (.+)$/.exec(line)?.[1] ?? []);
}
