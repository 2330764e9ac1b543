import { isJsonObject, type JsonObject } from './json-object.js';

// Plain questions about values of a parsed file, for what is asked of each of a thousand accounts: a schema takes longer to
// load than a listing takes to print.

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

/** JSON can spell numbers that are none to us: `1e999` is infinite. */
export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

export function isNumberOrAbsent(value: unknown): value is number | undefined {
  return value === undefined || isNumber(value);
}

export function isFlagOrAbsent(value: unknown): value is boolean | undefined {
  return value === undefined || typeof value === 'boolean';
}

export function isListOf(value: unknown, is: (each: JsonObject) => boolean): boolean {
  return Array.isArray(value) && value.every((each) => isJsonObject(each) && is(each));
}

/** Whether a value is absent, or an object of that kind. */
export function isAbsentOr(value: unknown, is: (each: JsonObject) => boolean): boolean {
  return value === undefined || (isJsonObject(value) && is(value));
}
