import type { Account } from '../accounts/account.js';
import { isSilence } from '../asking/usage-endpoint.js';
import type { DecisionRequest } from '../decision/facts.js';
import { definedOnly } from '../defined-only.js';
import { readHealth } from '../health/state.js';
import type { Roster } from '../logins/roster.js';
import { requireKnownModel } from '../models/known-models.js';
import { type DecidedRoster, decideRoster, policyOf } from './decided-roster.js';
import { describeFailure, isInTheDark } from './failure.js';
import { type ProbedRoster, type ProbingOptions, probeRoster } from './quota-probing.js';
import { withResetCreditDetails } from './reset-credit-details.js';
import type { Session } from './session.js';

export type DecisionWishes = Pick<DecisionRequest, 'allowCredits' | 'dwellUntil'> & {
  readonly model?: string | undefined;
  /** Of the roster with what has been learnt. */
  readonly sessionAccountOf?: (roster: Roster) => string | undefined;
};

export interface ProbedDecision {
  readonly probed: ProbedRoster;
  readonly decision: DecidedRoster;
}

/** Nothing is known about any account, and nobody could be asked: whom to use would be a guess. */
export function isGuess({ probed, decision: { decided } }: ProbedDecision): boolean {
  const seen = decided.map(({ account: { id }, decision: { quota } }) => {
    const probe = probed.probes.get(id);
    const failure = probe === undefined || probe.kind === 'usage' ? undefined : describeFailure(probe);
    return definedOnly({ quota, failure });
  });
  return isInTheDark(seen);
}

/**
 * Asks what has to be asked, and decides. Where what was known would end in "nobody", the others are asked too, because
 * that is free, and when the reset credits expire that could help. Throws `usage` for a model that nobody knows.
 */
export async function probeAndDecide(
  session: Session,
  roster: Roster,
  options: ProbingOptions,
  wishes: DecisionWishes = {},
): Promise<ProbedDecision> {
  const first = await probeRoster(session, roster, options);
  const decideOn = (probed: ProbedRoster) => {
    const { model, sessionAccountOf, ...rest } = wishes;
    if (model !== undefined) requireKnown(session, probed.roster, model);
    const known = { now: session.clock.now(), ...policyOf(session.settings()), ...rest };
    const request = definedOnly({ ...known, model, sessionAccountId: sessionAccountOf?.(probed.roster) });
    return { probed, decision: decideRoster(probed.roster, request) };
  };
  const decided = decideOn(first);
  if (decided.decision.recommendation !== undefined || options.cached === true) return decided;
  const again = await askTheOthers(session, first);
  const asked = again.roster.accounts
    .map((account, position) => ({ account, index: position + 1, file: again.roster.readFrom, isElsewhere: false }))
    .filter(({ account }) => account.enabled);
  return decideOn(isSilent(again) ? again : await withResetCreditDetails(session, again, asked));
}

function requireKnown({ home }: Session, { accounts, state }: Roster, model: string): void {
  const snapshots = accounts.flatMap(({ id }) => state.accounts[id]?.quota ?? []);
  requireKnownModel(model, snapshots, home.directory);
}

/** Whoever was asked in this run is not asked twice, and nobody where nobody answers. */
async function askTheOthers(session: Session, first: ProbedRoster): Promise<ProbedRoster> {
  const others = first.roster.accounts.filter(
    (account) => !first.probes.has(account.id) && mayAsk(session, first, account),
  );
  if (others.length === 0 || isSilent(first)) return first;
  const second = await probeRoster(session, first.roster, { maxAgeMs: 0 }, others);
  const isOfSecond = (id: string) => second.probes.has(id);
  return {
    roster: definedOnly({
      ...second.roster,
      shutOut: new Set([...(first.roster.shutOut ?? []), ...(second.roster.shutOut ?? [])]),
    }),
    probes: new Map([...first.probes, ...second.probes]),
    sourceOf: (id) => (isOfSecond(id) ? second : first).sourceOf(id),
  };
}

function mayAsk({ clock }: Session, { roster }: ProbedRoster, { id, enabled }: Account): boolean {
  return enabled && readHealth(roster.state.accounts[id]?.health, clock.now()).rateLimitedUntil === undefined;
}

function isSilent({ probes }: ProbedRoster): boolean {
  return probes.size > 0 && [...probes.values()].every((probe) => probe.kind === 'failed' || isSilence(probe));
}
