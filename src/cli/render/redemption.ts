import { printable } from '../../core/printable.js';
import type { RedeemResult } from '../commands/redeem.js';
import { titleOf } from './account-table.js';
import type { Theme } from './theme.js';
import { renderUsage } from './usage.js';

export function renderRedemption(result: RedeemResult, theme: Theme): string {
  const { color, symbols } = theme;
  const { usage, failure } = result;
  const isGood = result.outcome === 'reset' || (result.outcome === 'already-redeemed' && result.repeated);
  const mark = isGood ? color.green(symbols.ok) : color.yellow(symbols.warning);
  const lines = [`${mark} ${sentenceOf(result)}`];
  if (failure?.hint !== undefined) lines.push(`  ${symbols.arrow} ${printable(failure.hint)}`);
  if (result.outcome === 'already-redeemed') {
    lines.push(`  ${symbols.arrow} to spend another: codex-auth redeem ${result.index}`);
  }
  const now = usage === undefined ? '' : `\n${renderUsage([usage], theme)}`;
  return `${lines.join('\n')}\n${now}`;
}

function sentenceOf(result: RedeemResult): string {
  const name = titleOf(result);
  switch (result.outcome) {
    case 'reset':
      return `A reset credit of ${name} is spent, and its windows are full`;
    case 'already-redeemed':
      return result.repeated
        ? `The earlier request of ${name} had spent its credit; none was spent now`
        : `That credit of ${name} had been spent before, elsewhere; none was spent now`;
    case 'nothing-to-reset':
      return `The provider finds nothing to reset for ${name}, and has spent no credit`;
    case 'no-credit':
      return `The provider has no such credit of ${name}, and has spent none`;
    case 'unknown':
    case 'failed':
      return printable(`${name}: ${result.failure?.message ?? 'nothing was spent'}`);
  }
}
