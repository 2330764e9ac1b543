import type { Context } from './context.js';
import { type DecisionWishes, decideKnown } from './decide-known.js';
import type { ProbingOptions, ShownProbes } from './quota-probing.js';
import type { DecidedRoster } from './roster-view.js';
import { openRoster, openShownRoster, requireAccounts } from './selection.js';

export interface ShownDecision {
  readonly probed: ShownProbes;
  readonly decision: DecidedRoster;
}

/**
 * The accounts of the scope and the decision about them: with `cached` by what is known, which needs no token and loads
 * nothing that could ask. Throws `empty-pool`, and `usage` for a model that nobody knows.
 */
export async function readAndDecide(
  context: Context,
  options: ProbingOptions,
  wishes: DecisionWishes,
): Promise<ShownDecision> {
  const scope = context.readingScope();
  if (options.cached === true) {
    const roster = openShownRoster(context, scope);
    requireAccounts(roster);
    const probed: ShownProbes = { roster, probes: new Map(), sourceOf: () => 'cache', failureOf: () => undefined };
    return { probed, decision: decideKnown(context, roster, wishes) };
  }
  const roster = openRoster(context, scope);
  requireAccounts(roster);
  const { probeAndDecide } = await import('./probe-and-decide.js');
  return probeAndDecide(context, roster, options, wishes);
}
