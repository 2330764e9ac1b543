import { expect } from 'vitest';
import { unprintable } from '../../src/core/printable.js';

const introducer = '\u001b';

/** Sequences that recolour, write to the clipboard, erase, reorder, and a line that looks like one of ours. */
const parts = ['[31mred', ']52;c;ZXZpbA==\u0007', '[2J', ']8;;http://evil.example\u001b\\link', 'c'];
const others = '\u009b2J\u009d0;title\u009c\u0090q\u202eright\u2066\u2069\u200f\u061c\u2028\u2029\u007f\u0000\u0008';
const forged = 'FORGED';

/**
 * A text that does everything a text could do to a terminal, a table, a spreadsheet and a shell. As a file's name it has no
 * slash and no NUL; in TOML its control characters are escaped.
 */
export function hostile(name: string, { asName = false, asToml = false } = {}): string {
  const escapes = parts.map((part) => `${introducer}${part}`).join('');
  const text = `=${name}${escapes}${others}\r\n${forged} ${name}\t$(touch forged)'\u2019;"`;
  if (asName) return ['/', '"', '\u0000'].reduce((rest, each) => rest.replaceAll(each, ''), text);
  if (asToml) return JSON.stringify(text).slice(1, -1).replace(unprintable, escaped);
  return text;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** What a theme and a line of progress are made of. */
const own = new RegExp(`${introducer}\\[(?:[127]|22|27|3[1-69])m|\\r${introducer}\\[K`, 'g');

/**
 * Expects that nothing in a text comes from a hostile text: no control sequence, no style, and, unless it is quoted
 * code, no line.
 */
export function expectHarmless(text: string, what: string, { styled = false, isCode = false } = {}): void {
  // A theme never puts a style before this word.
  const leaked = text.includes(`${introducer}[31mred`) ? ['a style'] : [];
  const rest = (styled ? text.replace(own, '') : text).replaceAll('\n', '');
  const lines = text.split('\n').filter((line) => !isCode && line.trimStart().startsWith(forged));
  const found = [...leaked, ...(rest.match(unprintable) ?? []).map(escaped), ...lines];
  expect({ what, found }).toEqual({ what, found: [] });
}
