import type { Tx } from '../database.ts';

// The condition on `status` repeats the partial index's own words, or SQLite would not use it.
const openCleanup = "status IN ('seen', 'confirmed', 'deleting')";

const afterwards = `SELECT changes() AS written, EXISTS (SELECT 1 FROM absence) AS absences,
  EXISTS (SELECT 1 FROM cleanup_record WHERE ${openCleanup}) AS cleanups`;

/** What the last statement wrote (triggers do not count), and whether there is anything to take back at all. */
export interface Afterwards {
  readonly written: number;
  readonly absences: boolean;
  readonly cleanups: boolean;
}

/** One question for all of it: in a transaction of a walk each question waits longer for its turn than it takes. */
export async function askAfterwards(tx: Tx): Promise<Afterwards> {
  const [row]: { written: number; absences: number; cleanups: number }[] = await tx.raw(afterwards);
  return { written: row?.written ?? 0, absences: row?.absences === 1, cleanups: row?.cleanups === 1 };
}

// Evidence that began before the read is worth nothing any more.
const clearAbsences = `
  DELETE FROM absence WHERE file_id IN (
    SELECT absence.file_id FROM json_each(?) AS read
    CROSS JOIN file_record ON file_record.key_position = read.value ->> 0 AND file_record.cid = read.value ->> 1
    CROSS JOIN absence ON absence.file_id = file_record.id
    WHERE absence.first_block <= read.value ->> 2)`;

// Only a read that is the newest of its row speaks (one that changes nothing may leave the row's own as it was); `deleting` has already left for sWorker.
// A cleanup of cause `found` rests on the row having been closed and has no close of its own to be newer than.
const cancelCleanups = `
  UPDATE cleanup_record SET status = 'cancelled', detail = 'the order was found on chain', updated_ms = ? WHERE id IN (
    SELECT cleanup_record.id FROM json_each(?) AS read
    CROSS JOIN cleanup_record ON cleanup_record.cid = read.value ->> 1 AND cleanup_record.${openCleanup}
    CROSS JOIN file_record ON file_record.key_position = read.value ->> 0 AND file_record.cid = read.value ->> 1
    WHERE cleanup_record.status <> 'deleting' AND file_record.status <> 'closed' AND file_record.read_block <= read.value ->> 2
      AND (cleanup_record.cause = 'found' OR read.value ->> 2 > COALESCE(cleanup_record.confirmed_block, cleanup_record.seen_block)))`;

/**
 * Takes back what was begun because these orders seemed gone: their absence, and cleanups not yet sent to sWorker.
 * @param rows JSON of arrays that begin with position, cid and the block of the read
 */
export async function noteFoundAgain(tx: Tx, rows: string, stands: Afterwards, nowMs: number): Promise<void> {
  if (stands.absences) await tx.raw(clearAbsences, [rows]);
  if (stands.cleanups) await tx.raw(cancelCleanups, [nowMs, rows]);
}
