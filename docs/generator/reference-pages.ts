import { exitCodeByError, exitCodes } from '../../src/cli/program/exit-codes.js';
import { environmentVariables } from '../../src/core/environment.js';
import { settingDefinitions } from '../../src/core/setting-definitions.js';
import { rangeOf, settingNames, settingText, settingVariable } from '../../src/core/settings.js';
import { environmentDescriptions } from './environment-descriptions.js';
import { code, page, table } from './markdown.js';

export function referencePages(): [string, string][] {
  return [
    ['settings.md', settingsPage()],
    ['exit-codes.md', exitCodesPage()],
    ['environment.md', environmentPage()],
  ];
}

function settingsPage(): string {
  const rows = settingNames.map((name) => {
    const definition = settingDefinitions[name];
    return [
      code(name),
      code(settingText(name, definition.default)),
      rangeOf(name),
      definition.description,
      code(settingVariable(name)),
    ];
  });
  return page(
    '# Settings',
    `Each setting comes from its variable in the environment, else from ${code('pluginConfig')} in ${code('settings.json')} beside the accounts, else it has its default. ${code('--config <file>')} names another file. A length of time may be written as ${code('90s')}, ${code('5m')}, ${code('2h')} or ${code('3d')}, or as a number of the unit that its name ends with. A value that is out of range stops the command, so that nothing runs under a setting nobody chose.`,
    table(['setting', 'default', 'values', 'what it does', 'environment'], rows),
  );
}

function exitCodesPage(): string {
  const codes = Object.values(exitCodes);
  const errors = Object.entries(exitCodeByError);
  const rows = codes.map(({ code: number, meaning }) => {
    const names = errors.filter(([, exitCode]) => exitCode === number).map(([name]) => code(name));
    return [String(number), meaning, names.join(', ')];
  });
  return page(
    '# Exit codes',
    'Every command ends with one of these, and with the same one whether it prints text or JSON.',
    table(['code', 'meaning', '`error.code` in JSON'], rows),
  );
}

function environmentPage(): string {
  const known = Object.entries(environmentVariables) as [keyof typeof environmentVariables, string][];
  const rows = known.map(([name, variable]) => [code(variable), environmentDescriptions[name]]);
  return page(
    '# Environment',
    'The variables that change what this program does. An empty value counts as unset.',
    table(['variable', 'what it does'], rows),
    `Besides these: every [setting](settings.md) has a variable of its own; ${['https_proxy', 'http_proxy', 'all_proxy', 'no_proxy'].map(code).join(', ')}, in either case, choose a proxy as they do for curl, before the setting of macOS or Windows; and the locale decides whether symbols outside of ASCII are used.`,
  );
}
