import type { Key as InkKey } from 'ink';
import type { View } from './model.js';

/** A key as the dashboard knows it: the name of one without a letter, or the letter itself. */
export type Key = string;

interface Declared {
  readonly intent: string;
  readonly keys: readonly Key[];
  /** How the keys are written for a person; absent for those that need no words. */
  readonly label?: string;
  /** For the line at the bottom; absent where only the help names it. */
  readonly short?: string;
  readonly help?: string;
  /** The views in which the keys mean something; absent: all. */
  readonly views?: readonly View[];
}

const ofAccounts = ['list', 'details'] as const;

/** Every key there is, in the order of the help page. The one place that gives a key its meaning. */
const declared = [
  { intent: 'up', keys: ['up', 'k'], label: 'up, k', help: 'move up' },
  { intent: 'down', keys: ['down', 'j'], label: 'down, j', help: 'move down' },
  { intent: 'page-up', keys: ['pageup', 'ctrl-b'] },
  { intent: 'page-down', keys: ['pagedown', 'ctrl-f', 'space'] },
  { intent: 'first', keys: ['home', 'g'], label: 'g, G', help: 'to the first, to the last' },
  { intent: 'last', keys: ['end', 'G'] },
  {
    intent: 'use',
    keys: ['enter', 's'],
    label: 'Enter',
    short: 'use',
    help: 'make it the active account',
    views: ofAccounts,
  },
  {
    intent: 'open',
    keys: ['i', 'l', 'right'],
    label: 'i',
    short: 'details',
    help: 'everything about the account',
    views: ['list'],
  },
  {
    intent: 'select-by-number',
    keys: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    label: '1-9',
    help: 'select the account of this number, of several digits too',
    views: ['list'],
  },
  {
    intent: 'refresh',
    keys: ['r'],
    label: 'r',
    short: 'refresh',
    help: 'refresh what is due and read its quota, or sign in again',
    views: ofAccounts,
  },
  {
    intent: 'read-all',
    keys: ['R'],
    label: 'R',
    help: 'read the quota of every account now, and refresh what is due',
    views: ofAccounts,
  },
  { intent: 'label', keys: ['n'], label: 'n', help: 'give it a name, its label', views: ofAccounts },
  {
    intent: 'move',
    keys: ['m'],
    label: 'm',
    help: 'move it to the global accounts, or to this project',
    views: ofAccounts,
  },
  { intent: 'undo', keys: ['u'], label: 'u', help: 'take back what was done last', views: ofAccounts },
  { intent: 'toggle', keys: ['e'], label: 'e', short: 'enable', help: 'enable or disable it', views: ofAccounts },
  { intent: 'remove', keys: ['d'], label: 'd', short: 'delete', help: 'remove it, or set it aside', views: ofAccounts },
  { intent: 'add', keys: ['a'], label: 'a', short: 'add', help: 'sign in to another account', views: ofAccounts },
  { intent: 'check', keys: ['c'], label: 'c', short: 'check', help: 'check every account', views: ofAccounts },
  {
    intent: 'flagged',
    keys: ['f'],
    label: 'f',
    short: 'flagged',
    help: 'the accounts that are set aside',
    views: ['list'],
  },
  {
    intent: 'search',
    keys: ['/'],
    label: '/',
    short: 'search',
    help: 'show only what contains a text',
    views: ['list'],
  },
  {
    intent: 'verify',
    keys: ['v'],
    label: 'v',
    short: 'verify',
    help: 'try the flagged accounts, and leave them where they are',
    views: ['flagged'],
  },
  {
    intent: 'restore',
    keys: ['r'],
    label: 'r',
    short: 'restore',
    help: 'try the flagged accounts, and take back those that work',
    views: ['flagged'],
  },
  {
    intent: 'open',
    keys: ['enter', 'a'],
    label: 'Enter',
    short: 'sign in again',
    help: 'sign in again to the flagged account, which restores it',
    views: ['flagged'],
  },
  {
    intent: 'use',
    keys: ['s'],
    label: 's',
    short: 'use',
    help: 'use the flagged account while its access token lives',
    views: ['flagged'],
  },
  { intent: 'help', keys: ['?'], label: '?', short: 'help', help: 'this page', views: ['list', 'details', 'flagged'] },
  { intent: 'back', keys: ['q', 'escape'], label: 'q', short: 'quit', help: 'back, and at last out', views: ['list'] },
  { intent: 'back', keys: ['q', 'escape', 'left', 'h'], label: 'q', short: 'back', views: ['details', 'flagged'] },
  {
    intent: 'back',
    keys: ['q', 'escape', 'left', 'h', 'enter', '?'],
    label: 'q',
    short: 'back',
    views: ['help', 'output'],
  },
  { intent: 'suspend', keys: ['ctrl-z'], label: 'Ctrl-Z', help: 'to the shell, until fg' },
  { intent: 'interrupt', keys: ['ctrl-c'] },
] as const satisfies readonly Declared[];

export type Intent = (typeof declared)[number]['intent'];

export interface Binding extends Declared {
  readonly intent: Intent;
}

export const bindings: readonly Binding[] = declared;

export function bindingsOf(view: View): readonly Binding[] {
  return bindings.filter(({ views }) => views === undefined || views.includes(view));
}

export function intentOf(view: View, key: Key): Intent | undefined {
  return bindingsOf(view).find(({ keys }) => keys.includes(key))?.intent;
}

const named = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  // What most terminals send for backspace, and Ink takes for delete.
  ['delete', 'backspace'],
] as const satisfies readonly (readonly [keyof InkKey, Key])[];

/** What Ink heard as our keys. Letters that were typed quickly, or pasted, come at once. */
export function typedKeys(input: string, key: InkKey): Key[] {
  const name = named.find(([member]) => key[member])?.[1];
  if (name !== undefined) return [name];
  if (key.ctrl) return [`ctrl-${input}`];
  // Alt, or an escape sequence that Ink does not know.
  if (key.meta) return [];
  return [...input].map(keyOf);
}

function keyOf(character: string): Key {
  if (character === '\r' || character === '\n') return 'enter';
  if (character === '\t') return 'tab';
  if (character === '\u007f' || character === '\b') return 'backspace';
  if (character === ' ') return 'space';
  const code = character.charCodeAt(0);
  return code < 0x20 ? `ctrl-${String.fromCharCode(code + 0x60)}` : character;
}
