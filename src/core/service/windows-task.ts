import { AppError } from '../errors.js';
import { type ServiceFacts, serviceWords } from './service-facts.js';
import { xmlText } from './xml-text.js';

export function windowsTaskName(id: string): string {
  return `codex-auth guard ${id}`;
}

/** A task of the scheduler that begins with the person's session, with `@mark@` in a comment. */
export function windowsTask(facts: ServiceFacts): string {
  const { command, words } = actionOf(facts);
  const xml = `${[
    // Without an encoding: the scheduler turns the file into UTF-16 before it reads it.
    '<?xml version="1.0"?>',
    '<!-- @mark@ -->',
    '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">',
    '  <RegistrationInfo>',
    `    <Description>${xmlText(`Keeps the logins in ${facts.root} alive`)}</Description>`,
    '  </RegistrationInfo>',
    '  <Triggers>',
    '    <LogonTrigger>',
    '      <Enabled>true</Enabled>',
    '    </LogonTrigger>',
    '  </Triggers>',
    '  <Principals>',
    '    <Principal id="Author">',
    '      <LogonType>InteractiveToken</LogonType>',
    '      <RunLevel>LeastPrivilege</RunLevel>',
    '    </Principal>',
    '  </Principals>',
    '  <Settings>',
    '    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>',
    '    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>',
    '    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>',
    '    <StartWhenAvailable>true</StartWhenAvailable>',
    '    <Hidden>true</Hidden>',
    '    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>',
    '    <RestartOnFailure>',
    '      <Interval>PT1M</Interval>',
    '      <Count>999</Count>',
    '    </RestartOnFailure>',
    '  </Settings>',
    '  <Actions Context="Author">',
    '    <Exec>',
    `      <Command>${xmlText(command)}</Command>`,
    `      <Arguments>${xmlText(words)}</Arguments>`,
    '    </Exec>',
    '  </Actions>',
    '</Task>',
  ].join('\r\n')}\r\n`;
  return xml.replace(/\P{ASCII}/gu, (character) => `&#${character.codePointAt(0)};`);
}

/** A task has no environment of its own: where it needs one, the command processor sets it. */
function actionOf({ node, script, variables }: ServiceFacts): { readonly command: string; readonly words: string } {
  for (const text of [node, script, ...Object.values(variables)]) assertPlain(text);
  const line = [`"${script}"`, ...serviceWords].join(' ');
  const settings = Object.entries(variables).map(([name, value]) => `set "${name}=${value}" && `);
  if (settings.length === 0) return { command: node, words: line };
  return { command: 'cmd.exe', words: `/d /s /c "${settings.join('')}"${node}" ${line}"` };
}

/** The command processor has no way to quote these. */
function assertPlain(text: string): void {
  if (!/["%]/.test(text)) return;
  throw new AppError('usage', `${text} cannot be part of a scheduled task, because of a character in it`, {
    hint: 'unset it, or run codex-auth guard yourself',
  });
}
