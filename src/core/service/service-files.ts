import { AppError } from '../errors.js';

/** What a service needs to know to start the guard of one root. */
export interface ServiceFacts {
  /** Tells the services of several roots apart. */
  readonly id: string;
  readonly root: string;
  readonly node: string;
  readonly script: string;
  /** What it takes from the environment in which it was installed. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The words after the program. */
const serviceWords = ['guard', '--service'] as const;

/** A unit of the person's own systemd, with `@mark@` in its first line. */
export function systemdUnit({ root, node, script, variables }: ServiceFacts): string {
  const words = [...programWords(node), script, ...serviceWords].map(quotedWord).join(' ');
  const environment = Object.entries(variables).map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`);
  return `${[
    '# @mark@',
    '# Taken away again by: codex-auth guard --uninstall',
    '',
    '[Unit]',
    `Description=Keeps the logins in ${literal(root)} alive`,
    // A root that has moved must not come into being again, empty, under its old name.
    `ConditionPathIsDirectory=${literal(root)}`,
    '# It is started again however often its program is being updated.',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=simple',
    `ExecStart=${words}`,
    ...environment,
    'WorkingDirectory=/',
    'UMask=0077',
    'Restart=always',
    'RestartSec=30',
    '# It ends by a signal, and finishes the request it is at.',
    'SuccessExitStatus=130',
    'TimeoutStopSec=30',
    'KillMode=mixed',
    'NoNewPrivileges=yes',
    '',
    '[Install]',
    'WantedBy=default.target',
  ].join('\n')}\n`;
}

/**
 * The words that start a program: systemd takes only plain characters in its path, whatever the quoting, and any in an
 * argument.
 */
function programWords(node: string): readonly string[] {
  return /^[\w@+./ -]+$/.test(node) ? [node] : ['/bin/sh', '-c', 'exec "$@"', 'sh', node];
}

/** A text in a place where a per cent sign begins a specifier. */
function literal(text: string): string {
  return text.replaceAll('%', '%%');
}

function quoted(text: string): string {
  return `"${literal(text).replace(/[\\"]/g, '\\$&')}"`;
}

/** A word of a command line, where a dollar sign begins a variable besides. */
function quotedWord(text: string): string {
  return quoted(text).replaceAll('$', '$$$$');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** A text as the content of an element, or of an attribute. */
function xmlText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

export function launchdLabel(id: string): string {
  return `codex-auth.guard.${id}`;
}

/** A launch agent of the person's own, with `@mark@` in a comment. */
export function launchdAgent({ id, node, script, variables }: ServiceFacts): string {
  const words = [node, script, ...serviceWords].map((word) => `    ${string(word)}`);
  const environment = Object.entries(variables).flatMap(([name, value]) => [
    `    <key>${xmlText(name)}</key>`,
    `    ${string(value)}`,
  ]);
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!-- @mark@ -->',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    '<dict>',
    '  <key>Label</key>',
    `  ${string(launchdLabel(id))}`,
    '  <key>ProgramArguments</key>',
    '  <array>',
    ...words,
    '  </array>',
    '  <key>EnvironmentVariables</key>',
    '  <dict>',
    ...environment,
    '  </dict>',
    '  <key>WorkingDirectory</key>',
    '  <string>/</string>',
    '  <key>RunAtLoad</key>',
    '  <true/>',
    '  <key>KeepAlive</key>',
    '  <true/>',
    '  <key>ThrottleInterval</key>',
    '  <integer>30</integer>',
    '  <key>ExitTimeOut</key>',
    '  <integer>30</integer>',
    '  <key>ProcessType</key>',
    '  <string>Background</string>',
    '  <key>Umask</key>',
    '  <integer>63</integer>',
    '</dict>',
    '</plist>',
  ].join('\n')}\n`;
}

function string(text: string): string {
  return `<string>${xmlText(text)}</string>`;
}

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

/** Throws for characters that the command processor has no way to quote. */
function assertPlain(text: string): void {
  if (!/["%]/.test(text)) return;
  throw new AppError('usage', `${text} cannot be part of a scheduled task, because of a character in it`, {
    hint: 'unset it, or run codex-auth guard yourself',
  });
}
