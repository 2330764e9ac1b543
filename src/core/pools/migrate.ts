import { isJsonObject, type JsonObject } from '../json-object.js';
import { readNumber } from '../storage/tolerant.js';

export type FormatProblem =
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'newer-version'; readonly version: number };

type Migrated = { readonly kind: 'ok'; readonly value: JsonObject; readonly from?: number } | FormatProblem;

const currentVersion = 3;

/** Brings the JSON of a pool file to version 3 in memory; the first write makes it permanent. */
export function migratePool(json: unknown): Migrated {
  if (!isJsonObject(json)) return { kind: 'malformed', reason: 'it is not a JSON object' };
  const stated = json['version'];
  const version = stated === undefined ? 1 : readNumber(stated);
  if (version === undefined) return { kind: 'malformed', reason: 'its version is not a number' };
  if (version > currentVersion) return { kind: 'newer-version', version };
  if (version === currentVersion) return { kind: 'ok', value: json };
  if (version === 1) return { kind: 'ok', value: fromVersion1(json), from: 1 };
  return { kind: 'malformed', reason: `no tool of this family wrote version ${version}` };
}

/** Version 1 knew one reset time for every model; version 3 keeps one per model family. */
function fromVersion1(container: JsonObject): Record<string, unknown> {
  const accounts = Array.isArray(container['accounts']) ? container['accounts'].map(accountFromVersion1) : undefined;
  return { ...container, version: currentVersion, ...(accounts === undefined ? {} : { accounts }) };
}

function accountFromVersion1(entry: unknown): unknown {
  if (!isJsonObject(entry)) return entry;
  const { rateLimitResetTime, ...rest } = entry;
  if (rateLimitResetTime === undefined) return rest;
  const known = rest['rateLimitResetTimes'] ?? {};
  // A value of a later version that is no table leaves no room; the old key stays then.
  if (!isJsonObject(known)) return entry;
  return { ...rest, rateLimitResetTimes: { codex: rateLimitResetTime, ...known } };
}
