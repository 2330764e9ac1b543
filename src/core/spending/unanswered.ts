import { rmSync } from 'node:fs';
import type { Account } from '../accounts/account.js';
import { fingerprint, isUnderWay, type JournalEntry, readJournal, type UnreadableEntry } from '../lineage/journal.js';
import type { RefreshDeps } from '../logins/refresh-deps.js';
import type { RefreshOutcome } from '../logins/refresh-outcome.js';
import type { Secret } from '../secret.js';
import type { Root } from '../storage/root.js';

type Unsendable = Extract<RefreshOutcome, { kind: 'unknown' | 'unreadable-entry' }>;

/** Requests that spent this very token and whose answer nobody has. */
export function entriesAbout({ paths }: Pick<Root, 'paths'>, token: Secret): JournalEntry[] {
  const spent = fingerprint(token.reveal());
  return unansweredAmong(readJournal(paths.journal, { spent }).entries, spent);
}

function unansweredAmong(entries: readonly JournalEntry[], spent: string): JournalEntry[] {
  return entries.filter(({ header, answer }) => answer === undefined && header.spent === spent);
}

/**
 * Why this token is not to be sent now, or undefined when it may be: the one rule for every program, process and call. Not
 * while a process waits for an answer about it, nor within `unansweredRetryMs` after one did not come, because it may
 * have been spent; and not at all while the journal may hold its successor where nobody can read it.
 */
export function obstacleTo(
  { root, settings }: Pick<RefreshDeps, 'root' | 'settings'>,
  account: Account,
  token: Secret,
): Unsendable | undefined {
  const spent = fingerprint(token.reveal());
  const { entries, unreadable } = readJournal(root.paths.journal, { spent });
  const unanswered = unansweredAmong(entries, spent);
  const closed = unreadable.filter((entry) => mayBeAbout(entry, spent));
  const underWay = [...unanswered, ...closed].find((entry) => isUnderWay(root, entry));
  if (underWay !== undefined) return { kind: 'unknown', account, message: waiting(root, underWay) };
  const [first] = closed;
  if (first !== undefined) return { kind: 'unreadable-entry', account, path: first.path, problem: first.problem };

  const now = root.clock.now();
  const retryAt = Math.max(0, ...unanswered.map((entry) => retryTime(entry, settings.unansweredRetryMs, now)));
  if (retryAt <= now) return undefined;
  const message = `its refresh token was sent ${timesOf(triesOf(unanswered))} and got no answer`;
  return { kind: 'unknown', account, message, retryAt };
}

/** An entry that does not say which token it is about may be about any. */
export function mayBeAbout({ spent, isSignIn }: UnreadableEntry, token: string): boolean {
  return !isSignIn && (spent === undefined || spent === token);
}

function waiting({ processes }: Root, { header }: JournalEntry | UnreadableEntry): string {
  const pid = header?.owner.pid;
  const who = pid === processes.self.pid ? 'another call of this process' : `another process (pid ${pid})`;
  return `${who} has sent its refresh token and waits for the answer`;
}

/** An entry made while the clock was far ahead must not block the login until that time. */
export function retryTime({ header: { startedAt } }: JournalEntry, retryMs: number, now: number): number {
  return startedAt > now + retryMs ? now : startedAt + retryMs;
}

/** How often a token has been sent without an answer. */
export function triesOf(unanswered: readonly JournalEntry[]): number {
  return Math.max(0, ...unanswered.map(({ header }) => header.tries ?? 1));
}

function timesOf(tries: number): string {
  return tries === 1 ? 'once' : `${tries} times`;
}

/** The newest entry says how often the token was sent; the older ones would only pile up. */
export function forgetSuperseded(root: Root, token: Secret, own: string): void {
  for (const entry of entriesAbout(root, token)) {
    if (entry.path !== own && !isUnderWay(root, entry)) rmSync(entry.path, { force: true });
  }
}
