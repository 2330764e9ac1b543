import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod/mini';
import type { Account, FlaggedAccount } from '../accounts/account.js';
import { definedOnly } from '../defined-only.js';
import { isQuotaSnapshot, type QuotaSnapshot } from '../quota/usage.js';
import type { ShareKey } from './share-key.js';

// What people and the provider say of an account besides its tokens. Each field is merged by itself: of two values the
// one that reached the database later counts, by the clock of the database; of two quotas the later answer.

const field = <T extends z.ZodMiniType>(value: T) =>
  z.exactOptional(z.object({ value: z.nullable(value), at: z.number() }));

const FlagNote = z.object({
  reason: z.string(),
  lastError: z.exactOptional(z.string()),
  at: z.number(),
});

/** A field with `null` was taken back. Times are by the clock of the database, milliseconds since the epoch. */
export const Notes = z.object({
  label: field(z.string()),
  enabled: field(z.boolean()),
  priority: field(z.enum(['first', 'last'])),
  reservePercent: field(z.number()),
  flag: field(FlagNote),
  /** `at` is when the provider said so. */
  quota: z.exactOptional(z.object({ at: z.number(), value: z.exactOptional(z.unknown()) })),
});
export type Notes = z.infer<typeof Notes>;

const fields = ['label', 'enabled', 'priority', 'reservePercent', 'flag'] as const;
type FieldName = (typeof fields)[number];
type Values = { readonly [K in FieldName]: NonNullable<Notes[K]>['value'] };

/** The account as this machine has it. */
export interface NotedAccount {
  readonly account: Account | FlaggedAccount;
  readonly quota?: QuotaSnapshot | undefined;
}

function valuesOf({ account }: NotedAccount): Values {
  const { label = null, enabled, priority = null, reservePercent = null } = account;
  return { label, enabled, priority, reservePercent, flag: 'flag' in account ? flagNote(account) : null };
}

function flagNote({ flag: { reason, lastError, at } }: FlaggedAccount) {
  return { reason, at, ...definedOnly({ lastError }) };
}

const defaults: Values = { label: null, enabled: true, priority: null, reservePercent: null, flag: null };

export interface NotesMerge {
  /** What the database and this machine know together from now on. */
  readonly merged: Notes;
  /** Whether the database lacks a part of `merged`. */
  readonly isNews: boolean;
  /** The new values of the fields that are to be changed on this machine. */
  readonly here: Partial<Values>;
  /** A later answer about the quota than the one here. */
  readonly quota?: QuotaSnapshot;
}

/**
 * Brings together what this machine knows, what both sides knew at the last exchange (`base`), and what the database
 * knows now. A value that was changed here since then reaches the database now, and so counts as the later one. Pure.
 */
export function mergeNotes(
  local: NotedAccount,
  base: Notes,
  remote: Notes,
  { now, clockAheadMs }: { readonly now: number; readonly clockAheadMs: number },
): NotesMerge {
  const values = valuesOf(local);
  const merged: Record<string, unknown> = {};
  const here: Record<string, unknown> = {};
  let isNews = false;
  for (const name of fields) {
    const before = base[name]?.value ?? defaults[name];
    const isChangedHere = !isSameValue(name, values[name], before);
    if (isChangedHere && !isSameValue(name, values[name], remote[name]?.value ?? defaults[name])) {
      merged[name] = { value: values[name], at: now };
      isNews = true;
    } else {
      const theirs = remote[name];
      if (theirs !== undefined) merged[name] = theirs;
      const value = theirs?.value ?? defaults[name];
      if (!isSameValue(name, values[name], value)) here[name] = value;
    }
  }
  const quota = mergeQuota(local.quota, remote.quota, clockAheadMs);
  const all = { ...merged, ...definedOnly({ quota: quota.merged }) } as Notes;
  return { merged: all, isNews: isNews || quota.isNews, here, ...definedOnly({ quota: quota.here }) };
}

/** Two flags are the same value when their reasons are; when they were set does not matter. */
function isSameValue(name: FieldName, a: unknown, b: unknown): boolean {
  if (name !== 'flag' || a === null || b === null) return isDeepStrictEqual(a, b);
  return (a as z.infer<typeof FlagNote>).reason === (b as z.infer<typeof FlagNote>).reason;
}

/** An answer that is later by less than this is not pushed: every machine would have to read it. */
const quotaStepMs = 60_000;

function mergeQuota(local: QuotaSnapshot | undefined, remote: Notes['quota'], clockAheadMs: number) {
  const ours = local === undefined ? undefined : local.observedAt - clockAheadMs;
  if (ours !== undefined && (remote === undefined || ours - remote.at >= quotaStepMs)) {
    return { merged: { at: ours, value: local }, isNews: true, here: undefined };
  }
  const isLater = remote !== undefined && remote.at > (ours ?? Number.NEGATIVE_INFINITY);
  const value = isLater && isQuotaSnapshot(remote.value) ? remote.value : undefined;
  const here = value && remote && { ...value, observedAt: remote.at + clockAheadMs };
  return { merged: remote, isNews: false, here };
}

/** The notes as `share.json` remembers them: without the quota itself, which the account's own state has. */
export function baseOf(notes: Notes): Notes {
  return notes.quota === undefined ? notes : { ...notes, quota: { at: notes.quota.at } };
}

export function sealNotes(key: ShareKey, id: string, generation: number, notes: Notes): string {
  return key.seal(JSON.stringify(notes), { id, part: 'notes', generation });
}

/** Notes that cannot be opened count as empty: nothing but notes is lost with them. */
export function openNotes(
  key: ShareKey,
  {
    id,
    sealed_notes: sealed,
    notes_generation: generation,
  }: {
    readonly id: string;
    readonly sealed_notes: string | null;
    readonly notes_generation: number;
  },
): Notes {
  const opened = sealed === null ? undefined : key.open(sealed, { id, part: 'notes', generation });
  if (opened === undefined) return {};
  try {
    return Notes.parse(JSON.parse(opened.reveal()));
  } catch {
    return {};
  }
}
