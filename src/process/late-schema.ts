// The build puts these in the place of zod/mini (`schemasWhenUsed` in esbuild.config.mjs): most runs ask few of the
// schemas of the modules that they load, and making all of them takes longer than what is asked.

type Make = (...parts: unknown[]) => unknown;

interface Made {
  readonly parse: Make;
  readonly safeParse: Make;
  readonly check: Make;
}

/** A schema, or a check for one, that is made when it is first asked something. */
export class LateSchema {
  readonly #make: () => unknown;
  readonly #parts: readonly unknown[];
  #made: Made | undefined;

  constructor(make: () => unknown, parts: readonly unknown[]) {
    this.#make = make;
    this.#parts = parts;
  }

  get made(): Made {
    this.#made ??= this.#make() as Made;
    return this.#made;
  }

  /** The members of a schema for an object, for another schema that has the same ones. */
  get shape(): unknown {
    return this.#parts[0];
  }

  parse(...value: unknown[]) {
    return this.made.parse(...value);
  }

  safeParse(...value: unknown[]) {
    return this.made.safeParse(...value);
  }

  check(...checks: unknown[]) {
    return new LateSchema(() => this.made.check(...checks.map(madeOf)), []);
  }
}

/** A function of zod, as one that makes nothing yet. */
export function late(find: () => Make): (...parts: unknown[]) => LateSchema {
  return (...parts) => new LateSchema(() => find()(...parts.map(madeOf)), parts);
}

function madeOf(part: unknown): unknown {
  if (part instanceof LateSchema) return part.made;
  if (Array.isArray(part)) return part.map(madeOf);
  if (typeof part !== 'object' || part === null || Object.getPrototypeOf(part) !== Object.prototype) return part;
  return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, madeOf(each)]));
}
