import type { Form } from './form.ts';

/** Where a value that begins at `at` ends, or -1 when the bytes there are none of its type, cut short or not in their shortest form. */
type Skip = (bytes: Uint8Array, at: number) => number;

/** A form made ready to walk bytes by. */
export interface Layout {
  readonly skip: Skip;
  readonly form: Form;
}

/** A value that fits a shorter mode is not canonical in a longer one. */
const modeFloors = [0, 2 ** 6, 2 ** 14] as const;
/** The library takes no longer byte string, and no longer list. */
const maxByteString = 10 * 1024 * 1024;
const maxListLength = 512 * 1024;

/** The layouts of one runtime's forms, each made once. */
export class Layouts {
  readonly #known = new Map<Form, Layout>();

  of(form: Form): Layout {
    let layout = this.#known.get(form);
    if (layout === undefined) {
      layout = { skip: this.#skipOf(form), form };
      this.#known.set(form, layout);
    }
    return layout;
  }

  #skipOf(form: Form): Skip {
    switch (form.is) {
      case 'nothing':
        return (_, at) => at;
      case 'bool':
        return (bytes, at) => ((bytes[at] ?? 2) < 2 ? at + 1 : -1);
      case 'number':
      case 'bytes':
        return (bytes, at) => within(bytes, at + form.sizeBytes);
      case 'byteString':
        return skipByteString;
      case 'compact':
        return compact(form.bits);
      case 'era':
        return skipEra;
      case 'sequence':
        return sequence(form.parts.map((part) => this.of(part).skip));
      case 'list':
        return list(this.of(form.item).skip);
      case 'option':
        return option(this.of(form.inner).skip);
      case 'variants':
      default:
        return variants([...form.byIndex].map(([index, inner]) => [index, this.of(inner).skip]));
    }
  }
}

function skipByteString(bytes: Uint8Array, at: number): number {
  const length = compactLength(bytes, at);
  return length < 0 || length > maxByteString ? -1 : within(bytes, at + compactWidth(bytes, at) + length);
}

function compact(bits: number): Skip {
  return (bytes, at) => {
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
  };
}

/** Immortal is one zero byte; otherwise two bytes tell the period, a power of two, and the phase in it, in steps of at least a 4096th. */
function skipEra(bytes: Uint8Array, at: number): number {
  const [first, second] = [bytes[at], bytes[at + 1]];
  if (first === 0) return at + 1;
  if (first === undefined || second === undefined) return -1;
  const encoded = first + second * 256;
  const period = 2 << (encoded % 16);
  const phase = (encoded >> 4) * Math.max(period >> 12, 1);
  return period >= 4 && phase < period ? at + 2 : -1;
}

/** One after the other. */
function sequence(parts: readonly Skip[]): Skip {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  return (bytes, at) => {
    let end = at;
    for (const skip of parts) {
      end = skip(bytes, end);
      if (end < 0) return -1;
    }
    return end;
  };
}

function list(item: Skip): Skip {
  return (bytes, at) => {
    const length = compactLength(bytes, at);
    if (length < 0 || length > maxListLength) return -1;
    let end = at + compactWidth(bytes, at);
    for (let index = 0; index < length && end >= 0; index += 1) end = item(bytes, end);
    return end;
  };
}

function option(inner: Skip): Skip {
  return (bytes, at) => {
    const tag = bytes[at];
    if (tag === 0) return at + 1;
    return tag === 1 ? inner(bytes, at + 1) : -1;
  };
}

/** An enumeration: the index of a variant, then its content. */
function variants(byIndex: readonly (readonly [number, Skip])[]): Skip {
  const skips: (Skip | undefined)[] = [];
  for (const [index, skip] of byIndex) skips[index] = skip;
  return (bytes, at) => skips[bytes[at] ?? -1]?.(bytes, at + 1) ?? -1;
}

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
