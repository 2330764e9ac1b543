import type { Account, ShownAccount } from '../accounts/account.js';
import { definedOnly } from '../defined-only.js';
import { lookup, touch } from '../health/affinity.js';
import type { Activated } from '../logins/activate.js';
import type { Roster } from '../roster/roster.js';
import type { DecidedAccount, DecidedRoster } from './decided-roster.js';
import { decideByKnown, isGuess, probeAndDecide, type ShownDecision } from './probe-and-decide.js';
import { keepKnowledge, type ProbingOptions } from './quota-probing.js';
import { openRoster, requireAccounts } from './selection.js';
import type { Session } from './session.js';

export interface BestWishes extends ProbingOptions {
  readonly model?: string;
  /** A conversation that stays on its account while that one can be used. */
  readonly session?: string;
  /** Make the account the official client's login. */
  readonly switch?: boolean;
  /** An account may be chosen whose quota is used up but which has credits. */
  readonly allowCredits?: boolean;
}

export interface Best extends ShownDecision {
  /** Absent where no account is ready, or nothing is known about any. */
  readonly chosen?: DecidedAccount;
  /** The account that the conversation was on. */
  readonly previousId?: string;
  /** What the switch did, with the wish `switch`. */
  readonly activated?: Activated;
}

/** The account to use now, remembered for the conversation, and switched to where that is wished. */
export async function chooseBest(session: Session, wishes: BestWishes): Promise<Best> {
  const isSwitching = wishes.switch === true;
  if (wishes.cached === true && !isSwitching && wishes.session === undefined) return bestKnown(session, wishes);
  const roster = openRoster(session, isSwitching ? session.writingScope() : session.readingScope());
  requireAccounts(roster);
  const { model, allowCredits, session: conversation } = wishes;
  const sessionAccountOf = ({ state }: Roster) =>
    conversation && lookup(state.affinity, conversation, session.clock.now(), limits(session));
  const dwellUntil = isSwitching ? dwellEnd(session, roster) : undefined;
  const request = definedOnly({ model, allowCredits, dwellUntil, sessionAccountOf });
  const decided = await probeAndDecide(session, roster, wishes, request);
  const { probed, decision } = decided;
  const previousId = sessionAccountOf(probed.roster);
  const chosen = isGuess(decided) ? undefined : recommended(decision);
  if (conversation !== undefined && chosen !== undefined) await remember(session, conversation, chosen.account.id);
  const activated = isSwitching && chosen !== undefined ? await switchTo(session, probed.roster, chosen) : undefined;
  return definedOnly({ ...decided, chosen, previousId, activated });
}

/** As {@link chooseBest}, by what is known: asks nobody, and remembers nothing. */
function bestKnown(session: Session, { model, allowCredits }: BestWishes): Best {
  const decided = decideByKnown(session, definedOnly({ model, allowCredits }));
  return definedOnly({ ...decided, chosen: isGuess(decided) ? undefined : recommended(decided.decision) });
}

function recommended<A extends ShownAccount>({
  decided,
  recommendation,
}: DecidedRoster<A>): DecidedAccount<A> | undefined {
  return decided.find(({ account }) => account.id === recommendation?.id);
}

/** Until when the account is kept that `best --switch` chose last. */
function dwellEnd(session: Session, { state }: Roster): number | undefined {
  const { dwellMs } = session.settings();
  const { switchedAt } = state;
  // A switch in the future was noted by a clock that was wrong.
  return switchedAt === undefined || switchedAt > session.clock.now() ? undefined : switchedAt + dwellMs;
}

function limits(session: Session) {
  const { sessionAffinityTtlMs: ttlMs, sessionAffinityMaxEntries: maxEntries } = session.settings();
  return { ttlMs, maxEntries };
}

async function remember(session: Session, conversation: string, accountId: string): Promise<void> {
  const now = session.clock.now();
  await keepKnowledge(session, (state) => {
    return { ...state, affinity: touch(state.affinity, conversation, accountId, now, limits(session)) };
  });
}

/** `activation.js` is loaded only here: without `switch` this command has no way to a credential (P5). */
async function switchTo(
  session: Session,
  { records }: Roster,
  { account }: DecidedAccount<Account>,
): Promise<Activated> {
  const { switchAccount } = await import('./activation.js');
  const target = { account, scopeKey: records.key, choosingScopeKey: records.key };
  const activated = await switchAccount(session, target, { replace: false });
  if (activated.changed) await keepKnowledge(session, (state) => ({ ...state, switchedAt: session.clock.now() }));
  return activated;
}
