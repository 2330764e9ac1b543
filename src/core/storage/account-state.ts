import * as z from 'zod/mini';
import { type AffinityTable, AffinityTableSchema } from '../decision/affinity.js';
import { definedOnly } from '../defined-only.js';
import { HealthStateSchema } from '../health/state.js';
import { QuotaSnapshotSchema } from '../quota/usage.js';
import { readVersion } from './atomic-file.js';
import { number, record } from './tolerant.js';

/** What is known about one account at the moment: facts with a time, never a credential or a choice (DESIGN §4). */
const Facts = z.object({
  health: z.catch(z.optional(HealthStateSchema), undefined),
  quota: z.catch(z.optional(QuotaSnapshotSchema), undefined),
  /** What the last call had to do to be let in: taken from elsewhere, or refreshed. */
  recovery: z.catch(z.optional(z.object({ kind: z.enum(['reloaded', 'refreshed']), at: z.number() })), undefined),
});

export type AccountKnowledge = Readonly<z.infer<typeof Facts>>;

export interface AccountState {
  readonly accounts: Readonly<Record<string, AccountKnowledge>>;
  readonly affinity: AffinityTable;
  readonly raw: Readonly<Record<string, unknown>>;
}

const emptyState: AccountState = { accounts: {}, affinity: {}, raw: {} };

export interface ReadState {
  readonly state: AccountState;
  /** The file is there and is no state: it counts as empty, because only knowledge is lost, and this says so. */
  readonly warning?: string;
  /** A newer version of the file, which is not ours to replace. */
  readonly newerVersion?: number;
}

/** Throws `storage-unreadable` only where the file may not be read at all. */
export function readAccountState(path: string): ReadState {
  const version = readVersion(path);
  if (version.kind === 'absent') return { state: emptyState };
  const file = record.safeParse(parse(version.content));
  const stated = file.success ? (number.parse(file.data['version']) ?? 1) : 1;
  if (stated > 1)
    return {
      state: emptyState,
      warning: `${path} has version ${stated}, newer than this program`,
      newerVersion: stated,
    };
  if (!file.success) {
    return { state: emptyState, warning: `${path} is damaged; health and quota start from nothing` };
  }
  return { state: decodeState(file.data) };
}

export function decodeState(raw: Readonly<Record<string, unknown>>): AccountState {
  const accounts = record.safeParse(raw['accounts']);
  const affinity = AffinityTableSchema.safeParse(raw['affinity']);
  return {
    accounts: accounts.success ? decodeAccounts(accounts.data) : {},
    affinity: affinity.success ? affinity.data : {},
    raw,
  };
}

export function encodeState(state: AccountState): Record<string, unknown> {
  return { ...state.raw, version: 1, accounts: state.accounts, affinity: state.affinity };
}

/** The state with other facts about one account. */
export function withKnowledge(state: AccountState, id: string, knowledge: AccountKnowledge): AccountState {
  return { ...state, accounts: { ...state.accounts, [id]: definedOnly(knowledge) } };
}

function decodeAccounts(entries: Readonly<Record<string, unknown>>): Record<string, AccountKnowledge> {
  const decoded = Object.entries(entries).flatMap(([id, entry]) => {
    const facts = Facts.safeParse(entry);
    return facts.success ? [[id, definedOnly(facts.data)] as const] : [];
  });
  return Object.fromEntries(decoded);
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    // The caller reports the damage; the file holds nothing that could be lost.
    return undefined;
  }
}
