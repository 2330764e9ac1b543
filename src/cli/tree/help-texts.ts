import { Option } from '@commander-js/extra-typings';

export const selectorHelp = 'index, email, label, id or an unambiguous part of one; - is the previous account';
export const csvHelp = 'print comma-separated values';
export const outHelp = 'write to this file instead of the terminal';
export const cachedHelp = 'ask nobody, show what is known';
export const modelHelp = 'count the limits that bind this model';

export function liveOption() {
  return new Option('--live', 'ask about every account now, and refresh the tokens that are due').conflicts('cached');
}

export function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}
