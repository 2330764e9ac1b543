import type { Account } from '../accounts/account.js';
import type { ScopeRecords } from '../pools/scope-records.js';
import type { Secret } from '../secret.js';
import type { RefreshAnswer } from './journal-recovery.js';
import type { OpenEntry } from './open-entry.js';
import type { WriteGroup } from './write-group.js';

/** The answer to a refresh that is not in the pool yet. */
export interface ReceivedAnswer extends RefreshAnswer {
  readonly account: Account;
  readonly spent: Secret;
  readonly entry: OpenEntry;
}

/** Answers on their way into the pool, and the scopes as they are after that. */
export type AnswerGroup = WriteGroup<ReceivedAnswer, readonly ScopeRecords[]>;
