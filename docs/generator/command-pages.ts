import { type AnyCommander, type DocumentedCommand, inertProgram } from './command-tree.js';
import { schemaFile } from './json-schemas.js';
import { code, fence, optionExtras, page, sentence, table } from './markdown.js';

/** `commands/<name>.md` for each command, and the page that lists them. */
export function commandPages(commands: readonly DocumentedCommand[]): [string, string][] {
  const pages = commands.map((command): [string, string] => [`commands/${fileName(command)}`, commandPage(command)]);
  return [['commands/README.md', overview(commands)], ...pages];
}

function fileName({ path }: DocumentedCommand): string {
  return `${path.replaceAll(' ', '-')}.md`;
}

function overview(commands: readonly DocumentedCommand[]): string {
  return page(
    '# Commands',
    table(
      ['command', 'what it does'],
      commands.map((command) => [
        `[${code(command.path)}](${fileName(command)})`,
        sentence(command.declaration.summary()),
      ]),
    ),
    '## Options of every command',
    'They are accepted before and after the name of the command.',
    optionTable(inertProgram()),
    'See also the [exit codes](../exit-codes.md), the [settings](../settings.md), the [environment](../environment.md) and the [JSON documents](../json/README.md).',
  );
}

function commandPage(command: DocumentedCommand): string {
  const { path, declaration, examples } = command;
  const usage = `codex-auth ${path} ${declaration.usage()}`.trim();
  const aliases = declaration.aliases().map(code);
  return page(
    `# codex-auth ${path}`,
    sentence(declaration.description() || declaration.summary()),
    fence('text', [usage]),
    aliases.length === 0 ? undefined : `Also called ${aliases.join(', ')}.`,
    membersOf(command),
    argumentList(declaration),
    declaration.options.length === 0 ? undefined : `## Options\n\n${optionTable(declaration)}`,
    'The [options of every command](README.md#options-of-every-command) apply as well.',
    examples.length === 0 ? undefined : `## Examples\n\n${fence('sh', examples)}`,
    outcome(command),
  );
}

function membersOf({ path, declaration }: DocumentedCommand): string | undefined {
  if (declaration.commands.length === 0) return undefined;
  const rows = declaration.commands.map((member) => {
    const name = `${path} ${member.name()}`;
    return [`[${code(name)}](${name.replaceAll(' ', '-')}.md)`, sentence(member.summary())];
  });
  return table(['command', 'what it does'], rows);
}

function argumentList({ registeredArguments }: AnyCommander): string | undefined {
  if (registeredArguments.length === 0) return undefined;
  const rows = registeredArguments.map((argument) => [
    code(argument.name() + (argument.variadic ? '…' : '')),
    sentence(argument.description),
    argument.required ? 'yes' : 'no',
  ]);
  return `## Arguments\n\n${table(['argument', 'what it is', 'required'], rows)}`;
}

function optionTable({ options }: AnyCommander): string {
  const shown = options.filter(({ hidden }) => !hidden);
  const rows = shown.map((option) => [code(option.flags), sentence(option.description) + optionExtras(option)]);
  return table(['option', 'what it does'], rows);
}

function outcome({ module }: DocumentedCommand): string | undefined {
  if (module === undefined) return undefined;
  const { passesOn, exitCode, failureExitCode } = module;
  const attention =
    passesOn !== undefined
      ? 'Ends with the exit code of what it has run'
      : exitCode === undefined
        ? 'Ends with 0 when it is done'
        : 'Ends with 0 when all is well, and with another code when its answer says that something needs attention';
  const table = '[exit codes](../exit-codes.md)';
  const failures =
    failureExitCode === undefined
      ? `failures have the ${table} of every command`
      : `of the ${table} failures have 2 and 130 only, and 1 in the place of all others`;
  const document = `the document [${code(`codex-auth.${module.name}/1`)}](../json/${schemaFile(module.name)})`;
  const printing =
    passesOn === undefined
      ? `it prints ${document}.`
      : `it prints ${document} where nothing was run: after a failure, and with ${code('--dry-run')}.`;
  return ['## Outcome', `${attention}; ${failures}. With ${code('--json')} ${printing}`].join('\n\n');
}
