import { createHash } from 'node:crypto';
import { xxhashAsU8a } from '@polkadot/util-crypto';

/** Plain readers, written without a look at speed, that the bot's own are held against. Undefined: malformed. */

const prefix = '5ebf094108ead4fefa73f7a3b13cb4a76ed21091d079415ef4a35264c626448d';
const maxSafe = BigInt(Number.MAX_SAFE_INTEGER);

/** What is compared of an order. */
export interface PlainFigures {
  readonly sizeBytes: number;
  readonly rewardPico: string;
  readonly calculatedBlock: number;
  readonly expiryBlock: number;
  readonly replicas: number;
}

export class Cursor {
  readonly #digits: string;
  #at = 0;

  constructor(digits: string) {
    this.#digits = digits;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#digits.length;
  }

  skip(bytes: number): string {
    const part = this.#digits.slice(this.#at, this.#at + 2 * bytes);
    if (part.length < 2 * bytes) throw new RangeError('cut short');
    this.#at += 2 * bytes;
    return part;
  }

  /** A little-endian number. */
  number(bytes: number): bigint {
    const part = this.skip(bytes);
    if (!/^(?:[0-9a-f]{2})*$/.test(part)) throw new RangeError('not hex');
    return BigInt(`0x0${Buffer.from(part, 'hex').reverse().toString('hex')}`);
  }

  compact(): bigint {
    const first = this.number(1);
    const mode = Number(first & 3n);
    if (mode === 3) {
      const bytes = Number(first >> 2n) + 4;
      const value = this.number(bytes);
      if (value < 2n ** 30n || value < 2n ** BigInt(8 * (bytes - 1)) || bytes > 16)
        throw new RangeError('not canonical');
      return value;
    }
    const more = [0, 1, 3][mode] ?? 0;
    const value = (first >> 2n) + (this.number(more) << 6n);
    if (value < ([0n, 2n ** 6n, 2n ** 14n][mode] ?? 0n)) throw new RangeError('not canonical');
    return value;
  }
}

/** A `FileInfoV2` in hex with `0x`. Bytes of no interest may be anything. */
export function plainFigures(hex: string): PlainFigures | undefined {
  const digits = Buffer.from(hex).toString('latin1');
  if (!digits.startsWith('0x') || digits.length % 2 !== 0) return undefined;
  try {
    return read(new Cursor(digits.slice(2)));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function read(cursor: Cursor): PlainFigures | undefined {
  const size = cursor.number(8);
  cursor.skip(8);
  const [expiry, calculated] = [cursor.number(4), cursor.number(4)];
  const amount = cursor.compact();
  cursor.compact();
  cursor.skip(8);
  const replicas = cursor.compact();
  for (let index = 0n; index < replicas; index += 1n) {
    cursor.skip(68);
    cursor.skip(Number(cursor.compact()));
    const flags = [cursor.number(1), cursor.number(1)];
    if (flags.some((flag) => flag > 1n)) return undefined;
    if (flags[1] === 1n) cursor.skip(4);
  }
  if (!cursor.isAtEnd) return undefined;
  return {
    sizeBytes: Number(size > maxSafe ? maxSafe : size),
    rewardPico: String(amount),
    calculatedBlock: Number(calculated),
    expiryBlock: Number(expiry),
    replicas: Number(replicas),
  };
}

/** The text under which the order behind a storage key is kept. */
export function plainKeyText(storageKey: string): string | undefined {
  if (!/^0x(?:[0-9a-f]{2})*$/.test(storageKey) || !storageKey.startsWith(`0x${prefix}`)) return undefined;
  const rest = Buffer.from(storageKey.slice(2 + prefix.length), 'hex');
  const encoded = rest.subarray(8);
  if (encoded.length === 0 || Buffer.compare(xxhashAsU8a(encoded, 64), rest.subarray(0, 8)) !== 0) return undefined;
  const content = contentOf(encoded);
  return content === undefined ? undefined : plainText(content);
}

function contentOf(encoded: Buffer): Buffer | undefined {
  try {
    const cursor = new Cursor(encoded.toString('hex'));
    const length = Number(cursor.compact());
    const content = Buffer.from(cursor.skip(length), 'hex');
    return cursor.isAtEnd ? content : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The customer's bytes, or what stands for them. */
export function plainText(content: Uint8Array): string {
  const text = Buffer.from(content).toString('latin1');
  if (/^[\x20-\x7e]{0,128}$/.test(text) && !/^0x[0-9a-f]{0,128}~[0-9a-f]{64}$/.test(text)) return text;
  const digest = createHash('sha256').update(content).digest('hex');
  return `0x${Buffer.from(content.subarray(0, 64)).toString('hex')}~${digest}`;
}
