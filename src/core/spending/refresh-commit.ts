import { rmSync } from 'node:fs';
import type { Account } from '../accounts/account.js';
import { AppError } from '../errors.js';
import { type AccountState, withKnowledge } from '../health/account-state.js';
import { applyEvent } from '../health/state.js';
import type { JournalAnswer } from '../lineage/journal.js';
import { tokensOfAnswer } from '../lineage/journal-overlay.js';
import type { OpenEntry } from '../lineage/open-entry.js';
import { finishRefreshes } from '../logins/journal-recovery.js';
import type { ReceivedAnswer, RefreshDeps } from '../logins/refresh-deps.js';
import { withStore } from '../logins/with-store.js';
import { writeBack } from '../logins/write-back.js';
import { recordsOf, type ScopeRecords } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import { entriesAbout } from './unanswered.js';

/**
 * Stores an answer: journal, then every record that held the spent token, then the official homes. Answers that arrive
 * side by side are stored together once they are in the journal; what a home holds as well is not kept waiting, because a
 * client there would still send the spent token. When a file cannot be written the journal entry stays, the error says
 * where, and the next run finishes (P3). Throws `no-such-account` when the account was removed meanwhile; its tokens are
 * kept aside then.
 */
export async function commitRefresh(
  deps: RefreshDeps,
  received: ReceivedAnswer,
  { isInHome }: { readonly isInHome: boolean },
): Promise<Account> {
  const { root, answers } = deps;
  const { account, answer, entry } = received;
  const isRecorded = await isKept(entry, answer);
  let scopes: readonly ScopeRecords[];
  try {
    const isUrgent = isInHome || !isRecorded;
    scopes = await answers.write(received, (group) => storeAnswers(deps, group), { isUrgent });
  } catch (error) {
    const isSafe = isRecorded || (await isKept(entry, answer));
    tryTo(() => entry.leave());
    throw isSafe ? keptInJournal(error, root.paths.journal) : lost(error);
  }
  // A leftover entry costs nothing: its token is spent, and the next process that opens the store removes it.
  tryTo(() => entry.discard());
  const stored = recordsOf(scopes).find(({ id }) => id === account.id);
  if (stored !== undefined) return stored;
  throw new AppError('no-such-account', 'another process removed this account while its login was refreshed', {
    hint: `its new tokens are kept in ${root.paths.kept}`,
  });
}

/** Records the answer, and says whether the journal has it; where it has not, storing the answer makes that good. */
export function isKept(entry: OpenEntry, answer: JournalAnswer): Promise<boolean> {
  return entry.record(answer).then(
    () => true,
    () => false,
  );
}

/** Ctrl-C does not cut this short: the tokens have arrived, and storing them takes milliseconds. */
function storeAnswers(deps: RefreshDeps, group: readonly ReceivedAnswer[]): Promise<readonly ScopeRecords[]> {
  const { root } = deps;
  return withStore(root, {}, async (store) => {
    finishRefreshes(store, group);
    for (const { spent, entry } of group) {
      for (const { path } of entriesAbout(root, spent)) if (path !== entry.path) rmSync(path, { force: true });
    }
    const exchanges = group.map(({ spent, answer }) => ({ spent, received: tokensOfAnswer(answer).refreshToken }));
    await writeBack(store, deps, exchanges);
    remember(store, deps, group);
    return store.scopes();
  });
}

/** Health is knowledge only: it must not be the reason that stored tokens count as not stored. */
function remember(store: Store, { root, settings, warn }: RefreshDeps, group: readonly ReceivedAnswer[]): void {
  const now = root.clock.now();
  const refreshed = (state: AccountState, { account: { id } }: ReceivedAnswer) => {
    const known = state.accounts[id] ?? {};
    const health = applyEvent(known.health, { kind: 'refreshed' }, now, settings);
    return withKnowledge(state, id, { ...known, health });
  };
  try {
    store.changeState((state) => group.reduce(refreshed, state));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    warn(error.message);
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
