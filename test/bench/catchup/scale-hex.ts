/** SCALE as hex digits without `0x`: the chain of the bench writes thousands of blocks a second and joins texts. */

function u8(value: number): string {
  return value.toString(16).padStart(2, '0');
}

export function u32(value: number): string {
  return u8(value & 0xff) + u8((value >>> 8) & 0xff) + u8((value >>> 16) & 0xff) + u8(value >>> 24);
}

/** Values below 2^53. */
export function u64(value: number): string {
  return u32(value >>> 0) + u32(Math.floor(value / 2 ** 32));
}

export function u128(value: number): string {
  return `${u64(value)}0000000000000000`;
}

/** Values below 2^53. */
export function compact(value: number): string {
  if (value < 2 ** 6) return u8(value * 4);
  if (value < 2 ** 14) return u32(value * 4 + 1).slice(0, 4);
  if (value < 2 ** 30) return u32(value * 4 + 2);
  const digits = u64(value)
    .replace(/(?:00)+$/, '')
    .padEnd(8, '0');
  return u8((digits.length / 2 - 4) * 4 + 3) + digits;
}

/** A byte string with its length in front. */
export function bytes(content: Uint8Array | string): string {
  const buffer = Buffer.from(content);
  return compact(buffer.length) + buffer.toString('hex');
}

export function vec(items: readonly string[]): string {
  return compact(items.length) + items.join('');
}
