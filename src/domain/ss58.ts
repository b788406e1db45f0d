import { createHash } from 'node:crypto';
import { base58btc } from 'multiformats/bases/base58';

const publicKeyBytes = 32;
const checksumBytes = 2;
/** In the first byte: the prefix takes two bytes. */
const twoBytePrefix = 0x40;
const reservedBit = 0x80;
const reservedPrefixes: readonly number[] = [46, 47];

/**
 * The 32-byte public key of an ss58 text of any prefix (substrate's `ss58codec`); undefined when the text is none, among them texts of shorter keys.
 * Own code and not @polkadot/util-crypto, whose several hundred modules took half of every start, of a health check too.
 */
export function decodeSs58(text: string): Uint8Array | undefined {
  let bytes: Uint8Array;
  try {
    bytes = base58btc.decode(`z${text}`);
  } catch {
    // The decoder says by throwing that a text is not base58; nothing else can go wrong in memory.
    return undefined;
  }
  const first = bytes[0] ?? reservedBit;
  if ((first & reservedBit) !== 0 || reservedPrefixes.includes(first)) return undefined;
  const prefixBytes = (first & twoBytePrefix) === 0 ? 1 : 2;
  if (bytes.length !== prefixBytes + publicKeyBytes + checksumBytes) return undefined;
  const body = bytes.subarray(0, -checksumBytes);
  if (Buffer.compare(checksum(body), bytes.subarray(-checksumBytes)) !== 0) return undefined;
  return body.subarray(prefixBytes);
}

/** The ss58 text of a public key. `prefix`: from 64 to 16,383, which takes two bytes. */
export function encodeSs58(publicKey: Uint8Array, prefix: number): string {
  if (publicKey.length !== publicKeyBytes) throw new RangeError('a public key has 32 bytes');
  const body = Uint8Array.of(
    ((prefix & 0xfc) >> 2) | twoBytePrefix,
    (prefix >> 8) | ((prefix & 0x03) << 6),
    ...publicKey,
  );
  return base58btc.encode(Uint8Array.of(...body, ...checksum(body))).slice(1);
}

function checksum(body: Uint8Array): Uint8Array {
  return createHash('blake2b512').update('SS58PRE').update(body).digest().subarray(0, checksumBytes);
}
