import * as z from 'zod/mini';

// The usage endpoint is not a published interface: values appear as numbers, as strings or as null, and members come
// and go. In these schemas a value of another shape reads as absent, so that one oddity never hides all the rest.

const decimal = z.string().check(z.trim(), z.regex(/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i));

/** A finite number, or a string that spells one. */
export const looseNumber = z.catch(
  z.optional(z.union([z.number(), z.pipe(decimal, z.pipe(z.transform(Number), z.number()))])),
  undefined,
);

/** Longer than any name, so that a page of text is not drawn as one. */
const mostCharacters = 200;

export const text = z.string().check(z.minLength(1), z.maxLength(mostCharacters));

export const looseText = z.catch(z.optional(text), undefined);

/** Nobody has more credits; a number beyond it means something else. */
const mostMoney = 1e9;

/** An amount in a text, with or without the sign of a currency. */
const amount = z.string().check(z.maxLength(40), z.regex(/^\s*[^\d\s.+-]{0,3}\s*[+-]?\d[\d.,]*\s*[^\d\s.]{0,3}\s*$/));

/** Amounts of money and credits: the provider writes them as strings, and as a string they stay exact. */
export const looseAmount = z.catch(
  z.optional(
    z.union([amount, z.pipe(z.number().check(z.minimum(-mostMoney), z.maximum(mostMoney)), z.transform(String))]),
  ),
  undefined,
);

const thousands = {
  comma: /^-?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?$/,
  point: /^-?[1-9]\d{0,2}(?:(?:\.\d{3})+,\d*|(?:\.\d{3}){2,})$/,
};

/** Such an amount as a number; undefined where its separators are ambiguous. A single one is the decimal separator. */
export function amountOf(text: string | undefined): number | undefined {
  const digits = text?.replace(/[^\d.,-]/g, '') ?? '';
  const bare = digits.replaceAll(thousands.comma.test(digits) ? ',' : thousands.point.test(digits) ? '.' : ' ', '');
  const value = bare === '' ? Number.NaN : Number(bare.replace(',', '.'));
  return Number.isNaN(value) ? undefined : value;
}

export const looseFlag = z.catch(z.optional(z.boolean()), undefined);

export const looseList = z.catch(z.optional(z.array(z.unknown())), undefined);

/** An object of these members, or absent. */
export function looseObject<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.catch(z.optional(z.object(shape)), undefined);
}

/** The end of the year 9999: later dates have no plain ISO form and are surely not what the server meant. */
export const latestInstantMs = 253_402_300_799_999;

/** Milliseconds since the epoch as a time that can be shown, or undefined. */
export function asInstant(ms: number | undefined): number | undefined {
  if (ms === undefined || !(ms >= 0 && ms <= latestInstantMs)) return undefined;
  return Math.round(ms);
}

/** From this value on a number is taken for milliseconds: as seconds it would be in the year 5138. */
const millisecondsFrom = 1e11;

/** A time in milliseconds, whether it was sent as unix seconds or as milliseconds. */
export function secondsInMs(seconds: number): number {
  return seconds < millisecondsFrom ? seconds * 1000 : seconds;
}

/** A time given in unix seconds (number or string) or as an ISO date, in milliseconds. */
export const looseInstant = z.pipe(
  z.optional(z.unknown()),
  z.transform((value: unknown) => {
    const seconds = looseNumber.parse(value);
    if (seconds !== undefined) return asInstant(secondsInMs(seconds));
    return typeof value === 'string' ? asInstant(Date.parse(value)) : undefined;
  }),
);
