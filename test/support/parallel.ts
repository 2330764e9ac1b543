/** Runs a task for every item, at most `limit` at once; results in the order of the items. Stops at the first failure. */
export async function inParallel<T, R>(
  limit: number,
  items: readonly T[],
  task: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  async function work(): Promise<void> {
    while (next < items.length) {
      const position = next;
      next += 1;
      const item = items[position];
      if (item !== undefined) results[position] = await task(item);
    }
  }
  await Promise.all(Array.from({ length: limit }, work));
  return results;
}
