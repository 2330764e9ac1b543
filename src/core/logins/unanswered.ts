import { rmSync } from 'node:fs';
import { definedOnly } from '../defined-only.js';
import type { Secret } from '../secret.js';
import type { Root } from '../storage/root.js';
import { fingerprint, type JournalEntry, readEntries } from './journal.js';
import type { RefreshDeps } from './refresh-deps.js';

/** Requests that spent this very token and whose answer nobody has. */
export function entriesAbout({ paths }: Root, token: Secret): JournalEntry[] {
  const spent = fingerprint(token.reveal());
  return readEntries(paths.journal).filter(({ header, answer }) => answer === undefined && header.spent === spent);
}

/** Why this run must not send the token, or undefined when it may (P4). */
export function reasonNotToSend({ root, runId }: RefreshDeps, token: Secret): string | undefined {
  const entries = entriesAbout(root, token);
  if (entries.some(({ header }) => header.run === runId)) {
    return 'this run has sent its refresh token once and got no answer';
  }
  const underWay = entries.find((entry) => !entry.isLeft && isOwnerAlive(root, entry));
  return (
    underWay && `another process (pid ${underWay.header.owner.pid}) has sent its refresh token and waits for the answer`
  );
}

/** One entry that says “unknown” is enough; those of ended processes would only pile up. */
export function forgetSuperseded(root: Root, token: Secret, own: string): void {
  for (const entry of entriesAbout(root, token)) {
    if (entry.header.run !== own && !isOwnerAlive(root, entry)) rmSync(entry.path, { force: true });
  }
}

function isOwnerAlive({ processes }: Root, { header }: JournalEntry): boolean {
  return processes.stateOf(definedOnly(header.owner)) === 'alive';
}
