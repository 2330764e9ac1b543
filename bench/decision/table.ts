import { groupNames, priceNames, type RuleResult } from './results.js';

/** One row for each group, one column for each rule, as Markdown. */
export function tableOf(results: readonly RuleResult[]): string {
  const shares = ['all', ...priceNames, ...groupNames].map((group) => [
    group,
    ...results.map((result) => result.share(group).toFixed(2)),
  ]);
  const counts = [
    ['moves inside conversations', ...results.map((result) => result.moves().toFixed(1))],
    ['failed tries', ...results.map((result) => result.failedTries().toFixed(1))],
  ];
  const head = ['', ...results.map(({ name }) => name)];
  const line = ['---', ...results.map(() => '---:')];
  return [head, line, ...shares, ...counts].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}
