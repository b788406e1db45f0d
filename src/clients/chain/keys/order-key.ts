import { createHash } from 'node:crypto';
import { maxTypedCidBytes, type OrderKey, substitutePattern } from '../../../domain/order.ts';
import { hexDigits, spanOfText, startsWith, textOfSpan } from '../scale/hex-span.ts';
import type { HexSpan } from '../scale/hex-span.ts';
import { Undecodable } from '../scale/undecodable.ts';
import { storagePrefixes } from './storage-prefixes.ts';
import { xxHash64 } from './xx-hash-64.ts';

/** An order's key together with the storage key of its entry in `Market.FilesV2` (lower-case hex with `0x`). */
export interface ChainOrderKey extends OrderKey {
  readonly storageKey: string;
}

const PREFIX = storagePrefixes.marketFilesV2;
const prefixBytes = Buffer.from(PREFIX);
const HASH_BYTES = 8;
const SHOWN_BYTES = 64;
const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;

const hash = new Uint8Array(HASH_BYTES);
/** Holds the part of the key behind the map's prefix while one key is parsed or made; longer keys get a buffer of their own. */
const scratch = Buffer.alloc(512);

/**
 * An order of a page of keys. Few of a page's storage keys are ever asked for, so these are made anew from what they were verified against: kept,
 * they would be three quarters of what a page holds.
 */
class ListedKey implements ChainOrderKey {
  readonly text: string;
  readonly position: number;
  /** The 16 bits of the hash that the position leaves out. */
  readonly #hashRest: number;

  constructor(text: string, position: number, hashRest: number) {
    this.text = text;
    this.position = position;
    this.#hashRest = hashRest;
  }

  get storageKey(): string {
    scratch.writeUIntBE(this.position, 0, 6);
    scratch.writeUInt16BE(this.#hashRest, 6);
    const start = HASH_BYTES + writeLength(scratch, HASH_BYTES, this.text.length);
    const size = start + scratch.write(this.text, start, 'latin1');
    return PREFIX + scratch.toString('hex', 0, size);
  }
}

/**
 * The order behind a storage key: twox64 of the SCALE-encoded customer's bytes, then these. Throws `Undecodable` when the prefix, the hash,
 * the length (1, 2 or 4 bytes) or the end does not fit.
 */
export function parseStorageKey(key: HexSpan | string): ChainOrderKey {
  const span = typeof key === 'string' ? spanOfText(key) : key;
  if (!startsWith(span, prefixBytes)) throw fault(span);
  const { text, position } = parseListedKey(span);
  return { text, position, storageKey: textOfSpan(span) };
}

/** The same for a key that is known to begin with the prefix of the map. */
export function parseListedKey(span: HexSpan): ChainOrderKey {
  const digits = span.to - span.from - PREFIX.length;
  if (digits < 2 * (HASH_BYTES + 1) || digits % 2 !== 0) throw fault(span);
  const size = digits / 2;
  const bytes = size <= scratch.length ? scratch : Buffer.alloc(size);
  decodeHex(span, size, bytes);
  const start = textStart(bytes, size, span);
  xxHash64(bytes, HASH_BYTES, size, hash);
  for (let index = 0; index < HASH_BYTES; index += 1) {
    if (hash[index] !== bytes[index]) throw new Undecodable('FilesV2 key', 'its twox64 is wrong', textOfSpan(span));
  }
  const position = positionOf(bytes);
  const text = plainTextOf(bytes, start, size);
  if (text === undefined) {
    return { text: substituteOf(bytes.subarray(start, size)), position, storageKey: textOfSpan(span) };
  }
  return new ListedKey(text, position, (bytes[6] ?? 0) * 256 + (bytes[7] ?? 0));
}

/** The bytes behind the prefix. */
function decodeHex(span: HexSpan, size: number, into: Uint8Array): void {
  const { bytes } = span;
  let at = span.from + PREFIX.length;
  for (let index = 0; index < size; index += 1) {
    const byte = ((hexDigits[bytes[at] ?? 0] ?? -1) << 4) | (hexDigits[bytes[at + 1] ?? 0] ?? -1);
    if (byte < 0) throw fault(span);
    into[index] = byte;
    at += 2;
  }
}

/** The key of the order for `cid`: a text or the customer's own bytes. */
export function chainOrderKey(cid: string | Uint8Array): ChainOrderKey {
  const content =
    typeof cid === 'string' ? Buffer.from(cid, 'utf8') : Buffer.from(cid.buffer, cid.byteOffset, cid.length);
  const encoded = Buffer.concat([compactLength(content.length), content]);
  xxHash64(encoded, 0, encoded.length, hash);
  return {
    text: textOf(content, 0, content.length),
    position: positionOf(hash),
    storageKey: `${PREFIX}${Buffer.from(hash).toString('hex')}${encoded.toString('hex')}`,
  };
}

/** The key of the order that a person names: by its CID, or by the substitute that an unprintable one is shown as, which tells no position. */
export function namedOrderKey(text: string): OrderKey {
  return substitutePattern.test(text) ? { text, position: 0 } : chainOrderKey(text);
}

/** The storage key of an order known by its row; undefined when the text is a substitute, which only the chain can resolve (see `prefixOf`). */
export function storageKeyOf(key: OrderKey | ChainOrderKey): string | undefined {
  if ('storageKey' in key) return key.storageKey;
  return substitutePattern.test(key.text) ? undefined : chainOrderKey(key.text).storageKey;
}

/** Prefix of the storage keys at an order's position: 48 bits of the hash, so rarely more than one key. */
export function prefixOf(position: number): string {
  return `${PREFIX}${position.toString(16).padStart(12, '0')}`;
}

/** The customer's bytes in a parsed storage key. */
export function orderKeyBytes(storageKey: string): Uint8Array {
  const bytes = Buffer.from(storageKey.slice(PREFIX.length), 'hex');
  return bytes.subarray(textStart(bytes, bytes.length, spanOfText(storageKey)));
}

/** Where the customer's bytes begin: their length must be exactly what remains. */
function textStart(bytes: Buffer, size: number, storageKey: HexSpan): number {
  const first = bytes[HASH_BYTES] ?? 0;
  const mode = first & 3;
  const width = [1, 2, 4][mode];
  if (width === undefined || HASH_BYTES + width > size) throw fault(storageKey);
  const raw = bytes.readUIntLE(HASH_BYTES, width);
  const start = HASH_BYTES + width;
  if (Math.floor(raw / 4) !== size - start || compactWidth(size - start) !== width) throw fault(storageKey);
  return start;
}

function compactWidth(length: number): 1 | 2 | 4 {
  if (length < 2 ** 6) return 1;
  return length < 2 ** 14 ? 2 : 4;
}

function compactLength(length: number): Buffer {
  const encoded = Buffer.alloc(compactWidth(length));
  writeLength(encoded, 0, length);
  return encoded;
}

/** Returns how many bytes it takes. */
function writeLength(into: Buffer, at: number, length: number): number {
  const width = compactWidth(length);
  into.writeUIntLE(length * 4 + { 1: 0, 2: 1, 4: 2 }[width], at, width);
  return width;
}

function textOf(bytes: Buffer, start: number, end: number): string {
  return plainTextOf(bytes, start, end) ?? substituteOf(bytes.subarray(start, end));
}

/** The customer's bytes as they are; undefined when they need a substitute. */
function plainTextOf(bytes: Buffer, start: number, end: number): string | undefined {
  if (!isPlain(bytes, start, end)) return undefined;
  const text = bytes.toString('latin1', start, end);
  // What looks like the substitute of another key must be substituted itself, or two orders could share one text.
  return text.startsWith('0x') && substitutePattern.test(text) ? undefined : text;
}

function substituteOf(content: Buffer): string {
  const digest = createHash('sha256').update(content).digest('hex');
  return `0x${content.toString('hex', 0, SHOWN_BYTES)}~${digest}`;
}

function isPlain(bytes: Buffer, start: number, end: number): boolean {
  if (end - start > maxTypedCidBytes) return false;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < FIRST_PRINTABLE || byte > LAST_PRINTABLE) return false;
  }
  return true;
}

/** First 48 bits of the hash as the chain orders them: by bytes, the first one weighing most. */
function positionOf(hashed: Uint8Array): number {
  let position = 0;
  for (let index = 0; index < 6; index += 1) position = position * 256 + (hashed[index] ?? 0);
  return position;
}

function fault(storageKey: HexSpan): Undecodable {
  return new Undecodable('FilesV2 key', 'not a storage key of this map', textOfSpan(storageKey));
}
