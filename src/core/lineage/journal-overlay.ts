import type { Account, TokenSet } from '../accounts/account.js';
import { definedOnly } from '../defined-only.js';
import { Secret } from '../secret.js';
import { fingerprint, type JournalAnswer, type JournalEntry } from './journal.js';
import { areTokensOf, nextTokens } from './rotation.js';

/** An answer that was received but may not have reached the pool yet. */
export interface AnsweredEntry extends JournalEntry {
  readonly answer: JournalAnswer;
}

export function isAnswered(entry: JournalEntry): entry is AnsweredEntry {
  return entry.answer !== undefined;
}

export function tokensOfAnswer(answer: JournalAnswer): Partial<TokenSet> {
  const secret = (value: string | undefined) => (value === undefined ? undefined : new Secret(value));
  return definedOnly({
    refreshToken: secret(answer.refreshToken),
    accessToken: secret(answer.accessToken),
    idToken: secret(answer.idToken),
    expiresAt: answer.expiresAt,
    lastRefresh: answer.receivedAt,
  });
}

/** The account with the newest tokens that the journal holds for it; reading commands do this in memory only (P5). */
export function withJournal<A extends Account>(account: A, entries: readonly JournalEntry[]): A {
  return entries.filter(isAnswered).reduce((current, entry) => withAnswer(current, entry), account);
}

function withAnswer<A extends Account>(account: A, entry: AnsweredEntry): A {
  const { refreshToken } = account.tokens;
  if (refreshToken === undefined || entry.header.spent !== fingerprint(refreshToken.reveal())) return account;
  const received = tokensOfAnswer(entry.answer);
  // The answer to one workspace can be for another one of the same login (official-client.md#workspaces).
  const isOwner = entry.header.accountIds[0] === account.id && areTokensOf(account, received);
  if (isOwner) return { ...account, tokens: nextTokens(account.tokens, received) };
  return received.refreshToken === undefined
    ? account
    : { ...account, tokens: { ...account.tokens, refreshToken: received.refreshToken } };
}
