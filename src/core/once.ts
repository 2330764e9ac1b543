export interface Once<T> {
  (): T;
  wasCalled(): boolean;
}

/** Makes a value when it is first asked for. One that could not be made is tried again. */
export function once<T>(make: () => T): Once<T> {
  let made: { readonly value: T } | undefined;
  const get = () => {
    made ??= { value: make() };
    return made.value;
  };
  return Object.assign(get, { wasCalled: () => made !== undefined });
}
