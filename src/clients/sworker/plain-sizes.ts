import { isSpace } from './json-bytes.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const ZERO = 0x30;
/** Whole numbers of so many digits are exact. */
const maxDigits = 15;

const names = { size: Buffer.from('size'), sealed: Buffer.from('s_size'), block: Buffer.from('c_block_num') };

/** The two sizes of a sealed file, in bytes. */
export interface PlainSizes {
  readonly sizeBytes: number;
  readonly sealedBytes: number;
}

/**
 * Reads `{"size":…,"s_size":…,"c_block_num":…}`, the three numbers in any order and the last two at will: what every entry of a list of 400,000
 * files is made of. Undefined for everything else, which is not wrong thereby: the schemas judge it.
 */
export function plainSizes(bytes: Uint8Array, start: number, end: number): PlainSizes | undefined {
  if (bytes[start] !== OPEN) return undefined;
  let size = -1;
  let sealed = 0;
  let position = start;
  do {
    // Behind the opening brace, or behind a comma.
    position = past(bytes, position + 1);
    if (bytes[position] !== QUOTE) return undefined;
    const name = nameAt(bytes, position + 1);
    if (name === undefined) return undefined;
    position = past(bytes, position + names[name].length + 2);
    if (bytes[position] !== COLON) return undefined;
    position = past(bytes, position + 1);
    const digits = digitsAt(bytes, position);
    if (digits === 0 || digits > maxDigits || (digits > 1 && bytes[position] === ZERO)) return undefined;
    if (name === 'size') size = numberAt(bytes, position, digits);
    else if (name === 'sealed') sealed = numberAt(bytes, position, digits);
    position = past(bytes, position + digits);
  } while (bytes[position] === COMMA);
  if (bytes[position] !== CLOSE || position + 1 !== end || size < 0) return undefined;
  return { sizeBytes: size, sealedBytes: sealed };
}

/** The name that stands here with a quote behind it. */
function nameAt(bytes: Uint8Array, start: number): keyof typeof names | undefined {
  // Their third letters differ.
  const letter = bytes[start + 2];
  const name = letter === 0x7a ? 'size' : letter === 0x73 ? 'sealed' : 'block';
  const text = names[name];
  for (let index = 0; index < text.length; index += 1) if (bytes[start + index] !== text[index]) return undefined;
  return bytes[start + text.length] === QUOTE ? name : undefined;
}

function past(bytes: Uint8Array, from: number): number {
  let position = from;
  while (isSpace(bytes[position] ?? 0)) position += 1;
  return position;
}

function digitsAt(bytes: Uint8Array, start: number): number {
  let position = start;
  for (let byte = bytes[position] ?? 0; byte >= ZERO && byte <= 0x39; byte = bytes[position] ?? 0) position += 1;
  return position - start;
}

function numberAt(bytes: Uint8Array, start: number, digits: number): number {
  let value = 0;
  for (let index = 0; index < digits; index += 1) value = value * 10 + (bytes[start + index] ?? 0) - ZERO;
  return value;
}
