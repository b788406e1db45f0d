import { chainOrderKey } from './order-key.ts';
import { xxHash64 } from './xx-hash-64.ts';

/** Up to this many bytes the SCALE length is one byte: four times the count. */
const MAX_SHORT_BYTES = 63;
const encoded = Buffer.alloc(1 + 3 * MAX_SHORT_BYTES);
const hash = new Uint8Array(8);

/** The position of `chainOrderKey(cid)` without the rest of it: what 400,000 files of a list are looked up by. */
export function orderPosition(cid: string): number {
  if (cid.length > MAX_SHORT_BYTES) return chainOrderKey(cid).position;
  const size = encoded.write(cid, 1, 'utf8');
  if (size > MAX_SHORT_BYTES) return chainOrderKey(cid).position;
  encoded[0] = 4 * size;
  xxHash64(encoded, 0, 1 + size, hash);
  let position = 0;
  for (let index = 0; index < 6; index += 1) position = position * 256 + (hash[index] ?? 0);
  return position;
}
