import type { Account } from '../accounts/account.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { repeatUnsent } from '../oauth/repeat-unsent.js';
import { type RefreshReason, refreshRequest } from '../oauth/token-endpoint.js';
import { judgeTokenAnswer, type TokenVerdict } from '../oauth/token-verdict.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf } from '../pools/scope-records.js';
import { clientIdOf } from '../provider/client-id.js';
import { tokenDeadlineMs } from '../provider/provider.js';
import type { Secret } from '../secret.js';
import { fingerprint, type JournalAnswer, type JournalHeader, type OpenEntry, openEntry } from './journal.js';
import { journalAnswer } from './journal-answer.js';
import type { RefreshDeps } from './refresh-deps.js';
import type { RefreshOutcome } from './refresh-outcome.js';
import { forgetSuperseded } from './unanswered.js';

export interface Spending {
  readonly account: Account;
  readonly refreshToken: Secret;
  readonly reason: RefreshReason;
  /** The files outside of our root that are to get the answer. */
  readonly tokenFiles?: readonly string[];
}

/** What the journal knows about the request, besides who made it. */
export type ExchangeHeader = Omit<JournalHeader, 'owner' | 'version'>;
/** An answer without tokens, or none. */
export type Failure = Exclude<TokenVerdict, { kind: 'tokens' }>;

export type Exchange =
  /** Not on disk yet: whoever asked records it in the entry first, and ends the entry when it is stored. */
  | {
      readonly kind: 'tokens';
      readonly answer: JournalAnswer;
      readonly entry: OpenEntry;
      readonly header: ExchangeHeader;
    }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly outcome: RefreshOutcome };

/**
 * Sends a refresh token, with the journal entry on disk before it leaves (P3). The caller holds the person's lock, has
 * made sure that no copy anywhere makes it unnecessary, and does not let it be cut short.
 */
export async function exchangeToken(deps: RefreshDeps, spending: Spending): Promise<Exchange> {
  const { account, refreshToken } = spending;
  const { entry, header } = openJournal(deps, spending);
  const verdict = await exchange(deps, spending, entry, header.clientId);
  switch (verdict.kind) {
    case 'tokens': {
      const answer = journalAnswer(verdict.tokens, deps.root.clock.now(), verdict.serverDate);
      return { kind: 'tokens', answer, entry, header };
    }
    case 'refused':
    case 'unsent':
    case 'rate-limited':
    case 'challenge':
      entry.discard();
      break;
    // A server that fails, or whose answer cannot be read, may have rotated the token before it did.
    case 'server':
    case 'malformed':
    case 'unknown':
      leave(deps, entry);
      forgetSuperseded(deps.root, refreshToken, deps.runId);
  }
  return { kind: 'failed', failure: verdict, outcome: outcomeOf(verdict, account) };
}

/** Without its journal entry on disk the request is not made; the token is still unspent then (P3). */
function openJournal(
  { root, provider, runId }: RefreshDeps,
  { account, refreshToken, tokenFiles }: Spending,
): { readonly header: ExchangeHeader; readonly entry: OpenEntry } {
  const isSharer = ({ id, tokens }: Account) => id !== account.id && refreshToken.equals(tokens.refreshToken);
  const sharers = recordsOf(readAllScopes(root.paths)).filter(isSharer);
  const header = {
    kind: 'refresh' as const,
    startedAt: root.clock.now(),
    spent: fingerprint(refreshToken.reveal()),
    accountIds: [account.id, ...sharers.map(({ id }) => id)],
    run: runId,
    issuer: provider.issuer,
    clientId: clientIdOf(account, provider),
    ...(tokenFiles === undefined ? {} : { tokenFiles: [...tokenFiles] }),
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

function outcomeOf(failure: Failure, account: Account): RefreshOutcome {
  switch (failure.kind) {
    case 'refused':
      return { kind: 'refused', account, refusal: failure };
    case 'unsent':
      return { kind: 'unsent', reason: failure.reason, account, message: failure.message };
    case 'rate-limited':
      return { kind: 'rate-limited', account, ...definedOnly({ retryAfterMs: failure.retryAfterMs }) };
    case 'challenge':
      return { kind: 'challenge', account, status: failure.status };
    case 'unknown':
      return { kind: 'unknown', account, message: failure.message };
    case 'server':
    case 'malformed':
      return { kind: 'unknown', account, message: `the token endpoint answered ${failure.status} without tokens` };
  }
}
