import type { Account } from '../accounts/account.js';
import { identityOfTokens } from '../accounts/enrolment.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import type { HealthEvent } from '../health/events.js';
import type { Secret } from '../secret.js';
import { fingerprint, type JournalAnswer, type OpenEntry, openEntry } from '../storage/journal.js';
import { tokensOfAnswer } from '../storage/journal-overlay.js';
import { readAllScopes } from '../storage/scope-files.js';
import { journalAnswer } from './journal-answer.js';
import { recordsOf } from './newest-copy.js';
import { commitRefresh } from './refresh-commit.js';
import type { RefreshDeps } from './refresh-deps.js';
import type { RefreshOutcome } from './refresh-outcome.js';
import { rememberFailure } from './remember-failure.js';
import { repeatUnsent } from './repeat-unsent.js';
import { enterWorkspace } from './sibling-workspace.js';
import { type RefreshReason, refreshRequest, tokenDeadlineMs } from './token-endpoint.js';
import { judgeTokenAnswer, type TokenVerdict } from './token-verdict.js';
import { forgetSuperseded } from './unanswered.js';

export interface Spending {
  readonly account: Account;
  readonly refreshToken: Secret;
  readonly reason: RefreshReason;
}

/**
 * Sends a refresh token and stores what comes back. The caller holds the person's lock and has made sure that no copy
 * anywhere makes it unnecessary. Must not be cut short.
 */
export async function spendToken(deps: RefreshDeps, spending: Spending): Promise<RefreshOutcome> {
  const { account, refreshToken } = spending;
  const { entry, header } = openJournal(deps, spending);
  const verdict = await exchange(deps, spending, entry, header.clientId);
  switch (verdict.kind) {
    case 'tokens': {
      const answer = journalAnswer(verdict.tokens, deps.root.clock.now(), verdict.serverDate);
      const stored = await commitRefresh(deps, { account, spent: refreshToken, answer, header, entry });
      return outcomeOf(deps, account, stored, answer);
    }
    case 'refused':
      entry.discard();
      return { kind: 'refused', account, refusal: verdict };
    case 'unsent':
    case 'rate-limited':
    case 'challenge':
      entry.discard();
      await rememberFailure(deps, account, eventOf(verdict, deps.root.clock.now()));
      return unspentOutcome(verdict, account);
    // A server that fails, or whose answer cannot be read, may have rotated the token before it did.
    case 'server':
    case 'malformed':
    case 'unknown':
      leave(deps, entry);
      forgetSuperseded(deps.root, refreshToken, deps.runId);
      await rememberFailure(deps, account, eventOf(verdict, deps.root.clock.now()), refreshToken);
      return { kind: 'unknown', account, message: messageOf(verdict) };
  }
}

/** Without its journal entry on disk the request is not made; the token is still unspent then (P3). */
function openJournal({ root, provider, runId }: RefreshDeps, { account, refreshToken }: Spending) {
  const isSharer = ({ id, tokens }: Account) => id !== account.id && refreshToken.equals(tokens.refreshToken);
  const sharers = recordsOf(readAllScopes(root.paths)).filter(isSharer);
  const header = {
    kind: 'refresh' as const,
    startedAt: root.clock.now(),
    spent: fingerprint(refreshToken.reveal()),
    accountIds: [account.id, ...sharers.map(({ id }) => id)],
    run: runId,
    issuer: provider.issuer,
    // A refresh token belongs to the client that it was issued to (RFC 6749 section 6).
    clientId: account.provenance?.clientId ?? provider.clientId,
  };
  return { header, entry: openEntry(root.paths.journal, root.processes, header) };
}

async function exchange(
  deps: RefreshDeps,
  { refreshToken, reason }: Spending,
  entry: OpenEntry,
  clientId: string,
): Promise<TokenVerdict> {
  const { root, http, callOptions } = deps;
  const { userAgent } = callOptions;
  const provider = { ...deps.provider, clientId };
  const budgetMs = Math.min(callOptions.deadlineMs ?? tokenDeadlineMs, tokenDeadlineMs);
  const send = (deadlineMs: number) =>
    refreshRequest(http, provider, { refreshToken, reason }, { userAgent, deadlineMs });
  try {
    return judgeTokenAnswer(await repeatUnsent(root.clock, send, budgetMs));
  } catch (error) {
    // A proxy setting that cannot be used is found before anything is sent; of anything else nobody knows.
    if (error instanceof AppError && error.code === 'usage') entry.discard();
    else leave(deps, entry);
    throw error;
  }
}

/** An entry that cannot be renamed says the same, to other processes only after this one has ended. */
function leave({ warn }: RefreshDeps, entry: OpenEntry): void {
  try {
    entry.leave();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    warn(error.message);
  }
}

async function outcomeOf(
  deps: RefreshDeps,
  asked: Account,
  stored: Account,
  answer: JournalAnswer,
): Promise<RefreshOutcome> {
  const { accessToken, ...rest } = tokensOfAnswer(answer);
  if (accessToken === undefined) return useless(stored, 'the answer holds no access token');
  const isStored = stored.tokens.accessToken?.equals(accessToken) === true;
  if (isStored && isOver(deps, answer)) return useless(stored, 'the new access token has already expired');
  if (isStored) return { kind: 'usable', account: stored, how: 'refreshed' };

  const isReplaced = stored.tokens.accessToken?.equals(asked.tokens.accessToken) === false;
  if (isReplaced) return { kind: 'usable', account: stored, how: 'adopted' };
  const { accountId } = identityOfTokens({ generation: 0, accessToken, ...rest });
  const { refreshToken } = stored.tokens;
  const entered =
    refreshToken && (await enterWorkspace(deps, stored, refreshToken, definedOnly({ accessToken, accountId })));
  return entered === undefined
    ? { kind: 'other-workspace', account: stored }
    : { kind: 'usable', account: entered, how: 'refreshed' };
}

function useless(account: Account, message: string): RefreshOutcome {
  return { kind: 'no-access-token', account, message };
}

function isOver({ root }: RefreshDeps, { expiresAt }: JournalAnswer): boolean {
  return expiresAt !== undefined && expiresAt <= root.clock.now();
}

type Unspent = Extract<TokenVerdict, { kind: 'unsent' | 'rate-limited' | 'challenge' }>;
type Doubtful = Extract<TokenVerdict, { kind: 'server' | 'malformed' | 'unknown' }>;

function unspentOutcome(verdict: Unspent, account: Account): RefreshOutcome {
  switch (verdict.kind) {
    case 'unsent':
      return { kind: 'unsent', account, message: verdict.message };
    case 'rate-limited':
      return { kind: 'rate-limited', account, ...definedOnly({ retryAfterMs: verdict.retryAfterMs }) };
    case 'challenge':
      return { kind: 'challenge', account, status: verdict.status };
  }
}

function messageOf(verdict: Doubtful): string {
  if (verdict.kind === 'unknown') return verdict.message;
  return `the token endpoint answered ${verdict.status} without tokens`;
}

/** None of these says anything about the login: they pause it, and never count towards a flag (DESIGN §7, §8). */
function eventOf(verdict: Unspent | Doubtful, now: number): HealthEvent {
  switch (verdict.kind) {
    case 'unsent':
    case 'unknown':
      return { kind: 'network-error' };
    case 'rate-limited': {
      const { retryAfterMs } = verdict;
      const resetsAt = retryAfterMs === undefined ? undefined : now + retryAfterMs;
      return definedOnly({ kind: 'rate-limited' as const, resetsAt });
    }
    case 'challenge':
    case 'server':
    case 'malformed':
      return { kind: 'server-error' };
  }
}
