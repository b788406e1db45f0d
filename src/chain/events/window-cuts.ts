import type { ReadBlock } from './block-changes.ts';

/** Of orders, which cost some 50 µs and five pages of the log each: a transaction must not keep a claim waiting for long. */
const maxWeight = 250;
/** An order whose copies are reported is found and marked, its figures stay. */
const weightOfReport = 0.4;

/** Cuts a window into parts that are written in one transaction each; a single block is never cut. */
export function cutWindow(blocks: readonly ReadBlock[]): readonly (readonly ReadBlock[])[] {
  const parts: ReadBlock[][] = [];
  let part: ReadBlock[] = [];
  let weight = 0;
  for (const block of blocks) {
    const { orders, replicasUpdated } = block.changes;
    const more = orders.length + weightOfReport * replicasUpdated.length;
    if (part.length > 0 && weight + more > maxWeight) {
      parts.push(part);
      part = [];
      weight = 0;
    }
    part.push(block);
    weight += more;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
