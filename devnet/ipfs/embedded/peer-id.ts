import { createHash } from 'node:crypto';
import { base58btc } from 'multiformats/bases/base58';

/** A well-formed Ed25519 peer id that depends on `seed` alone. */
export function peerIdFrom(seed: string): string {
  const header = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20);
  const publicKey = createHash('sha256').update(seed).digest();
  return base58btc.baseEncode(Buffer.concat([header, publicKey]));
}
