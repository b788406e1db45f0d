/** Where a value that begins at `at` ends, or -1 when the bytes there are none of its type, cut short or not in their shortest form. */
type Skip = (bytes: Uint8Array, at: number) => number;

/** How the values of one type lie in bytes. */
export interface Layout {
  readonly skip: Skip;
  readonly form: Form;
}

/** What a reader may know of a layout beyond where it ends. */
type Form =
  /** Bytes as they are, such as an account or a hash. */
  | { readonly is: 'bytes' }
  /** Any bytes behind their number. */
  | { readonly is: 'byteString' }
  | { readonly is: 'sequence'; readonly parts: readonly Layout[] }
  | { readonly is: 'list'; readonly item: Layout }
  | { readonly is: 'other' };

const other: Form = { is: 'other' };
/** A value that fits a shorter mode is not canonical in a longer one. */
const modeFloors = [0, 2 ** 6, 2 ** 14] as const;
/** The library takes no longer byte string, and no longer list. */
const maxByteString = 10 * 1024 * 1024;
const maxListLength = 512 * 1024;

export function number(bits: number): Layout {
  return { skip: (bytes, at) => within(bytes, at + bits / 8), form: other };
}

export function rawBytes(sizeBytes: number): Layout {
  return { skip: (bytes, at) => within(bytes, at + sizeBytes), form: { is: 'bytes' } };
}

export const bool: Layout = { skip: (bytes, at) => ((bytes[at] ?? 2) < 2 ? at + 1 : -1), form: other };

export const byteString: Layout = {
  skip: (bytes, at) => {
    const length = compactLength(bytes, at);
    return length < 0 || length > maxByteString ? -1 : within(bytes, at + compactWidth(bytes, at) + length);
  },
  form: { is: 'byteString' },
};

/** A compact number of a type with so many bits. */
export function compact(bits: number): Layout {
  return {
    skip: (bytes, at) => {
      const mode = (bytes[at] ?? 0) & 3;
      const end = within(bytes, at + compactWidth(bytes, at));
      if (end < 0) return -1;
      if (mode < 3) {
        const value = compactLength(bytes, at);
        return value < 0 || value >= 2 ** bits ? -1 : end;
      }
      const size = end - at - 1;
      const isShortest = bytes[end - 1] !== 0 && (size > 4 || (bytes[end - 1] ?? 0) >= 2 ** 6);
      return isShortest && size * 8 <= bits ? end : -1;
    },
    form: other,
  };
}

/** One after the other. */
export function sequence(parts: readonly Layout[]): Layout {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return { skip: only.skip, form: { is: 'sequence', parts } };
  return {
    skip: (bytes, at) => {
      let end = at;
      for (const part of parts) {
        end = part.skip(bytes, end);
        if (end < 0) return -1;
      }
      return end;
    },
    form: { is: 'sequence', parts },
  };
}

export function list(item: Layout): Layout {
  return {
    skip: (bytes, at) => {
      const length = compactLength(bytes, at);
      if (length < 0 || length > maxListLength) return -1;
      let end = at + compactWidth(bytes, at);
      for (let index = 0; index < length && end >= 0; index += 1) end = item.skip(bytes, end);
      return end;
    },
    form: { is: 'list', item },
  };
}

export function option(inner: Layout): Layout {
  return {
    skip: (bytes, at) => {
      const tag = bytes[at];
      if (tag === 0) return at + 1;
      return tag === 1 ? inner.skip(bytes, at + 1) : -1;
    },
    form: other,
  };
}

/** An enumeration: the index of a variant, then its content. */
export function variants(byIndex: ReadonlyMap<number, Layout>): Layout {
  const skips: (Skip | undefined)[] = [];
  for (const [index, { skip }] of byIndex) skips[index] = skip;
  return { skip: (bytes, at) => skips[bytes[at] ?? -1]?.(bytes, at + 1) ?? -1, form: other };
}

export const nothing: Layout = { skip: (_, at) => at, form: other };

/** The compact number at `at`; negative when it is cut short, not in its shortest form, or above 2^30 - 1. */
export function compactLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first === undefined) return -1;
  const mode = first & 3;
  if (mode === 0) return first >> 2;
  if (mode === 3 || at + compactWidth(bytes, at) > bytes.length) return -1;
  let value = (first >> 2) + (bytes[at + 1] ?? 0) * 2 ** 6;
  if (mode === 2) value += (bytes[at + 2] ?? 0) * 2 ** 14 + (bytes[at + 3] ?? 0) * 2 ** 22;
  return value < (modeFloors[mode] ?? 0) ? -1 : value;
}

/** Bytes of the compact number at `at`. */
export function compactWidth(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  const mode = first & 3;
  return mode === 3 ? (first >> 2) + 5 : 2 ** mode;
}

/** The bytes of a value that was measured: of a byte string its content, of `bytes` all; undefined for what is no bytes. */
export function bytesAt({ form }: Layout, bytes: Uint8Array, at: number, end: number): Uint8Array | undefined {
  if (form.is === 'bytes') return bytes.subarray(at, end);
  return form.is === 'byteString' ? bytes.subarray(at + compactWidth(bytes, at), end) : undefined;
}

function within(bytes: Uint8Array, end: number): number {
  return end <= bytes.length ? end : -1;
}
