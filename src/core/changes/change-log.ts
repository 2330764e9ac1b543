import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Account, describeAccount } from '../accounts/account.js';
import { orInstead } from '../errors.js';
import { jsonIn, parseJsonText } from '../json-text.js';
import type { ScopeRecords } from '../pools/scope-records.js';
import type { Store } from '../pools/store.js';
import { readDirectory, readVersion } from '../storage/atomic-file.js';
import { byAge, isKeptName, keepAside, keepNewest } from '../storage/kept.js';
import type { Root } from '../storage/root.js';
import { Change, type Step } from './change.js';
import { stepsBetween } from './steps-between.js';

const stem = 'change';
/** More than anybody remembers; each may hold the logins that it removed. */
const mostKept = 20;

export interface RecordedChange {
  readonly path: string;
  readonly change: Change;
}

/**
 * Notes what has become different since `before`, so that it can be taken back. Call it while the store is open; `amend`
 * adds what the pools do not show, or leaves out what is to stay.
 */
export function recordChange(
  store: Store,
  command: string,
  before: readonly ScopeRecords[],
  amend: (steps: readonly Step[]) => readonly Step[] = (steps) => steps,
): void {
  const steps = [...amend(stepsBetween(before, store.scopes()))];
  if (steps.length === 0) return;
  const about = namesOf(steps, [...before, ...store.scopes()]);
  const change: Change = { version: 1, command, at: store.root.clock.now(), about, steps };
  const { changes } = store.root.paths;
  keepAside(store.root, stem, `${JSON.stringify(change, null, 2)}\n`, changes);
  keepNewest(changes, stem, mostKept);
}

const mostNames = 5;

function namesOf(steps: readonly Step[], scopes: readonly ScopeRecords[]): string[] {
  const ids = new Set(steps.flatMap(accountOf));
  const accounts = new Map<string, Account>();
  for (const { pool, flagged } of scopes) {
    for (const account of [...pool.accounts, ...flagged.accounts])
      if (ids.has(account.id)) accounts.set(account.id, account);
  }
  const names = [...accounts.values()].map(describeAccount);
  return names.length > mostNames ? [...names.slice(0, mostNames), `${names.length - mostNames} more`] : names;
}

function accountOf(step: Step): string[] {
  if (step.kind === 'login') return [step.after];
  if (step.kind === 'binding') return [step.after ?? step.before].flatMap((binding) => binding?.accountId ?? []);
  return 'id' in step ? [step.id] : [];
}

/**
 * What can be taken back, the last change first. A file that cannot be read is no change; throws `storage-unreadable`
 * for a directory.
 */
export function readChanges({ paths }: Pick<Root, 'paths'>): RecordedChange[] {
  const names = readDirectory(paths.changes).filter((name) => isKeptName(name) && name.startsWith(`${stem}-2`));
  const changes = names.sort((a, b) => byAge(b, a)).map((name) => join(paths.changes, name));
  return changes.flatMap((path) => {
    const change = readChange(path);
    return change === undefined ? [] : [{ path, change }];
  });
}

function readChange(path: string): Change | undefined {
  // A file that is not ours, or not whole, is no change.
  const version = orInstead(
    () => readVersion(path),
    () => undefined,
  );
  return version?.kind === 'present' ? Change.safeParse(jsonIn(version.content, parseJsonText)).data : undefined;
}

/** Forgets a change that has been taken back. */
export function forgetChange({ path }: RecordedChange): void {
  rmSync(path, { force: true });
}
