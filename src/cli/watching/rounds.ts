import type { Account } from '../../core/accounts/account.js';
import { definedOnly } from '../../core/defined-only.js';
import { AppError } from '../../core/errors.js';
import { withKnowledge } from '../../core/health/account-state.js';
import { readHealth } from '../../core/health/state.js';
import { toIso } from '../../core/instant.js';
import { type Trouble, troubleAfter, withJitter } from '../../core/pace.js';
import { isStale, toQuotaView } from '../../core/quota/snapshot.js';
import type { Roster } from '../../core/roster/roster.js';
import { type DecidedAccount, decideRoster, policyOf } from '../../core/session/decided-roster.js';
import { type ProbedRoster, probeRoster } from '../../core/session/quota-probing.js';
import { openRoster, requireAccounts } from '../../core/session/selection.js';
import type { Context } from '../program/context.js';
import { accountView } from '../views/account-view.js';
import { type FailureView, failureOfProbe } from '../views/probe-failure.js';
import { scopeView } from '../views/scope-view.js';
import type { WatchedAccount, WatchRound } from './watch-view.js';

/** One look at all accounts of the scope; it remembers what failed before, so that a troubled server is asked less. */
export type Look = () => Promise<Pick<WatchRound, 'scope' | 'accounts'>>;

interface Memory {
  readonly trouble?: Trouble;
  readonly lastError?: WatchedAccount['lastError'];
}

export function createLook(context: Context, intervalMs: number): Look {
  const memories = new Map<string, Memory>();
  return async () => {
    const roster = openRoster(context, context.readingScope());
    requireAccounts(roster);
    const now = context.clock.now();
    const due = roster.accounts.filter((account) => mayAsk(account, roster, memories.get(account.id), now));
    const probed = await probeRoster(context, roster, { maxAgeMs: intervalMs }, due);
    for (const [id, probe] of probed.probes) {
      memories.set(id, remember(memories.get(id), probe, { now: context.clock.now(), intervalMs }));
    }
    const then = context.clock.now();
    const policy = { now: then, ...policyOf(context.settings()) };
    const { decided } = decideRoster(withoutOldNews(probed.roster, then, intervalMs), policy);
    const accounts = decided.map((each) => viewOf(each, context, probed, memories.get(each.account.id)));
    return { scope: scopeView(roster), accounts };
  };
}

function mayAsk({ id, enabled }: Account, { state }: Roster, memory: Memory | undefined, now: number): boolean {
  if (!enabled || (memory?.trouble?.askAgainAt ?? 0) > now) return false;
  // Another command may have met the limit.
  return readHealth(state.accounts[id]?.health, now).rateLimitedUntil === undefined;
}

type Asked = NonNullable<ReturnType<ProbedRoster['probes']['get']>>;

function remember(
  before: Memory | undefined,
  probe: Asked,
  { now, intervalMs }: { readonly now: number; readonly intervalMs: number },
): Memory {
  const failure = failureOfProbe(probe, now);
  if (failure === undefined) return definedOnly({ lastError: before?.lastError });
  const lastError = { at: toIso(now), ...failure };
  // Where nothing was sent, the provider need not be spared.
  if (probe.kind !== 'answer') return { lastError };
  const resetsAt = probe.answer.kind === 'rate-limited' ? probe.answer.resetsAt : undefined;
  return { lastError, trouble: troubleAfter(before?.trouble, definedOnly({ now, intervalMs, resetsAt })) };
}

/** Without the old quota of accounts whose access token has ended: what is left now is not known. */
function withoutOldNews(roster: Roster, now: number, intervalMs: number): Roster {
  const expired = roster.accounts.filter(({ id, tokens: { accessToken, expiresAt } }) => {
    const hasEnded = accessToken === undefined || (expiresAt !== undefined && expiresAt <= now);
    return hasEnded && isStale(roster.state.accounts[id]?.quota, now, intervalMs);
  });
  const state = expired.reduce(
    (known, { id }) => withKnowledge(known, id, { ...known.accounts[id], quota: undefined }),
    roster.state,
  );
  return { ...roster, state };
}

function viewOf(
  { account, decision }: DecidedAccount,
  context: Context,
  { roster, sourceOf }: ProbedRoster,
  memory: Memory | undefined,
): WatchedAccount {
  const now = context.clock.now();
  const observedAt = roster.state.accounts[account.id]?.quota?.observedAt;
  return definedOnly({
    ...accountView(account, decision, { mask: context.options.mask === true, now }),
    quota: decision.quota && toQuotaView(decision.quota, sourceOf(account.id), now),
    lastSuccessAt: toIso(observedAt),
    lastError: memory?.lastError,
  });
}

/** Round after round until the signal ends it. The first one has to succeed; later there is something to show at least. */
export async function* rounds(context: Context, intervalMs: number): AsyncGenerator<WatchRound, void> {
  const { clock, signal } = context;
  const look = createLook(context, intervalMs);
  let last: Awaited<ReturnType<Look>> | undefined;
  try {
    for (let round = 1; ; round += 1) {
      let problem: FailureView | undefined;
      try {
        last = await look();
      } catch (error) {
        if (last === undefined || signal.aborted || !(error instanceof AppError)) throw error;
        const { code, message, hint } = error;
        problem = definedOnly({ code, message, hint });
      }
      const [at, waitMs] = [clock.now(), withJitter(intervalMs)];
      yield definedOnly({ ...last, round, at: toIso(at), nextAt: toIso(at + waitMs), problem });
      await clock.sleep(waitMs, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
