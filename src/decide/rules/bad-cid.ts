import { base16, base16upper } from 'multiformats/bases/base16';
import { base32, base32upper } from 'multiformats/bases/base32';
import { base36, base36upper } from 'multiformats/bases/base36';
import { base58btc } from 'multiformats/bases/base58';
import { base64, base64url } from 'multiformats/bases/base64';
import { CID } from 'multiformats/cid';
import { maxTypedCidBytes } from '../../domain/order.ts';

/** Why a file could never be sealed or credited under the CID that was ordered. */
export type BadCidReason = 'not-a-cid' | 'not-canonical' | 'codec' | 'hash' | 'never-sealed';

/**
 * sha2-256 digests that the Crust daemon pins without sealing, whatever the codec: the readme directory that `ipfs init` makes, the empty UnixFS
 * directory, and no bytes at all.
 */
const neverSealedDigests: ReadonlySet<string> = new Set([
  '1e7bbdc0fa65843fb589401c4ef41cda75020b9a0075247850e222b9ec6f3463',
  '59948439065f29619ef41280cbb932be52c56d99c5966b65e0111239f098bbef',
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
]);

/** The first digest bytes of the set: rules almost every CID out without making its hex. */
const neverSealedFirstBytes: ReadonlySet<number> = new Set(
  [...neverSealedDigests].map((hex) => Number.parseInt(hex.slice(0, 2), 16)),
);

/** `bytes`: the 36 bytes of a CID of version 1. */
export function isNeverSealed(bytes: Uint8Array): boolean {
  if (!neverSealedFirstBytes.has(bytes[4] ?? -1)) return false;
  return neverSealedDigests.has(Buffer.from(bytes.subarray(4)).toString('hex'));
}

const anyBase = base58btc.decoder
  .or(base16.decoder)
  .or(base16upper.decoder)
  .or(base32.decoder)
  .or(base32upper.decoder)
  .or(base36.decoder)
  .or(base36upper.decoder)
  .or(base64.decoder)
  .or(base64url.decoder);

/** A CID in any of the usual bases, undefined when the text is none. */
export function parseAnyCid(text: string): CID | undefined {
  // What a base takes to be decoded grows with the square of the length.
  if (text.length > maxTypedCidBytes) return undefined;
  try {
    return text.startsWith('Qm') ? CID.parse(text) : CID.parse<string, unknown, number, number, 0 | 1>(text, anyBase);
  } catch {
    // multiformats says by throwing that a text is not a CID; nothing else can go wrong in memory.
    return undefined;
  }
}

/** Names what is wrong with a text that is not a sealable CID. */
export function badCidReason(text: string): BadCidReason {
  const cid = parseAnyCid(text);
  if (cid === undefined) return 'not-a-cid';
  if (cid.code !== 0x70 && cid.code !== 0x55) return 'codec';
  if (cid.multihash.code !== 0x12 || cid.multihash.size !== 32) return 'hash';
  return 'not-canonical';
}
