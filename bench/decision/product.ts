import { decide } from '../../src/core/decision/decide.js';
import { oldRule } from './old-rule.js';
import { rivals } from './rivals.js';
import type { NamedRule } from './rule.js';

/** The product's own rule, as `best` asks it. */
export const product: NamedRule = {
  name: 'codex-auth',
  start: () => ({ choose: ({ facts, ...request }) => decide(facts, request).recommendation?.id }),
};

export const old: NamedRule = { name: 'old rule', start: oldRule };

export const allRules: readonly NamedRule[] = [product, old, ...rivals];
