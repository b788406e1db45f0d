import { FileMapError } from './file-map-error.ts';

// JSON is cut into its values without turning it into text: a list of 400,000 files would be as many strings twice over.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
// A file's value is flat.
const maxNesting = 32;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The value of these bytes. Throws `FileMapError` when they are none. */
export function jsonOf(bytes: Uint8Array, start: number, end: number): unknown {
  let text: string;
  try {
    text = decoder.decode(bytes.subarray(start, end));
  } catch (error) {
    throw new FileMapError('bytes that are not UTF-8', { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FileMapError('an entry that is not JSON', { cause: error });
  }
}

/** The first position from `from` on that is not white space; the length when there is none. */
export function skipSpace(bytes: Uint8Array, from: number): number {
  let position = from;
  while (position < bytes.length && isSpace(bytes[position] ?? 0)) position += 1;
  return position;
}

/** Behind the closing quote of the string that begins at `start`; undefined when it has not ended yet. */
export function endOfString(bytes: Uint8Array, start: number): number | undefined {
  for (let position = start + 1; position < bytes.length; position += 1) {
    const byte = bytes[position];
    if (byte === QUOTE) return position + 1;
    if (byte === BACKSLASH) position += 1;
  }
  return undefined;
}

/** Behind the value that begins at `start`, undefined when it has not ended yet. A bare word or number ends where something else begins. */
export function endOfValue(bytes: Uint8Array, start: number): number | undefined {
  const first = bytes[start];
  if (first === QUOTE) return endOfString(bytes, start);
  if (first === 0x7b || first === 0x5b) return endOfNested(bytes, start);
  for (let position = start; position < bytes.length; position += 1) {
    const byte = bytes[position] ?? 0;
    if (byte === 0x2c || byte === 0x7d || byte === 0x5d || isSpace(byte)) return position;
  }
  return undefined;
}

function endOfNested(bytes: Uint8Array, start: number): number | undefined {
  let depth = 0;
  for (let position = start; position < bytes.length; position += 1) {
    const byte = bytes[position];
    if (byte === QUOTE) {
      const end = endOfString(bytes, position);
      if (end === undefined) return undefined;
      position = end - 1;
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > maxNesting) throw new FileMapError('an entry that is nested too deeply');
    } else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1;
      if (depth === 0) return position + 1;
    }
  }
  return undefined;
}

/** Printable ASCII that stands for itself in a JSON string. */
export function isPlainText(bytes: Uint8Array, start: number, end: number): boolean {
  for (let position = start; position < end; position += 1) {
    const byte = bytes[position] ?? 0;
    if (byte < 0x20 || byte > 0x7e || byte === QUOTE || byte === BACKSLASH) return false;
  }
  return true;
}

export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
