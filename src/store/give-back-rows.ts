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
       status = CASE WHEN EXISTS (
         SELECT 1 FROM cleanup_record WHERE cleanup_record.cid = file_record.cid AND cleanup_record.status IN ('confirmed', 'deleting'))
         THEN 'closed' ELSE 'queued' END
     WHERE id IN (SELECT value FROM json_each(?)) AND +status = 'pulling'`,
    [JSON.stringify(permits.map(({ claim }) => claim.orderId))],
  );
  for (const { claim } of permits) await marks.release(tx, claim.cid, nowMs);
}
