import { rmSync } from 'node:fs';
import { enrol, identityOfTokens } from '../accounts/enrolment.js';
import { definedOnly } from '../defined-only.js';
import { fingerprint, readEntries } from './journal.js';
import { type AnsweredEntry, isAnswered, tokensOfAnswer } from './journal-overlay.js';
import { storeRotation } from './rotation.js';
import type { Store } from './store.js';

/**
 * Finishes what killed processes received but could not store any more (P3). Entries of living processes are theirs to
 * finish; entries without an answer stay, because they say which token may have been spent (P4).
 */
export function recoverJournal(store: Store): void {
  const { paths, processes } = store.root;
  for (const entry of readEntries(paths.journal).filter(isAnswered)) {
    if (processes.stateOf(definedOnly(entry.header.owner)) === 'alive') continue;
    if (entry.header.kind === 'refresh') finishRefresh(store, entry);
    else finishSignIn(store, entry);
    rmSync(entry.path, { force: true });
  }
}

function finishRefresh(store: Store, { header, answer }: AnsweredEntry): void {
  const [accountId] = header.accountIds;
  const holder = store
    .scopes()
    .flatMap(({ pool, flagged }) => [...pool.accounts, ...flagged.accounts])
    .find(
      ({ tokens }) => tokens.refreshToken !== undefined && fingerprint(tokens.refreshToken.reveal()) === header.spent,
    );
  if (accountId === undefined || holder === undefined) return;
  storeRotation(store, accountId, tokensOfAnswer(answer), holder.tokens.refreshToken);
}

function finishSignIn(store: Store, { header, answer }: AnsweredEntry): void {
  const tokens = { generation: 1, ...tokensOfAnswer(answer) };
  const { issuer, clientId, label } = header;
  const login = { identity: identityOfTokens(tokens), tokens, provenance: { issuer, clientId } };
  enrol(store, label === undefined ? login : { ...login, label }, header.scopeKey);
}
