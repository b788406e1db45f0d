const comma = 0x2c;
const bracket = 0x5b;
const brace = 0x7b;

/** Of what is parsed as a whole. The longest such answer, a page of keys, has a thousand; pages of values are read as bytes. */
const mostValues = 100_000;

/**
 * Whether JSON may hold more values than any answer has, by its marks alone, also those within texts. Each value takes some 64 bytes once it is parsed,
 * however few it has in the text: 15 MiB of `{},` become 330.
 */
export function holdsTooManyValues(bytes: Uint8Array): boolean {
  // Each value takes a mark.
  if (bytes.length <= mostValues) return false;
  let marks = 0;
  for (const byte of bytes) {
    if (byte === comma || byte === bracket || byte === brace) marks += 1;
  }
  return marks > mostValues;
}
