import { ScaleReader } from '../scale/read.ts';
import { concat, u128, u32 } from '../scale/write.ts';

/** A value of `System.Account`: nonce, two reference counts, free, reserved and two frozen balances. */
export type AccountInfo = { nonce: number; freePico: bigint };

export function encodeAccountInfo(info: AccountInfo): Uint8Array {
  return concat([u32(info.nonce), u32(0), u32(1), u128(info.freePico), u128(0n), u128(0n), u128(0n)]);
}

export function decodeAccountInfo(bytes: Uint8Array): AccountInfo {
  const reader = new ScaleReader(bytes);
  const nonce = reader.u32();
  reader.fixed(8);
  return { nonce, freePico: reader.u128() };
}
