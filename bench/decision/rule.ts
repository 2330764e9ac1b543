import type { AccountFacts } from '../../src/core/decision/facts.js';
import { isCurrent, isExhausted } from '../../src/core/quota/window.js';

/** What a rule knows when a conversation needs an account. */
export interface Question {
  readonly facts: readonly AccountFacts[];
  readonly now: number;
  /** The account that the conversation ran on until now. */
  readonly sessionAccountId?: string;
}

/** A way to choose an account; it may remember what it chose, so every month has a new one. */
export interface Rule {
  /** Undefined where no account should be tried now. */
  choose(question: Question): string | undefined;
  /** The account answered. */
  used?(id: string, now: number): void;
  /** The account refused because it was empty. */
  refused?(id: string, now: number): void;
}

export interface NamedRule {
  readonly name: string;
  readonly start: () => Rule;
}

/** Nothing that is known now says that the account is empty. */
export function mayBeTried({ quota }: AccountFacts, now: number): boolean {
  if (quota === undefined) return true;
  return quota.windows.every((window) => !isExhausted(window) || !isCurrent(window, quota.observedAt, now));
}

/** The account with the highest mark among those that may be tried; of equals the first. */
export function highest({ facts, now }: Question, mark: (account: AccountFacts) => number): string | undefined {
  let best: { readonly id: string; readonly value: number } | undefined;
  for (const account of facts) {
    if (!mayBeTried(account, now)) continue;
    const value = mark(account);
    if (best === undefined || value > best.value) best = { id: account.id, value };
  }
  return best?.id;
}
