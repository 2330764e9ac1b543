import * as z from 'zod/mini';
import { isJsonObject, type JsonObject } from '../json-object.js';
import { Secret } from '../secret.js';

// Files written by other tools of this family hold numbers as strings, empty strings and nulls for "unknown". Here a
// value that does not fit reads as absent; code that rewrites the file keeps the original value. Plain functions,
// because a pool is read by every command and can hold a thousand records of twenty fields.

export function readText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function readSecret(value: unknown): Secret | undefined {
  const text = readText(value);
  return text === undefined ? undefined : new Secret(text);
}

export function readFlag(value: unknown): boolean | undefined {
  if (value === 'true' || value === 'false') return value === 'true';
  return typeof value === 'boolean' ? value : undefined;
}

export function readNumber(value: unknown): number | undefined {
  if (typeof value === 'string') return /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

const latestDateMs = 8.64e15;

/** Milliseconds since the epoch that a Date can hold; anything else cannot be shown and reads as absent. */
export function readTime(value: unknown): number | undefined {
  const ms = readNumber(value);
  return ms !== undefined && Math.abs(ms) <= latestDateMs ? ms : undefined;
}

/** {@link readText} as the schema of a field. */
export const text = z.optional(z.pipe(z.unknown(), z.transform(readText)));

/** A JSON object as it is, not a copy: copying would lose a key named `__proto__`. */
export const record = z.custom<JsonObject>(isJsonObject);
