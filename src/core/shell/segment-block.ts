import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { quotedForFish, quotedForPosix } from './path-block.js';
import type { ShellName, ShellPlaces } from './shell-files.js';
import type { ShimTarget } from './shim.js';

/** Where `setup --segment` can show the account in use. */
export const segmentPlaces = ['bash', 'zsh', 'fish', 'tmux', 'starship'] as const;
export type SegmentPlace = (typeof segmentPlaces)[number];

/** The programs of these that have a file of their own, beside the files of shells. */
export const segmentPrograms = ['tmux', 'starship'] as const;
export type SegmentProgram = (typeof segmentPrograms)[number];

/** Marks our lines in a block that has others too. */
const mark = 'codex_auth_segment';

/** The lines for a shell whose prompt this program is to be in; none for one that has no such lines. */
export function segmentLines(shell: ShellName, target: ShimTarget): string[] {
  const command = commandFor(shell, target);
  switch (shell) {
    case 'bash':
      return [
        `${mark}() { ${command} 2>/dev/null; }`,
        `case "\${PS1-}" in '' | *${mark}*) ;; *) PS1='$(${mark}) '"$PS1" ;; esac`,
      ];
    case 'zsh':
      return [
        `${mark}() { ${command} 2>/dev/null; }`,
        'setopt prompt_subst',
        `case "\${RPROMPT-}" in *${mark}*) ;; *) RPROMPT='$(${mark})'"\${RPROMPT:+ $RPROMPT}" ;; esac`,
      ];
    case 'fish':
      return [
        `function ${mark}; ${command} 2>/dev/null; end`,
        `functions -q fish_right_prompt; or function fish_right_prompt; ${mark}; end`,
      ];
    case 'powershell':
      return [];
  }
}

/** The lines for the file of a program; a comment begins with `#` there as well. */
export function segmentProgramLines(program: SegmentProgram, target: ShimTarget): string[] {
  const command = commandFor(program, target);
  if (program === 'tmux') return [`set -ga status-right " #(${inTmux(command)})"`];
  return [`[custom.${mark}]`, `command = ${JSON.stringify(command)}`, 'when = true', 'shell = ["sh"]'];
}

/** Whether the lines of a block show it already, so that another setup leaves them. */
export function showsSegment(lines: readonly string[] | undefined): boolean {
  return lines?.some((line) => line.includes(mark) || line.includes(' segment --format ')) === true;
}

/** Every file in which the lines of a program could be; the first that is there, or the last, is where they go. */
export function segmentFiles(program: SegmentProgram, { home, environment }: ShellPlaces): string[] {
  const configHome = environment['XDG_CONFIG_HOME'] || join(home, '.config');
  if (program === 'starship') return [environment['STARSHIP_CONFIG'] || join(configHome, 'starship.toml')];
  return [join(configHome, 'tmux', 'tmux.conf'), join(home, '.tmux.conf')];
}

export function segmentFileToWrite(program: SegmentProgram, places: ShellPlaces): string {
  const candidates = segmentFiles(program, places);
  return candidates.find((path) => existsSync(path)) ?? candidates.at(-1) ?? '';
}

/** The command with both paths in full: a prompt must not depend on what is on PATH. */
function commandFor(format: string, { node, script }: ShimTarget): string {
  const quoted = format === 'fish' ? quotedForFish : quotedForPosix;
  return `${quoted(node)} ${quoted(script)} segment --format ${format}`;
}

/** The command between double quotes in a format of tmux, where `%` and `#` begin the time and other formats. */
function inTmux(command: string): string {
  return command
    .replace(/[\\"$]/g, '\\$&')
    .replaceAll('#', '##')
    .replaceAll('%', '%%');
}
