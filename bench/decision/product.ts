import { decide } from '../../src/core/decision/decide.js';
import { settingDefinitions } from '../../src/core/setting-definitions.js';
import { oldRule } from './old-rule.js';
import { rivals } from './rivals.js';
import type { NamedRule, Rule } from './rule.js';

const switchMarginPercent = settingDefinitions.switchMarginPercent.default;
const dwellMs = settingDefinitions.dwellMs.default;

/** The product's own rule with its settings as they come, as `best --switch` asks it. */
function productRule(): Rule {
  let dwellUntil: number | undefined;
  return {
    choose({ facts, ...request }) {
      const id = decide(facts, { ...request, switchMarginPercent, dwellUntil }).recommendation?.id;
      const isSwitch = id !== undefined && facts.some((account) => account.id === id && !account.active);
      if (isSwitch) dwellUntil = request.now + dwellMs;
      return id;
    },
  };
}

export const product: NamedRule = { name: 'codex-auth', start: productRule };

export const old: NamedRule = { name: 'old rule', start: oldRule };

export const allRules: readonly NamedRule[] = [product, old, ...rivals];
