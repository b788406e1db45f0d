export interface Pairs<L, V> {
  readonly limits: readonly L[];
  readonly values: readonly V[];
}

/**
 * Measures the limit and the bot in turns, each going first every other time: what else the machine does, its heat and its caches then meet both.
 */
export async function interleavedPairs<L, V>(
  runs: number,
  limit: (run: number) => Promise<L>,
  value: (run: number) => Promise<V>,
): Promise<Pairs<L, V>> {
  const limits: L[] = [];
  const values: V[] = [];
  for (let run = 0; run < runs; run += 1) {
    if (run % 2 === 0) limits.push(await limit(run));
    values.push(await value(run));
    if (run % 2 === 1) limits.push(await limit(run));
  }
  return { limits, values };
}
