import { groupNames, priceNames, type RuleResult } from './results.js';

/** Points of the bound by which the rule of today has to beat the old one, with free and with priced moves. */
const leastGain = 0.25;

/** Points of the bound within which two rules are level. */
const level = 0.1;

/** How many moves inside conversations are allowed today, as a share of the old rule's. */
const mostMoves = 0.8;

/** Where the product's own rule is not the best, in sentences; none when it is. */
export function shortcomings(own: RuleResult, old: RuleResult, rivals: readonly RuleResult[]): string[] {
  const gains = priceNames
    .map((price) => ({ price, gain: own.share(price) - old.share(price) }))
    .filter(({ gain }) => gain < leastGain)
    .map(({ price, gain }) => `${price}: ${gain.toFixed(2)} points above the old rule, not ${leastGain}`);
  const losses = [...groupNames, ...priceNames].flatMap((group) => {
    const [best] = [old, ...rivals].sort((a, b) => b.share(group) - a.share(group));
    const loss = best === undefined ? 0 : best.share(group) - own.share(group);
    return loss > level ? [`${group}: ${loss.toFixed(2)} points below ${best?.name}`] : [];
  });
  const share = own.moves() / old.moves();
  const moves =
    share > mostMoves
      ? [`moves inside conversations: ${percent(share)} of the old rule's, not ${percent(mostMoves)}`]
      : [];
  return [...gains, ...losses, ...moves];
}

const percent = (share: number) => `${Math.round(share * 100)} %`;
