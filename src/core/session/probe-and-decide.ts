import type { Account, ShownAccount } from '../accounts/account.js';
import { isSilence } from '../asking/usage-endpoint.js';
import type { DecisionRequest } from '../decision/facts.js';
import { definedOnly } from '../defined-only.js';
import { readHealth } from '../health/state.js';
import { requireKnownModel } from '../models/catalogue.js';
import type { Roster } from '../roster/roster.js';
import type { ShownRoster } from '../roster/shown-roster.js';
import { type DecidedRoster, decideRoster, policyOf } from './decided-roster.js';
import { describeFailure, isInTheDark } from './failure.js';
import { type ProbedRoster, type ProbingOptions, probeRoster, type ShownProbes } from './quota-probing.js';
import { openShownRoster, requireAccounts } from './selection.js';
import type { Session } from './session.js';
import { withResetCreditDetails } from './usage.js';

export type DecisionWishes = Pick<DecisionRequest, 'allowCredits' | 'dwellUntil' | 'sessionAccountId'> & {
  readonly model?: string | undefined;
};

export type ProbingWishes = Omit<DecisionWishes, 'sessionAccountId'> & {
  /** The account that a conversation was on, by the roster after all answers. */
  readonly sessionAccountOf?: (roster: Roster) => string | undefined;
};

export interface ProbedDecision {
  readonly probed: ProbedRoster;
  readonly decision: DecidedRoster<Account>;
}

/** As {@link ProbedDecision}, for commands that only show it. */
export interface ShownDecision {
  readonly probed: ShownProbes;
  readonly decision: DecidedRoster;
}

/** The decision by what is known, without asking anybody. Throws `usage` for a model that nobody knows. */
export function decideByKnown(session: Session, wishes: DecisionWishes): ShownDecision {
  const roster = openShownRoster(session, session.readingScope());
  requireAccounts(roster);
  const probed: ShownProbes = { roster, probes: new Map(), sourceOf: () => 'cache' };
  return { probed, decision: decideOn(session, roster, wishes) };
}

function decideOn<A extends ShownAccount>(
  session: Session,
  roster: ShownRoster & { readonly accounts: readonly A[] },
  { model, ...wishes }: DecisionWishes,
): DecidedRoster<A> {
  if (model !== undefined) requireKnown(session, roster, model);
  const known = { now: session.clock.now(), ...policyOf(session.settings()), ...wishes };
  return decideRoster(roster, definedOnly({ ...known, model }));
}

/** Whether nothing is known about any account, and no answer could be had, so that a choice would be a guess. */
export function isGuess({ probed, decision: { decided } }: ShownDecision): boolean {
  const seen = decided.map(({ account: { id }, decision: { quota } }) => {
    const probe = probed.probes.get(id);
    const failure = probe === undefined || probe.kind === 'usage' ? undefined : describeFailure(probe);
    return definedOnly({ quota, failure });
  });
  return isInTheDark(seen);
}

/**
 * Asks what has to be asked, and decides. Where no account would be recommended, the accounts that were not asked are
 * asked too, because that is free, and so is when the reset credits expire that could help. Throws `usage` for a model
 * that nobody knows.
 */
export async function probeAndDecide(
  session: Session,
  roster: Roster,
  options: ProbingOptions,
  wishes: ProbingWishes = {},
): Promise<ProbedDecision> {
  const first = await probeRoster(session, roster, options);
  const decideOnProbed = (probed: ProbedRoster) => {
    const { sessionAccountOf, ...rest } = wishes;
    const sessionAccountId = sessionAccountOf?.(probed.roster);
    return { probed, decision: decideOn(session, probed.roster, definedOnly({ ...rest, sessionAccountId })) };
  };
  const decided = decideOnProbed(first);
  if (decided.decision.recommendation !== undefined || options.cached === true) return decided;
  const again = await askTheOthers(session, first);
  const asked = again.roster.accounts
    .map((account, position) => ({ account, index: position + 1, file: again.roster.readFrom, isElsewhere: false }))
    .filter(({ account }) => account.enabled);
  return decideOnProbed(isSilent(again) ? again : await withResetCreditDetails(session, again, asked));
}

function requireKnown({ home }: Session, { accounts, state }: ShownRoster, model: string): void {
  const snapshots = accounts.flatMap(({ id }) => state.accounts[id]?.quota ?? []);
  requireKnownModel(model, snapshots, home.directory);
}

/** Asks about the accounts that this run has not asked about, unless the provider was silent to all before. */
async function askTheOthers(session: Session, first: ProbedRoster): Promise<ProbedRoster> {
  const others = first.roster.accounts.filter(
    (account) => !first.probes.has(account.id) && mayAsk(session, first, account),
  );
  if (others.length === 0 || isSilent(first)) return first;
  const second = await probeRoster(session, first.roster, { maxAgeMs: 0 }, others);
  const isOfSecond = (id: string) => second.probes.has(id);
  return {
    roster: {
      ...second.roster,
      shutOut: new Set([...(first.roster.shutOut ?? []), ...(second.roster.shutOut ?? [])]),
    },
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
