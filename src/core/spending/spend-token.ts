import type { Account } from '../accounts/account.js';
import { identityOfTokens } from '../accounts/token-identity.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { withKnowledge } from '../health/account-state.js';
import type { HealthEvent } from '../health/events.js';
import { applyEvent } from '../health/state.js';
import { areOfAnotherPerson } from '../lineage/foreign-tokens.js';
import type { JournalAnswer } from '../lineage/journal.js';
import { tokensOfAnswer } from '../lineage/journal-overlay.js';
import { logLineage } from '../lineage/lineage-log.js';
import type { RefreshDeps } from '../logins/refresh-deps.js';
import type { RefreshOutcome } from '../logins/refresh-outcome.js';
import { withStore } from '../logins/with-store.js';
import { reasonOfVerdict } from '../oauth/token-verdict.js';
import type { Secret } from '../secret.js';
import { commitRefresh } from './refresh-commit.js';
import { enterWorkspace } from './sibling-workspace.js';
import { exchangeToken, type Failure, type Spending } from './token-exchange.js';

/**
 * Sends the refresh token of an account of ours and stores what comes back; on the conditions of {@link exchangeToken}.
 */
export async function spendToken(
  deps: RefreshDeps,
  { isInHome, ...spending }: Spending & { readonly isInHome: boolean },
): Promise<RefreshOutcome> {
  const { account, refreshToken } = spending;
  const exchange = await exchangeToken(deps, spending);
  if (exchange.kind === 'failed') {
    const { failure, outcome } = exchange;
    const event = eventOf(failure, deps.root.clock.now());
    const inDoubt = outcome.kind === 'unknown' ? refreshToken : undefined;
    if (event !== undefined || inDoubt !== undefined) await rememberFailure(deps, account, event, inDoubt);
    return outcome;
  }
  const { answer, header, entry } = exchange;
  const stored = await commitRefresh(deps, { account, spent: refreshToken, answer, header, entry }, { isInHome });
  await deps.custody?.hasRotated(stored);
  return outcomeOf(deps, account, stored, answer);
}

async function outcomeOf(
  deps: RefreshDeps,
  asked: Account,
  stored: Account,
  answer: JournalAnswer,
): Promise<RefreshOutcome> {
  if (areOfAnotherPerson(stored, stored.tokens)) return { kind: 'foreign-tokens', account: stored };
  const { accessToken, ...rest } = tokensOfAnswer(answer);
  if (accessToken === undefined) return useless(stored, 'the answer holds no access token');
  const isStored = stored.tokens.accessToken?.equals(accessToken) === true;
  if (isStored && isOver(deps, answer)) return useless(stored, 'the new access token has already expired');
  if (isStored) return { kind: 'usable', account: stored, how: 'refreshed' };

  const isReplaced = stored.tokens.accessToken?.equals(asked.tokens.accessToken) === false;
  if (isReplaced) return { kind: 'usable', account: stored, how: 'adopted' };
  const { accountId } = identityOfTokens({ generation: 0, accessToken, ...rest });
  const { refreshToken } = stored.tokens;
  if (refreshToken === undefined) return { kind: 'other-workspace', account: stored };
  const entry = await enterWorkspace(deps, stored, refreshToken, definedOnly({ accessToken, accountId }));
  if (entry.kind === 'entered') return { kind: 'usable', account: entry.account, how: 'refreshed' };
  return { kind: 'other-workspace', account: stored, ...definedOnly({ because: entry.because }) };
}

function useless(account: Account, message: string): RefreshOutcome {
  return { kind: 'no-access-token', account, message };
}

function isOver({ root }: RefreshDeps, { expiresAt }: JournalAnswer): boolean {
  return expiresAt !== undefined && expiresAt <= root.clock.now();
}

/** The health event of a failure. None says anything about the login: they pause it, and never count towards a flag. */
function eventOf(failure: Failure, now: number): HealthEvent | undefined {
  const reason = reasonOfVerdict(failure);
  switch (failure.kind) {
    // `settleRefusal` draws the consequence later.
    case 'refused':
    // The machine's trouble is not the account's.
    case 'obstructed':
      return undefined;
    case 'unsent':
      // A proxy that gives no connection is the machine's trouble too.
      return failure.reason === 'proxy' ? undefined : { kind: 'network-error' };
    case 'unknown':
      return failure.obstruction === undefined ? { kind: 'network-error' } : undefined;
    case 'rate-limited': {
      const { retryAfterMs } = failure;
      const resetsAt = retryAfterMs === undefined ? undefined : now + retryAfterMs;
      return { kind: 'rate-limited', ...definedOnly({ resetsAt }), ...reason };
    }
    case 'malformed':
      return failure.obstruction === undefined ? { kind: 'server-error', ...reason } : undefined;
    case 'server':
      return { kind: 'server-error', ...reason };
  }
}

/**
 * Remembers that a refresh came to nothing, and of which token nobody knows whether it is spent. Knowledge only: where it
 * cannot be written, that is a warning.
 */
async function rememberFailure(
  { root, settings, warn }: RefreshDeps,
  { id }: Account,
  event: HealthEvent | undefined,
  inDoubt?: Secret,
): Promise<void> {
  try {
    await withStore(root, {}, (store) => {
      store.changeState((state) => {
        if (event === undefined) return state;
        const known = state.accounts[id] ?? {};
        const health = applyEvent(known.health, event, root.clock.now(), settings);
        return withKnowledge(state, id, { ...known, health });
      });
      if (inDoubt !== undefined) logLineage(root, { event: 'unknown', accountId: id, before: inDoubt });
    });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    warn(error.message);
  }
}
