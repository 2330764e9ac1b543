import type { Theme } from './theme.js';

/** Lines of `label  value`; a fact without a value is left out. */
export function renderFacts(facts: readonly (readonly [string, string | number | undefined])[], theme: Theme): string {
  const known = facts.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(0, ...known.map(([label]) => label.length));
  return known.map(([label, value]) => `${theme.color.dim(label.padEnd(width))}  ${value}\n`).join('');
}
