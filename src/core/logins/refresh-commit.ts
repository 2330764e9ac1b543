import { rmSync } from 'node:fs';
import type { Account } from '../accounts/account.js';
import { AppError } from '../errors.js';
import { withKnowledge } from '../health/account-state.js';
import { applyEvent } from '../health/state.js';
import type { Store } from '../pools/store.js';
import type { Secret } from '../secret.js';
import { tokensOfAnswer } from './journal-overlay.js';
import { finishRefresh, type RefreshAnswer } from './journal-recovery.js';
import { findStored } from './newest-copy.js';
import type { OpenEntry } from './open-entry.js';
import type { RefreshDeps } from './refresh-deps.js';
import { entriesAbout } from './unanswered.js';
import { withStore } from './with-store.js';
import { writeBack } from './write-back.js';

export interface ReceivedAnswer extends RefreshAnswer {
  readonly account: Account;
  readonly spent: Secret;
  readonly entry: OpenEntry;
}

/**
 * Stores an answer: journal, then every record that held the spent token, then `auth.json`. When a file cannot be
 * written the journal entry stays, the error says where, and the next run finishes (P3). Throws `no-such-account` when
 * the account was removed meanwhile; its tokens are kept aside then.
 */
export async function commitRefresh(deps: RefreshDeps, received: ReceivedAnswer): Promise<Account> {
  const { root } = deps;
  const { account, answer, entry, spent } = received;
  const isRecorded = tryTo(() => entry.record(answer));
  let stored: Account | undefined;
  try {
    // Not cut short by Ctrl-C: the tokens are here, and storing them takes milliseconds.
    stored = await withStore(root, {}, async (store) => {
      finishRefresh(store, received);
      for (const { path } of entriesAbout(root, spent)) if (path !== entry.path) rmSync(path, { force: true });
      await writeBack(store, deps, { spent, received: tokensOfAnswer(answer).refreshToken });
      remember(store, deps, account.id);
      return findAfter(store, account.id);
    });
  } catch (error) {
    const isKept = isRecorded || tryTo(() => entry.record(answer));
    tryTo(() => entry.leave());
    throw isKept ? keptInJournal(error, root.paths.journal) : lost(error);
  }
  // A leftover entry costs nothing: its token is spent, and whoever opens the store next removes it.
  tryTo(() => entry.discard());
  if (stored !== undefined) return stored;
  throw new AppError('no-such-account', 'another process removed this account while its login was refreshed', {
    hint: `its new tokens are kept in ${root.paths.kept}`,
  });
}

/** Health is knowledge only: it must not be the reason that stored tokens count as not stored. */
function remember(store: Store, { root, settings, warn }: RefreshDeps, id: string): void {
  const now = root.clock.now();
  try {
    store.changeState((state) => {
      const known = state.accounts[id] ?? {};
      return withKnowledge(state, id, {
        ...known,
        health: applyEvent(known.health, { kind: 'refreshed' }, now, settings),
      });
    });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    warn(error.message);
  }
}

function findAfter(store: Store, id: string): Account | undefined {
  try {
    return findStored(store.scopes(), id);
  } catch (error) {
    if (error instanceof AppError && error.code === 'no-such-account') return undefined;
    throw error;
  }
}

/** Whether it worked; for steps whose failure another step makes good. */
export function tryTo(step: () => void): boolean {
  try {
    step();
    return true;
  } catch {
    // The caller goes on without it, and says so where that matters.
    return false;
  }
}

function keptInJournal(error: unknown, directory: string): unknown {
  if (!(error instanceof AppError)) return error;
  const message = `${error.message}; the new tokens are safe in ${directory}, and the next run stores them`;
  return new AppError(error.code, message, {
    hint: 'codex-auth check',
    details: { ...error.details, journal: directory },
  });
}

function lost(error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  const message = `${error.message}; the new tokens could not be written to the refresh journal either and are lost`;
  return new AppError(error.code, message, {
    hint: 'fix the disk, then codex-auth login',
    details: { ...error.details },
  });
}
