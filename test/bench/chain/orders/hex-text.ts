/** The two digits of each byte. */
const FIRST = Buffer.alloc(256);
const SECOND = Buffer.alloc(256);
for (let byte = 0; byte < 256; byte += 1) {
  const digits = byte.toString(16).padStart(2, '0');
  FIRST[byte] = digits.charCodeAt(0);
  SECOND[byte] = digits.charCodeAt(1);
}

/** Writes one byte as two lower-case digits; returns where the next goes. */
export function writeByte(out: Uint8Array, at: number, byte: number): number {
  out[at] = FIRST[byte] ?? 0;
  out[at + 1] = SECOND[byte] ?? 0;
  return at + 2;
}

/** An unsigned integer below 2^53, little-endian in so many bytes. */
export function writeInteger(out: Uint8Array, start: number, value: number, bytes: number): number {
  let rest = value;
  let at = start;
  for (let index = 0; index < bytes; index += 1) {
    const next = Math.floor(rest / 256);
    at = writeByte(out, at, rest - next * 256);
    rest = next;
  }
  return at;
}

/** A SCALE compact integer below 2^53. */
export function writeCompact(out: Uint8Array, at: number, value: number): number {
  if (value < 2 ** 6) return writeByte(out, at, value * 4);
  if (value < 2 ** 14) return writeInteger(out, at, value * 4 + 1, 2);
  if (value < 2 ** 30) return writeInteger(out, at, value * 4 + 2, 4);
  let bytes = 4;
  while (value >= 256 ** bytes) bytes += 1;
  return writeInteger(out, writeByte(out, at, (bytes - 4) * 4 + 3), value, bytes);
}
