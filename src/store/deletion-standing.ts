import { type Amount, dayBlocks, type DeletionStanding } from '../domain/deletions.ts';
import type { Reader, Tx } from './database.ts';
import { isHeld } from './pin-rows.ts';
import { countedBytes } from './tally.ts';

/** Open cleanups of closes that no event proves and nobody approved, in the words of their partial index. */
export const isOpenUnproven =
  "status IN ('seen', 'confirmed', 'deleting') AND cause <> 'event' AND approval_id IS NULL";
/** Cleanups of closes that an event proves, or a person approved. */
export const isProven = "(cause = 'event' OR approval_id IS NOT NULL)";

export const amountColumns = `COUNT(*) AS files, COALESCE(SUM(${countedBytes('size_bytes')}), 0) AS bytes`;

const heldSql = `SELECT COALESCE(SUM(records), 0) AS files, COALESCE(SUM(bytes), 0) AS bytes FROM record_tally WHERE record = 'pin' AND ${isHeld}`;

// Left to choose SQLite takes the index by status and reads every open cleanup.
const unprovenSql = `SELECT ${amountColumns} FROM cleanup_record INDEXED BY cleanup_record_unproven WHERE ${isOpenUnproven}`;

// A deletion counts from when it was begun: the process may end before it learns the answer.
const deletedSql = `
  SELECT is_gone AS isGone, is_proven AS isProven, ${amountColumns} FROM (
    SELECT status = 'done' AS is_gone, ${isProven} AS is_proven, size_bytes FROM cleanup_record WHERE deleted_block > :since
    UNION ALL SELECT status = 'removed', 1, size_bytes FROM pin_record WHERE let_go_block > :since)
  GROUP BY 1, 2`;

interface DeletedRow extends Amount {
  readonly isGone: number;
  readonly isProven: number;
}

/** What the rule of the day's deletions rests on, at a block; deletions at later ones count too. */
export async function readDeletionStanding(source: Reader | Tx, headBlock: number): Promise<DeletionStanding> {
  const deleted: DeletedRow[] = await source.raw(deletedSql, { since: headBlock - dayBlocks });
  return {
    held: await readAmount(source, heldSql),
    deleted: sum(deleted),
    gone: sum(deleted.filter((row) => row.isGone === 1)),
    deletedUnproven: sum(deleted.filter((row) => row.isProven === 0)),
    unproven: await readAmount(source, unprovenSql),
  };
}

export async function readAmount(source: Reader | Tx, sql: string, bindings: readonly number[] = []): Promise<Amount> {
  const rows: Amount[] = await source.raw(sql, [...bindings]);
  return rows[0] ?? { files: 0, bytes: 0 };
}

function sum(amounts: readonly Amount[]): Amount {
  return amounts.reduce((all, { files, bytes }) => ({ files: all.files + files, bytes: all.bytes + bytes }), {
    files: 0,
    bytes: 0,
  });
}
