import type { Theme } from './theme.js';

/** Lines of `label  value`; a fact without a value is left out. */
export function renderFacts(facts: readonly (readonly [string, string | number | undefined])[], theme: Theme): string {
  const known = facts.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(0, ...known.map(([label]) => label.length));
  return known.map(([label, value]) => `${theme.color.dim(label.padEnd(width))}  ${value}\n`).join('');
}

/** A message as it begins a line of its own: messages begin with a small letter, because they follow `error:`. */
export function capitalized(message: string): string {
  return message.charAt(0).toUpperCase() + message.slice(1);
}
