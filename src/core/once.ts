export interface Once<T> {
  (): T;
  wasCalled(): boolean;
  /** The next call makes it again. */
  forget(): void;
}

/** Makes a value when it is first asked for. One that could not be made is tried again. */
export function once<T>(make: () => T): Once<T> {
  let made: { readonly value: T } | undefined;
  const get = () => {
    made ??= { value: make() };
    return made.value;
  };
  const forget = () => {
    made = undefined;
  };
  return Object.assign(get, { wasCalled: () => made !== undefined, forget });
}
