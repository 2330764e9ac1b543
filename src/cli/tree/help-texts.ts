import { Option } from '@commander-js/extra-typings';

export const selectorHelp =
  'index, email, label, workspace or id, or an unambiguous part of one; - means the previous account';
export const csvHelp = 'print comma-separated values';
export const outHelp = 'write to this file instead of the terminal';
export const cachedHelp = 'make no requests; show what is stored';
export const modelHelp = 'apply the limits of this model';

export function liveOption() {
  return new Option('--live', 'read the quota of every account now, and refresh tokens that are due').conflicts(
    'cached',
  );
}

/** What `addHelpText` takes. */
export function examples(...lines: readonly string[]): ['after', string] {
  return ['after', `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`];
}
