/** `T` where a member that may be undefined is one that may be missing. */
export type DefinedOnly<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Leaves out what is unknown: in our values and our JSON an unknown member is absent, never `undefined` or null. */
export function definedOnly<T extends object>(values: T): DefinedOnly<T> {
  const defined: Record<string, unknown> = {};
  // Without Object.entries, which would make a pair for each member: every record of every file comes through here.
  for (const key in values) {
    const value = values[key];
    if (value !== undefined) defined[key] = value;
  }
  return defined as DefinedOnly<T>;
}
