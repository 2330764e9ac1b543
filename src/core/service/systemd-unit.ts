import { type ServiceFacts, serviceWords } from './service-facts.js';

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

/** As the program systemd takes a path of plain characters only, whatever its quoting; as an argument it takes any. */
function programWords(node: string): readonly string[] {
  return /^[\w@+./ -]+$/.test(node) ? [node] : ['/bin/sh', '-c', 'exec "$@"', 'sh', node];
}

/** Where a per cent begins a specifier. */
function literal(text: string): string {
  return text.replaceAll('%', '%%');
}

function quoted(text: string): string {
  return `"${literal(text).replace(/[\\"]/g, '\\$&')}"`;
}

/** In a command line a dollar begins a variable besides. */
function quotedWord(text: string): string {
  return quoted(text).replaceAll('$', '$$$$');
}
