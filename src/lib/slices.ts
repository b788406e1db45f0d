/** The same items in slices of `size`, the last one smaller; the source is left when the slices are. */
export async function* slicesOf<T>(
  source: AsyncIterable<readonly T[]>,
  size: number,
): AsyncGenerator<readonly T[], void, undefined> {
  let slice: T[] = [];
  for await (const items of source) {
    for (const item of items) {
      slice.push(item);
      if (slice.length < size) continue;
      yield slice;
      slice = [];
    }
  }
  if (slice.length > 0) yield slice;
}
