/** Hex text with `0x`, as it stands in the bytes of an answer: not copied, so to be read before the answer is let go. */
export interface HexSpan {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
}

export function spanOfText(text: string): HexSpan {
  const bytes = Buffer.from(text, 'utf8');
  return { bytes, from: 0, to: bytes.length };
}

export function textOfSpan({ bytes, from, to }: HexSpan): string {
  return bytes.toString('utf8', from, to);
}

export function startsWith({ bytes, from, to }: HexSpan, prefix: Uint8Array): boolean {
  if (to - from < prefix.length) return false;
  for (let index = 0; index < prefix.length; index += 1) {
    if (bytes[from + index] !== prefix[index]) return false;
  }
  return true;
}

/** Values of the characters `0` to `9` and `a` to `f`, -1 for all others. */
export const hexDigits = new Int8Array(256).fill(-1);
for (let value = 0; value < 16; value += 1) hexDigits[value.toString(16).charCodeAt(0)] = value;
