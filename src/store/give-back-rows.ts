import type { CoordinatorMarks } from './coordinator-marks.ts';
import type { Tx } from './database.ts';
import type { PullPermit } from './pulls.ts';

/**
 * Takes back what `claimRows` made for pulls that have not begun. An order that was moved by another task is left where it is, one whose close was
 * confirmed meanwhile is closed, as when its pull had ended.
 */
export async function giveBackRows(
  tx: Tx,
  permits: readonly PullPermit[],
  marks: CoordinatorMarks,
  nowMs: number,
): Promise<void> {
  await tx.raw("DELETE FROM pin_record WHERE id IN (SELECT value FROM json_each(?)) AND +status = 'running'", [
    JSON.stringify(permits.map(({ recordId }) => recordId)),
  ]);
  await tx.raw(
    `UPDATE file_record SET look_block = NULL,
       status = IIF(given.is_closing, 'closed', 'queued'), turn_block = IIF(given.is_closing, NULL, turn_block)
     FROM (SELECT value ->> 'id' AS id, EXISTS (
         SELECT 1 FROM cleanup_record WHERE cleanup_record.cid = value ->> 'cid' AND cleanup_record.status IN ('confirmed', 'deleting')
       ) AS is_closing FROM json_each(?)) AS given
     WHERE file_record.id = given.id AND +file_record.status = 'pulling'`,
    [JSON.stringify(permits.map(({ claim }) => ({ id: claim.orderId, cid: claim.cid })))],
  );
  for (const { claim } of permits) await marks.release(tx, claim.cid, nowMs);
}
