/** SCALE writers: every function returns the encoded bytes of one value. */

const UTF8 = new TextEncoder();

/** Unsigned little-endian integer of a fixed width. */
function fixedWidth(value: bigint, widthBytes: number): Uint8Array {
  const limit = 1n << BigInt(widthBytes * 8);
  if (value < 0n || value >= limit) throw new RangeError(`${value} does not fit in ${widthBytes} bytes`);
  const bytes = new Uint8Array(widthBytes);
  let rest = value;
  for (let i = 0; i < widthBytes; i += 1) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

export function u8(value: number): Uint8Array {
  return Uint8Array.of(value);
}

export function u16(value: number): Uint8Array {
  return fixedWidth(BigInt(value), 2);
}

export function u32(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) throw new RangeError(`${value} is not a u32`);
  return Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
}

export function u64(value: bigint | number): Uint8Array {
  return fixedWidth(BigInt(value), 8);
}

export function u128(value: bigint): Uint8Array {
  return fixedWidth(value, 16);
}

export function bool(value: boolean): Uint8Array {
  return Uint8Array.of(value ? 1 : 0);
}

/** Compact integer: 1, 2 or 4 bytes, above 2³⁰−1 a length byte and the significant bytes. */
export function compact(input: bigint | number): Uint8Array {
  const value = BigInt(input);
  if (value < 0n) throw new RangeError('a compact integer is not negative');
  if (value < 64n) return Uint8Array.of(Number(value) << 2);
  if (value < 1n << 14n) return fixedWidth((value << 2n) | 1n, 2);
  if (value < 1n << 30n) return fixedWidth((value << 2n) | 2n, 4);
  const significantBytes = Math.max(4, Math.ceil(value.toString(16).length / 2));
  return concat([Uint8Array.of(((significantBytes - 4) << 2) | 3), fixedWidth(value, significantBytes)]);
}

/** `Vec<u8>`: compact length and the bytes. */
export function byteVec(value: Uint8Array): Uint8Array {
  return concat([compact(value.length), value]);
}

export function text(value: string): Uint8Array {
  return byteVec(UTF8.encode(value));
}

/** `Vec<T>` of values already encoded. */
export function vec(items: readonly Uint8Array[]): Uint8Array {
  return concat([compact(items.length), ...items]);
}

/** `Option<T>` of a value already encoded. */
export function option(value: Uint8Array | undefined): Uint8Array {
  return value === undefined ? Uint8Array.of(0) : concat([Uint8Array.of(1), value]);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
