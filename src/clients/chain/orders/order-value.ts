import type { Account } from '../../../domain/account.ts';
import { parseAccount } from '../../../domain/account.ts';
import type { OrderFigures } from '../../../domain/order.ts';
import { groupHolds } from '../../../domain/order.ts';
import { HexReader } from '../scale/hex-reader.ts';
import type { HexSpan } from '../scale/hex-span.ts';

/** Whose entry to look for in the replica maps. Public keys as 64 hex digits in ASCII. */
export interface ReplicaView {
  /** The own group owner; null without a group. */
  readonly ownerDigits: Uint8Array | null;
  readonly accountDigits: Uint8Array;
  /** Address of the own group owner. */
  readonly groupOwner: string | null;
}

/** @param groupOwner ss58 address of the own group's owner; null without a group */
export function replicaViewOf(groupOwner: string | null, account: Account): ReplicaView {
  const ownerDigits = groupOwner === null ? null : Buffer.from(parseAccount(groupOwner).publicKeyHex);
  return { ownerDigits, accountDigits: Buffer.from(account.publicKeyHex), groupOwner };
}

const ACCOUNT_BYTES = 32;

/**
 * Reads a `FileInfoV2` (runtimes 17 to 25) from its hex. Full decoding costs milliseconds at 200 replicas; this reads the head, and of each replica
 * only what is needed to find the next one. The value must end where its replica map ends. Throws `Undecodable`.
 */
export function decodeOrderValue(value: HexSpan | string, view: ReplicaView): OrderFigures {
  const reader = new HexReader(value, 'FilesV2');
  const sizeBytes = reader.u64Capped('FilesV2.file_size');
  reader.skip(8, 'FilesV2.spower');
  const expiryBlock = reader.u32('FilesV2.expired_at');
  const calculatedBlock = reader.u32('FilesV2.calculated_at');
  const rewardPico = reader.compactDecimal('FilesV2.amount');
  reader.compactDecimal('FilesV2.prepaid');
  // reported_replica_count and remaining_paid_count: the map's own size is what counts.
  reader.skip(8, 'FilesV2.reported_replica_count');
  const replicas = reader.compactLength('FilesV2.replicas');
  let groupHold: OrderFigures['groupHold'] = groupHolds.no;
  for (let index = 0; index < replicas; index += 1) {
    const isGroups = view.ownerDigits !== null && reader.nextIs(view.ownerDigits);
    reader.skip(ACCOUNT_BYTES, 'FilesV2.replicas');
    if (isGroups) groupHold = reader.nextIs(view.accountDigits) ? groupHolds.ownAccount : groupHolds.otherMember;
    skipReplica(reader);
  }
  reader.end('FilesV2.replicas');
  return { sizeBytes, rewardPico, calculatedBlock, expiryBlock, replicas, groupHold, groupOwner: view.groupOwner };
}

function skipReplica(reader: HexReader): void {
  reader.skip(ACCOUNT_BYTES + 4, 'FilesV2.replicas.who');
  reader.skipBytes('FilesV2.replicas.anchor');
  reader.bool('FilesV2.replicas.is_reported');
  if (reader.bool('FilesV2.replicas.created_at')) reader.skip(4, 'FilesV2.replicas.created_at');
}
