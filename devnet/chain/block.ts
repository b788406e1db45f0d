import { blake2AsU8a } from '@polkadot/util-crypto';

import { toHex } from './hex.ts';
import type { Hex } from './hex.ts';
import type { SpecVersion } from './runtime-version.ts';
import { byteVec, compact, concat, u32, u64, u8, vec } from './scale/write.ts';

const SEAL = 5;
const PRE_RUNTIME = 6;
const BABE = new TextEncoder().encode('BABE');
const SECONDARY_PLAIN = 2;

export type Header = {
  readonly number: number;
  readonly parentHash: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly extrinsicsRoot: Uint8Array;
  readonly digest: readonly Uint8Array[];
};

export type Block = {
  readonly number: number;
  readonly hash: Hex;
  readonly header: Header;
  /** With their length in front, as the chain stores them. */
  readonly extrinsics: readonly Uint8Array[];
  /** Of the runtime that the block's state holds: after an upgrade already the new one, though the old one ran the block. */
  readonly specVersion: SpecVersion;
};

export function sealBlock(header: Header, extrinsics: readonly Uint8Array[], specVersion: SpecVersion): Block {
  const hash = toHex(blake2AsU8a(encodeHeader(header), 256));
  return { number: header.number, hash, header, extrinsics, specVersion };
}

function encodeHeader(header: Header): Uint8Array {
  return concat([
    header.parentHash,
    compact(header.number),
    header.stateRoot,
    header.extrinsicsRoot,
    vec(header.digest),
  ]);
}

/** What a BABE author leaves in a header: its slot claim and its seal (which nobody checks here). */
export function babeDigest(number: number, slot: number): Uint8Array[] {
  const authority = number % 16;
  const claim = concat([u8(SECONDARY_PLAIN), u32(authority), u64(slot)]);
  return [
    concat([u8(PRE_RUNTIME), BABE, byteVec(claim)]),
    concat([u8(SEAL), BABE, byteVec(new Uint8Array(64).fill(number & 0xff))]),
  ];
}

/** As the RPC shows it. */
export function headerJson(header: Header) {
  return {
    parentHash: toHex(header.parentHash),
    number: `0x${header.number.toString(16)}`,
    stateRoot: toHex(header.stateRoot),
    extrinsicsRoot: toHex(header.extrinsicsRoot),
    digest: { logs: header.digest.map(toHex) },
  };
}
