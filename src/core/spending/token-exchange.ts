import type { Account } from '../accounts/account.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { fingerprint, type JournalAnswer, type JournalHeader } from '../lineage/journal.js';
import { journalAnswer } from '../lineage/journal-answer.js';
import { type OpenEntry, openEntry } from '../lineage/open-entry.js';
import type { RefreshDeps } from '../logins/refresh-deps.js';
import type { RefreshOutcome } from '../logins/refresh-outcome.js';
import { type RefreshReason, refreshRequest, repeatUnsent } from '../oauth/token-endpoint.js';
import { judgeTokenAnswer, type TokenVerdict } from '../oauth/token-verdict.js';
import { readAllScopes } from '../pools/scope-files.js';
import { recordsOf } from '../pools/scope-records.js';
import { clientIdOf } from '../provider/foreign-issuer.js';
import { withReason } from '../provider-reason.js';
import type { Secret } from '../secret.js';
import { entriesAbout, forgetSuperseded, triesOf } from './unanswered.js';

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
  /** Not on disk yet: the caller records the answer in the entry first, and ends the entry when it is stored. */
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
  const { entry, header } = await openJournal(deps, spending);
  const verdict = await exchange(deps, spending, entry, header.clientId);
  switch (verdict.kind) {
    case 'tokens': {
      const answer = journalAnswer(verdict.tokens, deps.root.clock.now(), verdict.serverDate, header.startedAt);
      return { kind: 'tokens', answer, entry, header };
    }
    case 'refused':
    case 'unsent':
    case 'rate-limited':
    case 'obstructed':
      entry.discard();
      break;
    // A server that fails, or whose answer cannot be read, may have rotated the token before it did.
    case 'server':
    case 'malformed':
    case 'unknown':
      forgetSuperseded(deps.root, refreshToken, leave(deps, entry));
  }
  const retryAt = header.startedAt + deps.settings.unansweredRetryMs;
  return { kind: 'failed', failure: verdict, outcome: outcomeOf(verdict, account, retryAt) };
}

/** Without its journal entry on disk the request is not made; the token is still unspent then (P3). */
async function openJournal(
  { root, files, provider }: RefreshDeps,
  { account, refreshToken, tokenFiles }: Spending,
): Promise<{ readonly header: ExchangeHeader; readonly entry: OpenEntry }> {
  const isSharer = ({ id, tokens }: Account) => id !== account.id && refreshToken.equals(tokens.refreshToken);
  const sharers = recordsOf(readAllScopes(root.paths, files.read)).filter(isSharer);
  const header = {
    kind: 'refresh' as const,
    startedAt: root.clock.now(),
    tries: triesOf(entriesAbout(root, refreshToken)) + 1,
    spent: fingerprint(refreshToken.reveal()),
    accountIds: [account.id, ...sharers.map(({ id }) => id)],
    issuer: provider.issuer,
    clientId: clientIdOf(account, provider),
    ...(tokenFiles === undefined ? {} : { tokenFiles: [...tokenFiles] }),
  };
  return { header, entry: await openEntry(root.paths.journal, root.processes, header) };
}

async function exchange(
  deps: RefreshDeps,
  { refreshToken, reason }: Spending,
  entry: OpenEntry,
  clientId: string,
): Promise<TokenVerdict> {
  const { root, http, callOptions } = deps;
  const { userAgent, spendingDeadlineMs } = callOptions;
  const provider = { ...deps.provider, clientId };
  const send = (deadlineMs: number) =>
    refreshRequest(http, provider, { refreshToken, reason }, { userAgent, deadlineMs });
  try {
    return judgeTokenAnswer(await repeatUnsent(root.clock, send, spendingDeadlineMs));
  } catch (error) {
    // A proxy setting that cannot be used is found before anything is sent; after any other error nobody knows.
    if (error instanceof AppError && error.code === 'usage') entry.discard();
    else leave(deps, entry);
    throw error;
  }
}

/** Leaves the entry and returns its path. One that cannot be renamed counts as waited for until this process ends. */
function leave({ warn }: RefreshDeps, entry: OpenEntry): string {
  try {
    return entry.leave();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    warn(error.message);
    return entry.path;
  }
}

function outcomeOf(failure: Failure, account: Account, retryAt: number): RefreshOutcome {
  switch (failure.kind) {
    case 'refused':
      return { kind: 'refused', account, refusal: failure };
    case 'unsent':
      return { kind: 'unsent', reason: failure.reason, account, message: failure.message };
    case 'rate-limited':
      return { ...failure, account };
    case 'obstructed':
      return { kind: 'obstructed', account, obstruction: failure };
    case 'unknown':
      return {
        kind: 'unknown',
        account,
        message: failure.message,
        retryAt,
        ...definedOnly({ obstruction: failure.obstruction }),
      };
    case 'server':
    case 'malformed': {
      const { kind: _, status, ...rest } = failure;
      const message = withReason(`the token endpoint answered ${status} without tokens`, failure);
      return { ...rest, kind: 'unknown', account, message, retryAt };
    }
  }
}
