import type { Account } from '../core/accounts/account.js';
import { isSilence } from '../core/asking/usage-endpoint.js';
import { definedOnly } from '../core/defined-only.js';
import { readHealth } from '../core/health/state.js';
import type { Roster } from '../core/logins/roster.js';
import type { Context } from './context.js';
import { type DecisionWishes, decideKnown } from './decide-known.js';
import { type ProbedRoster, type ProbingOptions, probeRoster } from './quota-probing.js';
import { withResetCreditDetails } from './reset-credit-details.js';
import type { DecidedRoster } from './roster-view.js';

export type ProbingWishes = DecisionWishes & {
  /** Of the roster with what has been learnt. */
  readonly sessionAccountOf?: (roster: Roster) => string | undefined;
};

export interface ProbedDecision {
  readonly probed: ProbedRoster;
  readonly decision: DecidedRoster<Account>;
}

/**
 * Asks what has to be asked, and decides. Where what was known would end in "nobody", the others are asked too, because
 * that is free, and when the reset credits expire that could help. Throws `usage` for a model that nobody knows.
 */
export async function probeAndDecide(
  context: Context,
  roster: Roster,
  options: ProbingOptions,
  wishes: ProbingWishes = {},
): Promise<ProbedDecision> {
  const first = await probeRoster(context, roster, options);
  const decideOn = (probed: ProbedRoster) => {
    const { sessionAccountOf, ...rest } = wishes;
    const sessionAccountId = sessionAccountOf?.(probed.roster);
    return { probed, decision: decideKnown(context, probed.roster, definedOnly({ ...rest, sessionAccountId })) };
  };
  const decided = decideOn(first);
  if (decided.decision.recommendation !== undefined || options.cached === true) return decided;
  const again = await askTheOthers(context, first);
  const asked = again.roster.accounts
    .map((account, position) => ({ account, index: position + 1, file: again.roster.readFrom, isElsewhere: false }))
    .filter(({ account }) => account.enabled);
  return decideOn(isSilent(again) ? again : await withResetCreditDetails(context, again, asked));
}

/** Whoever was asked in this run is not asked twice, and nobody where nobody answers. */
async function askTheOthers(context: Context, first: ProbedRoster): Promise<ProbedRoster> {
  const others = first.roster.accounts.filter(
    (account) => !first.probes.has(account.id) && mayAsk(context, first, account),
  );
  if (others.length === 0 || isSilent(first)) return first;
  const second = await probeRoster(context, first.roster, { maxAgeMs: 0 }, others);
  const isOfSecond = (id: string) => second.probes.has(id);
  return {
    roster: definedOnly({
      ...second.roster,
      shutOut: new Set([...(first.roster.shutOut ?? []), ...(second.roster.shutOut ?? [])]),
    }),
    probes: new Map([...first.probes, ...second.probes]),
    sourceOf: (id) => (isOfSecond(id) ? second : first).sourceOf(id),
    failureOf: (id, now) => (isOfSecond(id) ? second : first).failureOf(id, now),
  };
}

function mayAsk({ clock }: Context, { roster }: ProbedRoster, { id, enabled }: Account): boolean {
  return enabled && readHealth(roster.state.accounts[id]?.health, clock.now()).rateLimitedUntil === undefined;
}

function isSilent({ probes }: ProbedRoster): boolean {
  return probes.size > 0 && [...probes.values()].every((probe) => probe.kind === 'failed' || isSilence(probe));
}
