/** The value whose measure is smallest, the first of them where several are. */
export function least<T>(values: readonly T[], measure: (value: T) => number): T | undefined {
  let found: T | undefined;
  let smallest = Number.POSITIVE_INFINITY;
  for (const value of values) {
    const size = measure(value);
    if (found !== undefined && size >= smallest) continue;
    found = value;
    smallest = size;
  }
  return found;
}
