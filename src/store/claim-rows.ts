import type { CoordinatorMarks } from './coordinator-marks.ts';
import type { Tx } from './database.ts';
import type { Claim } from './pulls.ts';

/**
 * Moves the claimed orders queued → pulling and makes their running records. Each claim is guarded by itself: of two for one order or CID the first
 * wins, one whose order is no longer queued (or no longer as it was read) gets nothing, and so does one whose CID runs already. Returns the records'
 * ids by the orders'.
 */
export async function claimRows(
  tx: Tx,
  claims: readonly Claim[],
  marks: CoordinatorMarks,
): Promise<ReadonlyMap<number, number>> {
  const single = firstOfEach(claims);
  const moved: { id: number }[] = await tx.raw(
    `UPDATE file_record SET status = 'pulling', look_block = NULL, look_count = 0
     FROM (SELECT value ->> 'orderId' AS id, value ->> 'cid' AS cid, value ->> 'readBlock' AS read_block FROM json_each(?)) AS claim
     WHERE file_record.id = claim.id AND +file_record.status = 'queued'
       AND (claim.read_block IS NULL OR file_record.read_block = claim.read_block)
       AND NOT EXISTS (SELECT 1 FROM pin_record WHERE pin_record.cid = claim.cid AND pin_record.status = 'running')
     RETURNING file_record.id AS id`,
    [JSON.stringify(single.map(({ orderId, cid, readBlock }) => ({ orderId, cid, readBlock })))],
  );
  if (moved.length === 0) return new Map();
  const movedIds = new Set(moved.map(({ id }) => id));
  const won = single.filter(({ orderId }) => movedIds.has(orderId));
  await marks.hold(
    tx,
    won.map(({ cid }) => cid),
  );
  const records: { id: number; cid: string }[] = await tx.raw(
    `INSERT INTO pin_record (order_id, cid, size_bytes, status, cause, class, attempt, started_ms, started_block, updated_ms, pinned_before)
     SELECT value ->> 'orderId', value ->> 'cid', value ->> 'sizeBytes', 'running', 'pull', value ->> 'orderClass', (value ->> 'attempts') + 1,
       value ->> 'startedMs', value ->> 'startedBlock', value ->> 'startedMs', value ->> 'pinnedBefore'
     FROM json_each(?) RETURNING id, cid`,
    [JSON.stringify(won)],
  );
  const recordIds = new Map(records.map(({ id, cid }) => [cid, id]));
  return new Map(won.flatMap(({ orderId, cid }) => (recordIds.has(cid) ? [[orderId, recordIds.get(cid) ?? 0]] : [])));
}

function firstOfEach(claims: readonly Claim[]): readonly Claim[] {
  const orders = new Set<number>();
  const cids = new Set<string>();
  return claims.filter(({ orderId, cid }) => {
    if (orders.has(orderId) || cids.has(cid)) return false;
    orders.add(orderId);
    cids.add(cid);
    return true;
  });
}
