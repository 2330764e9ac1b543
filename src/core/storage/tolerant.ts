import * as z from 'zod/mini';

// Files written by other tools of this family hold numbers as strings, empty strings and nulls for "unknown". In these
// schemas a value that does not fit reads as absent; whoever rewrites the file keeps the original value.

export const text = z.catch(z.optional(z.string().check(z.minLength(1))), undefined);

export const flag = z.catch(z.optional(z.boolean()), undefined);

const numeric = z.pipe(z.string().check(z.regex(/^\s*-?\d+(\.\d+)?\s*$/)), z.transform(Number));

export const number = z.catch(z.optional(z.union([z.number(), numeric])), undefined);

export const record = z.record(z.string(), z.unknown());
