import type { OrderFigures } from '../../../domain/order.ts';
import { groupHolds } from '../../../domain/order.ts';
import { HexReader } from '../scale/hex-reader.ts';

/** Whose entry to look for in the replica maps. Public keys as 64 hex digits. */
export interface ReplicaView {
  /** The own group owner; null without a group. */
  readonly ownerHex: string | null;
  readonly accountHex: string;
}

const ACCOUNT_BYTES = 32;

/**
 * Reads a `FileInfoV2` (runtimes 17 to 25) from its hex. Full decoding costs milliseconds at 200 replicas; this reads the head, and of each replica
 * only what is needed to find the next one. The value must end where its replica map ends. Throws `Undecodable`.
 */
export function decodeOrderValue(text: string, view: ReplicaView): Omit<OrderFigures, 'groupOwner'> {
  const reader = new HexReader(text, 'FilesV2');
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
    const isGroups = view.ownerHex !== null && reader.nextIs(view.ownerHex);
    reader.skip(ACCOUNT_BYTES, 'FilesV2.replicas');
    if (isGroups) groupHold = reader.nextIs(view.accountHex) ? groupHolds.ownAccount : groupHolds.otherMember;
    skipReplica(reader);
  }
  reader.end('FilesV2.replicas');
  return { sizeBytes, rewardPico, calculatedBlock, expiryBlock, replicas, groupHold };
}

function skipReplica(reader: HexReader): void {
  reader.skip(ACCOUNT_BYTES + 4, 'FilesV2.replicas.who');
  reader.skipBytes('FilesV2.replicas.anchor');
  reader.bool('FilesV2.replicas.is_reported');
  if (reader.bool('FilesV2.replicas.created_at')) reader.skip(4, 'FilesV2.replicas.created_at');
}
