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

/** How the last call got a token that the provider accepts: taken over from another copy, or refreshed. */
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
  /** Kept until the provider lets the account in again. */
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
  /** Says why a file that is there counts as empty, which loses knowledge only. */
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

/** The same for a change of the state, with the version of the file that was read. */
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

/** A function of its own, so that bytes and text of a long file are freed before its content is decoded. */
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

/** Takes over the parsed value: its records are changed in place into those of the state. */
export function decodeState(raw: Readonly<Record<string, unknown>>): AccountState {
  const { accounts } = raw;
  return {
    accounts: isJsonObject(accounts) ? decodeAccounts(accounts) : {},
    // Decoded only when it is read: a listing does not ask about a conversation.
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
 * The state without anything that says that an account is used up: its quota windows have been reset before their time.
 * Everything else that is known of the account stays.
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
 * The state after a change, with the ratio of the windows that follows from the quota before and after it. Code that
 * changes the state need not know of ratios.
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

/** Decodes the entries in place, because a new table of thousands takes longer. */
function decodeAccounts(entries: JsonObject): Readonly<Record<string, AccountKnowledge>> {
  // Without a prototype no id can name an inherited member.
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
