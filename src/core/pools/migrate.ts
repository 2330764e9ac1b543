import { number as numeric, record } from '../storage/tolerant.js';

export type FormatProblem =
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'newer-version'; readonly version: number };

type Migrated =
  | { readonly kind: 'ok'; readonly value: Readonly<Record<string, unknown>>; readonly from?: number }
  | FormatProblem;

const currentVersion = 3;

/** Brings the JSON of a pool file to version 3 in memory; the first write makes it permanent. */
export function migratePool(json: unknown): Migrated {
  const container = record.safeParse(json);
  if (!container.success) return { kind: 'malformed', reason: 'it is not a JSON object' };
  const stated = container.data['version'];
  const version = stated === undefined ? 1 : numeric.parse(stated);
  if (version === undefined) return { kind: 'malformed', reason: 'its version is not a number' };
  if (version > currentVersion) return { kind: 'newer-version', version };
  if (version === currentVersion) return { kind: 'ok', value: container.data };
  if (version === 1) return { kind: 'ok', value: fromVersion1(container.data), from: 1 };
  return { kind: 'malformed', reason: `no tool of this family wrote version ${version}` };
}

/** Version 1 knew one reset time for every model; version 3 keeps one per model family. */
function fromVersion1(container: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const accounts = Array.isArray(container['accounts']) ? container['accounts'].map(accountFromVersion1) : undefined;
  return { ...container, version: currentVersion, ...(accounts === undefined ? {} : { accounts }) };
}

function accountFromVersion1(entry: unknown): unknown {
  const account = record.safeParse(entry);
  if (!account.success) return entry;
  const { rateLimitResetTime, ...rest } = account.data;
  if (rateLimitResetTime === undefined) return rest;
  const known = record.safeParse(rest['rateLimitResetTimes'] ?? {});
  // A value of a later version that is no table leaves no room; the old key stays then.
  if (!known.success) return account.data;
  return { ...rest, rateLimitResetTimes: { codex: rateLimitResetTime, ...known.data } };
}
