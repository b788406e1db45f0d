import { compact, concat } from '../scale/write.ts';
import type { SeededRandom } from '../seeded-random.ts';

const ANCHOR_BYTES = 64;
const HEAD_BYTES = 32 + 32 + 4 + 2 + ANCHOR_BYTES + 1;
const ANCHOR_LENGTH = compact(ANCHOR_BYTES);

/**
 * The encoded replica map of a file that `count` strangers hold, each its own owner. Written as bytes because reading a
 * large made-up state makes tens of thousands of these a second. About half are still in their ready period.
 */
export function madeUpReplicas(count: number, validAtBlock: number, random: SeededRandom): Uint8Array {
  const bytes = randomBytes(count * (HEAD_BYTES + 5), random);
  let offset = 0;
  for (let i = 0; i < count; i += 1) {
    // A map's keys stand in order: the first four bytes of the owner grow with i.
    bytes.writeUInt32BE(Math.floor(((i + 1) * 0xffff_0000) / (count + 1)), offset);
    bytes.copy(bytes, offset + 32, offset, offset + 32);
    offset = bytes.writeUInt32LE(validAtBlock, offset + 64);
    bytes.set(ANCHOR_LENGTH, offset);
    offset += ANCHOR_LENGTH.length + ANCHOR_BYTES;
    const isNew = (bytes[offset] ?? 0) % 2;
    offset = bytes.writeUInt8(1, offset);
    offset = bytes.writeUInt8(isNew, offset);
    if (isNew === 1) offset = bytes.writeUInt32LE(validAtBlock, offset);
  }
  return concat([compact(count), bytes.subarray(0, offset)]);
}

function randomBytes(length: number, random: SeededRandom): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i += 1) words[i] = random.next();
  return Buffer.from(words.buffer);
}
