import * as z from 'zod/mini';
import { definedOnly } from '../defined-only.js';
import { type AccessRefusal, AccessRefusalSchema } from '../health/access-refusal.js';
import { isJsonObject, type JsonObject } from '../json-object.js';
import { parseJsonText } from '../json-text.js';
import { isQuotaSnapshot, type QuotaSnapshot } from '../quota/usage.js';
import { isWindowRatio, ratioAfter, type WindowRatio } from '../quota/window-ratio.js';
import { type FileVersion, isPassedOver, readVersion } from '../storage/atomic-file.js';
import { number, record } from '../storage/tolerant.js';
import { type AffinityTable, AffinityTableSchema } from './affinity.js';
import { type HealthState, HealthStateSchema } from './state.js';

/** What the last call had to do to be let in: taken from elsewhere, or refreshed. */
const RecoverySchema = z.object({ kind: z.enum(['reloaded', 'refreshed']), at: z.number() });

/** What is known about one account at the moment: facts with a time, never a credential or a choice. */
export interface AccountKnowledge {
  readonly health?: HealthState | undefined;
  readonly quota?: QuotaSnapshot | undefined;
  /** Follows from all quota that was ever kept: {@link withRatios}. */
  readonly ratio?: WindowRatio | undefined;
  readonly recovery?: z.infer<typeof RecoverySchema> | undefined;
  /** Until the provider lets the account in again. */
  readonly refusal?: AccessRefusal | undefined;
}

export interface AccountState {
  readonly accounts: Readonly<Record<string, AccountKnowledge>>;
  readonly affinity: AffinityTable;
  /** When the program itself last chose another account to use, milliseconds since the epoch. */
  readonly switchedAt?: number | undefined;
  readonly raw: Readonly<Record<string, unknown>>;
}

const emptyState: AccountState = { accounts: {}, affinity: {}, raw: {} };

export interface ReadState {
  readonly state: AccountState;
  /** What the state was read from; absent where something else than a file is there. */
  readonly version: FileVersion;
  /** The file is there and is no state: it counts as empty, because only knowledge is lost, and this says so. */
  readonly warning?: string;
  /** Set where the file is not ours to replace: one of a newer version, or something that is no file. */
  readonly keepOut?: 'newer-version' | 'not-a-file';
}

/** Throws `storage-unreadable` only where the file may not be read at all. */
export function readAccountState(path: string): ReadState {
  try {
    const version = readVersion(path);
    return { version, ...stateIn(path, version) };
  } catch (error) {
    if (!isPassedOver(error)) throw error;
    // A link to /dev/null is a way to say that nothing is to be kept there.
    const warning = `${error.message}; health and quota are not kept`;
    return { state: emptyState, version: { kind: 'absent' }, warning, keepOut: 'not-a-file' };
  }
}

function stateIn(path: string, version: FileVersion): Omit<ReadState, 'version'> {
  if (version.kind === 'absent') return { state: emptyState };
  const file = record.safeParse(parse(version.content));
  const stated = file.success ? (number.parse(file.data['version']) ?? 1) : 1;
  if (stated > 1)
    return {
      state: emptyState,
      warning: `${path} has version ${stated}, newer than this program`,
      keepOut: 'newer-version',
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
    switchedAt: number.parse(raw['switchedAt']),
    raw,
  };
}

export function encodeState(state: AccountState): Record<string, unknown> {
  const { raw, accounts, affinity, switchedAt } = state;
  return { ...raw, version: 1, accounts, affinity, ...definedOnly({ switchedAt }) };
}

/** The state with other facts about one account. */
export function withKnowledge(state: AccountState, id: string, knowledge: AccountKnowledge): AccountState {
  return { ...state, accounts: { ...state.accounts, [id]: definedOnly(knowledge) } };
}

/**
 * The state after a change of it, with what the two answers before and after it say together: whoever asks need not
 * know of it.
 */
export function withRatios(after: AccountState, before: AccountState): AccountState {
  let state = after;
  for (const [id, knowledge] of Object.entries(after.accounts)) {
    const known = before.accounts[id];
    if (known === undefined || known === knowledge) continue;
    const ratio = ratioAfter(known.ratio, known.quota, knowledge.quota);
    if (ratio !== knowledge.ratio) state = withKnowledge(state, id, { ...knowledge, ratio });
  }
  return state;
}

function decodeAccounts(entries: JsonObject): Record<string, AccountKnowledge> {
  // Without a prototype nothing an id is called can mean something else.
  const known: Record<string, AccountKnowledge> = Object.create(null);
  for (const id in entries) {
    const entry = entries[id];
    if (isJsonObject(entry)) known[id] = decodeKnowledge(entry);
  }
  return known;
}

/** A fact that cannot be read is one that is not known. */
function decodeKnowledge({ health, quota, ratio, recovery, refusal }: JsonObject): AccountKnowledge {
  return definedOnly({
    health: readFact(HealthStateSchema, health),
    quota: isQuotaSnapshot(quota) ? quota : undefined,
    ratio: isWindowRatio(ratio) ? ratio : undefined,
    recovery: readFact(RecoverySchema, recovery),
    refusal: readFact(AccessRefusalSchema, refusal),
  });
}

function readFact<T>(schema: z.ZodMiniType<T>, value: unknown): T | undefined {
  return value === undefined ? undefined : schema.safeParse(value).data;
}

function parse(content: string): unknown {
  try {
    return parseJsonText(content);
  } catch {
    // The caller reports the damage; the file holds nothing that could be lost.
    return undefined;
  }
}
