import type { Key as InkKey } from 'ink';
import type { Key } from './keys.js';

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
  // Alt, or an escape sequence that nobody knows.
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
