import { definedOnly } from '../defined-only.js';
import { type AccessRefusal, isAccessRefusal } from '../health/access-refusal.js';
import { isJsonObject, type JsonObject } from '../json-object.js';
import { jsonIn, parseJsonText } from '../json-text.js';
import { isNumber } from '../json-values.js';
import { isQuotaSnapshot, type QuotaSnapshot } from '../quota/usage.js';
import { isWindowRatio, ratioAfter, type WindowRatio } from '../quota/window-ratio.js';
import { type FileVersion, readVersion } from '../storage/atomic-file.js';
import { isPassedOver } from '../storage/regular-file.js';
import { readNumber } from '../storage/tolerant.js';
import { type AffinityTable, readAffinity } from './affinity.js';
import { type HealthState, isHealthState } from './state.js';

/** What the last call had to do to be let in: taken from elsewhere, or refreshed. */
interface Recovery {
  readonly kind: 'reloaded' | 'refreshed';
  readonly at: number;
}

/** What is known about one account at the moment: facts with a time, never a credential or a choice. */
export interface AccountKnowledge {
  readonly health?: HealthState | undefined;
  readonly quota?: QuotaSnapshot | undefined;
  /** Follows from all quota that was ever kept: {@link withRatios}. */
  readonly ratio?: WindowRatio | undefined;
  readonly recovery?: Recovery | undefined;
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
  /** The file is there and is no state: it counts as empty, because only knowledge is lost, and this says so. */
  readonly warning?: string;
  /** Set where the file is not ours to replace: one of a newer version, or something that is no file. */
  readonly keepOut?: 'newer-version' | 'not-a-file';
}

/** Throws `storage-unreadable` only where the file may not be read at all. */
export function readAccountState(path: string): ReadState {
  try {
    return stateIn(path, parsedAt(path));
  } catch (error) {
    return notKept(error);
  }
}

export interface ChangeableState extends ReadState {
  /** What the state was read from; absent where something else than a file is there. */
  readonly version: FileVersion;
}

/** The same for whoever changes it. */
export function readChangeableState(path: string): ChangeableState {
  try {
    const version = readVersion(path);
    return { version, ...stateIn(path, parsed(version)) };
  } catch (error) {
    return { version: { kind: 'absent' }, ...notKept(error) };
  }
}

function notKept(error: unknown): ReadState {
  if (!isPassedOver(error)) throw error;
  // A link to /dev/null is a way to say that nothing is to be kept there.
  const warning = `${error.message}; health and quota are not kept`;
  return { state: emptyState, warning, keepOut: 'not-a-file' };
}

/** Bytes and text of a long file are let go here, before what they say takes room of its own. */
function parsedAt(path: string): unknown {
  return parsed(readVersion(path));
}

function parsed(version: FileVersion): unknown {
  return version.kind === 'absent' ? {} : jsonIn(version.content, parseJsonText);
}

function stateIn(path: string, file: unknown): ReadState {
  const stated = isJsonObject(file) ? (readNumber(file['version']) ?? 1) : 1;
  if (stated > 1)
    return {
      state: emptyState,
      warning: `${path} has version ${stated}, newer than this program`,
      keepOut: 'newer-version',
    };
  if (!isJsonObject(file)) {
    return { state: emptyState, warning: `${path} is damaged; health and quota start from nothing` };
  }
  return { state: decodeState(file) };
}

/** Takes over what has been parsed: its records are made into those of the state. */
export function decodeState(raw: Readonly<Record<string, unknown>>): AccountState {
  const { accounts } = raw;
  return {
    accounts: isJsonObject(accounts) ? decodeAccounts(accounts) : {},
    // Understood only for whoever asks about a conversation, which a listing does not.
    get affinity() {
      return readAffinity(raw['affinity']);
    },
    switchedAt: readNumber(raw['switchedAt']),
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
 * The state without anything that says that an account is used up: its windows have been filled before their time. What
 * else happened to it stays.
 */
export function withoutExhaustion(state: AccountState, id: string): AccountState {
  const known = state.accounts[id];
  if (known === undefined) return state;
  const { quota: _, health, ...rest } = known;
  if (health === undefined) return withKnowledge(state, id, rest);
  const { rateLimitedUntil: _until, cooldown, ...lasting } = health;
  const kept = cooldown?.reason === 'rate-limited' ? undefined : cooldown;
  return withKnowledge(state, id, { ...rest, health: definedOnly({ ...lasting, cooldown: kept }) });
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

/** In their place, because a table of thousands takes longer to make than to fill. */
function decodeAccounts(entries: JsonObject): Readonly<Record<string, AccountKnowledge>> {
  // Without a prototype nothing an id is called can mean something else.
  const known: Record<string, unknown> = Object.setPrototypeOf(entries, null);
  for (const id in known) {
    const entry = known[id];
    if (isJsonObject(entry)) known[id] = decodeKnowledge(entry);
    else delete known[id];
  }
  return known as Record<string, AccountKnowledge>;
}

/** A fact that cannot be read is one that is not known. */
function decodeKnowledge({ health, quota, ratio, recovery, refusal }: JsonObject): AccountKnowledge {
  return {
    health: isHealthState(health) ? health : undefined,
    quota: isQuotaSnapshot(quota) ? quota : undefined,
    ratio: isWindowRatio(ratio) ? ratio : undefined,
    recovery: isRecovery(recovery) ? recovery : undefined,
    refusal: isAccessRefusal(refusal) ? refusal : undefined,
  };
}

function isRecovery(value: unknown): value is Recovery {
  if (!isJsonObject(value)) return false;
  const { kind, at } = value;
  return (kind === 'reloaded' || kind === 'refreshed') && isNumber(at);
}
