import { accountBytes } from '../accounts.ts';
import type { AccountId } from '../accounts.ts';
import { toHex } from '../hex.ts';
import { ScaleReader } from '../scale/read.ts';
import { concat, u128, u32, vec } from '../scale/write.ts';

/** Where and when a multisig call was first approved. */
export type Timepoint = { height: number; index: number };

/** A value of `Multisig.Multisigs`. */
export type Multisig = { when: Timepoint; depositor: AccountId; approvals: AccountId[] };

export function encodeTimepoint(timepoint: Timepoint): Uint8Array {
  return concat([u32(timepoint.height), u32(timepoint.index)]);
}

export function encodeMultisig(multisig: Multisig): Uint8Array {
  return concat([
    encodeTimepoint(multisig.when),
    u128(0n),
    accountBytes(multisig.depositor),
    vec([...multisig.approvals].sort().map(accountBytes)),
  ]);
}

export function decodeMultisig(bytes: Uint8Array): Multisig {
  const reader = new ScaleReader(bytes);
  const when = { height: reader.u32(), index: reader.u32() };
  reader.u128();
  return {
    when,
    depositor: toHex(reader.fixed(32)),
    approvals: reader.vec(() => toHex(reader.fixed(32))),
  };
}
