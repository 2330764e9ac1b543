/** How many checks and tests there were, and what has to be said about the others. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Lines for the person: what failed, or why nothing ran. */
  readonly failures: readonly string[];
  readonly skips: readonly string[];
}

export const nothing: Tally = { passed: 0, failed: 0, skipped: 0, failures: [], skips: [] };

export function total(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (sum, each) => ({
      passed: sum.passed + each.passed,
      failed: sum.failed + each.failed,
      skipped: sum.skipped + each.skipped,
      failures: [...sum.failures, ...each.failures],
      skips: [...sum.skips, ...each.skips],
    }),
    nothing,
  );
}

export function isGood({ passed, failed }: Tally): boolean {
  return failed === 0 && passed > 0;
}

/** Everything that did not pass by name, and the counts alone on the last line. */
export function formatSummary({ passed, failed, skipped, failures, skips }: Tally): string {
  const lines = ['', ...skips.map((skip) => `skipped: ${skip}`), ...failures.map((failure) => `FAILED: ${failure}`)];
  if (skipped > 0) lines.push(`${skipped} skipped, listed above`);
  return `${[...lines, `${passed} passed, ${failed} failed`].join('\n')}\n`;
}
