/**
 * Leaves out as many items as it can while what remains still fails: the first half and the second, then quarters, and ever smaller pieces. What was left
 * out may make larger pieces superfluous, so it begins anew until a whole pass leaves out nothing more. Ends early when `isTimeUp`, with what it has by then.
 */
export async function shrink<T>(
  items: readonly T[],
  stillFails: (items: readonly T[]) => Promise<boolean>,
  isTimeUp: () => boolean,
): Promise<readonly T[]> {
  let kept = items;
  for (;;) {
    const before = kept.length;
    kept = await pass(kept, stillFails, isTimeUp);
    if (kept.length === before || isTimeUp()) return kept;
  }
}

async function pass<T>(
  items: readonly T[],
  stillFails: (items: readonly T[]) => Promise<boolean>,
  isTimeUp: () => boolean,
): Promise<readonly T[]> {
  let kept = items;
  for (let piece = Math.ceil(kept.length / 2); piece >= 1; piece = piece === 1 ? 0 : Math.ceil(piece / 2)) {
    for (let end = kept.length; end > 0; end -= piece) {
      if (isTimeUp()) return kept;
      const without = [...kept.slice(0, Math.max(0, end - piece)), ...kept.slice(end)];
      if (await stillFails(without)) kept = without;
    }
  }
  return kept;
}
