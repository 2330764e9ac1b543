import type { Account } from '../core/accounts/account.js';
import { selectAccount } from '../core/accounts/selector.js';
import { decide } from '../core/decision/decide.js';
import { factsOf } from '../core/decision/facts.js';
import { definedOnly } from '../core/defined-only.js';
import { AppError } from '../core/errors.js';
import { withKnowledge } from '../core/health/account-state.js';
import { lookup, touch } from '../core/health/affinity.js';
import { applyEvent } from '../core/health/state.js';
import { updateAccountState } from '../core/health/state-store.js';
import { outcomeError } from '../core/logins/describe-outcome.js';
import { canWait } from '../core/logins/refresh-outcome.js';
import { recordsOf } from '../core/pools/scope-records.js';
import { readableScopes } from '../core/pools/stored-files.js';
import { printable } from '../core/printable.js';
import { accountsElsewhere, readRoster } from '../core/roster/roster.js';
import { policyOf } from '../core/session/decided-roster.js';
import type { Session } from '../core/session/session.js';
import { takeInFirst } from '../core/session/take-in.js';
import type { CodexAuth } from './codex-auth.js';
import { type AccessToken, summariesOf } from './results.js';
import { callsOf } from './use-cases.js';

export function libraryOf(session: Session): CodexAuth {
  const { root, clock } = session;
  const settings = session.settings();
  const scope = session.readingScope();
  const limits = { ttlMs: settings.sessionAffinityTtlMs, maxEntries: settings.sessionAffinityMaxEntries };
  const read = () => {
    const roster = readRoster(root, session.home, scope);
    for (const warning of roster.warnings) session.warn(warning);
    return roster;
  };

  /** Throws unless an account in any pool, set aside or not, has this id; a selector is not accepted. */
  async function assertKnown(id: string): Promise<void> {
    if (recordsOf(readableScopes(root.paths)).some((account) => account.id === id)) return;
    const { accounts, records } = readRoster(root, session.home, scope);
    const unstored = accounts.find((account) => account.isUnstored === true && account.id === id);
    // The health of an account is kept with its record, so that a login without one is stored first.
    if (unstored !== undefined) return takeInFirst(session, unstored, records.key);
    throw new AppError('no-such-account', `no account has the id "${printable(String(id))}"`, {
      hint: 'use the id of an account that list() or decide() gives',
      details: { id },
    });
  }

  return {
    list: () => summariesOf(read()),
    decide({ model, session: conversation } = {}) {
      const roster = read();
      const now = clock.now();
      const sessionAccountId = conversation && lookup(roster.state.affinity, conversation, now, limits);
      return decide(factsOf(roster, now), definedOnly({ now, ...policyOf(settings), model, sessionAccountId }));
    },
    async accessToken(selector) {
      const roster = read();
      const here = definedOnly({ accounts: roster.accounts, previousId: roster.records.pool.previousId });
      const { account } = selectAccount(selector, here, accountsElsewhere(roster));
      await takeInFirst(session, account, roster.records.key);
      return freshToken(session, account);
    },
    async record(id, event) {
      await assertKnown(id);
      await updateAccountState(root, (state) => {
        const known = state.accounts[id] ?? {};
        return withKnowledge(state, id, { ...known, health: applyEvent(known.health, event, clock.now(), settings) });
      });
    },
    async keepSession(conversation, id) {
      await assertKnown(id);
      await updateAccountState(root, (state) => {
        return { ...state, affinity: touch(state.affinity, conversation, id, clock.now(), limits) };
      });
    },
    ...callsOf(session),
    close: session.close,
  };
}

async function freshToken(session: Session, account: Account): Promise<AccessToken> {
  const { ensureUsable } = await import('../core/spending/refresh.js');
  const { refreshDeps } = await import('../core/session/backend-access.js');
  const outcome = await ensureUsable(await refreshDeps(session), { account, reason: 'proactive_expiry' });
  const isLive =
    outcome.kind === 'usable' || outcome.kind === 'left-to-client' || canWait(outcome, session.clock.now());
  if (!isLive) throw outcomeError(outcome);
  const { id, accountId, tokens } = outcome.account;
  const { accessToken: token, expiresAt } = tokens;
  if (token === undefined) throw new AppError('internal', 'a usable account has no access token');
  return definedOnly({ id, token, accountId, expiresAt });
}
