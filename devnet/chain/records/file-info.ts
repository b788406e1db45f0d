import type { AccountId } from '../accounts.ts';
import { accountBytes } from '../accounts.ts';
import { toHex } from '../hex.ts';
import { ScaleReader } from '../scale/read.ts';
import { bool, byteVec, compact, concat, option, u32, u64, vec } from '../scale/write.ts';

/** One entry of the replica map. The chain keys it by the owner of the reporter's group, so a group counts once. */
export type Replica = {
  owner: AccountId;
  /** The member that reported it. */
  who: AccountId;
  validAtBlock: number;
  anchor: Uint8Array;
  isReported: boolean;
  /** Set while the replica is in its ready period. */
  createdAtBlock: number | undefined;
};

/** A value of `Market.FilesV2` (`FileInfoV2`, the same layout from spec 17 to 25). */
export type FileInfo = {
  sizeBytes: bigint;
  spower: bigint;
  /** 0 while no replica was ever accounted. */
  expiresAtBlock: number;
  calculatedAtBlock: number;
  amountPico: bigint;
  prepaidPico: bigint;
  reportedReplicaCount: number;
  remainingPaidCount: number;
  /** In any order; encoded in the order of the owners' bytes, as a BTreeMap is. */
  replicas: Replica[];
};

export function encodeFileInfo(file: FileInfo): Uint8Array {
  const replicas = [...file.replicas].sort((a, b) => (a.owner < b.owner ? -1 : 1));
  return concat([
    u64(file.sizeBytes),
    u64(file.spower),
    u32(file.expiresAtBlock),
    u32(file.calculatedAtBlock),
    compact(file.amountPico),
    compact(file.prepaidPico),
    u32(file.reportedReplicaCount),
    u32(file.remainingPaidCount),
    vec(replicas.map(encodeReplica)),
  ]);
}

function encodeReplica(replica: Replica): Uint8Array {
  return concat([
    accountBytes(replica.owner),
    accountBytes(replica.who),
    u32(replica.validAtBlock),
    byteVec(replica.anchor),
    bool(replica.isReported),
    option(replica.createdAtBlock === undefined ? undefined : u32(replica.createdAtBlock)),
  ]);
}

export function decodeFileInfo(bytes: Uint8Array): FileInfo {
  const reader = new ScaleReader(bytes);
  return {
    sizeBytes: reader.u64(),
    spower: reader.u64(),
    expiresAtBlock: reader.u32(),
    calculatedAtBlock: reader.u32(),
    amountPico: reader.compact(),
    prepaidPico: reader.compact(),
    reportedReplicaCount: reader.u32(),
    remainingPaidCount: reader.u32(),
    replicas: reader.vec(() => ({
      owner: toHex(reader.fixed(32)),
      who: toHex(reader.fixed(32)),
      validAtBlock: reader.u32(),
      anchor: reader.byteVec(),
      isReported: reader.bool(),
      createdAtBlock: reader.option(() => reader.u32()),
    })),
  };
}
