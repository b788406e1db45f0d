import type { OrderKey } from '../../domain/order.ts';
import type { OrderStatus } from '../../domain/statuses.ts';
import type { Tx } from '../database.ts';
import { changedRows } from './row-changes.ts';
import { keyRows } from './read-rows.ts';

export interface Closes {
  /** Each order once, with the finalized block at which `FilesV2` had no such entry. */
  readonly orders: readonly { readonly key: OrderKey; readonly atBlock: number }[];
  readonly endPoint: string;
  readonly cause: 'event' | 'absence';
}

const rowsOf = `json_each(?) AS gone
    CROSS JOIN file_record ON file_record.key_position = gone.value ->> 0 AND file_record.cid = gone.value ->> 1`;

// The conflict is an open cleanup of the CID: it is on its way already.
const beginCleanups = `
  INSERT INTO cleanup_record (cid, size_bytes, status, cause, seen_block, seen_end_point, created_ms, updated_ms)
  SELECT file_record.cid, file_record.size_bytes, 'seen', ?, gone.value ->> 2, ?, ?, ? FROM ${rowsOf}
  WHERE file_record.status IN ('pulling', 'handled') AND file_record.read_block < gone.value ->> 2
  ON CONFLICT DO NOTHING`;

// The read block moves on for all of them, or an older read coming late would bring the order back.
const close = `
  UPDATE file_record SET read_block = gone.block, revise = 0,
    status = CASE WHEN status IN ('pulling', 'handled') THEN status ELSE 'closed' END,
    look_block = NULL, turn_block = NULL
  FROM (SELECT value ->> 0 AS position, value ->> 1 AS cid, value ->> 2 AS block FROM json_each(?)) AS gone
  WHERE file_record.key_position = gone.position AND file_record.cid = gone.cid AND status <> 'closed' AND read_block < gone.block
  RETURNING status`;

const forgetAbsences = `
  DELETE FROM absence WHERE file_id IN (SELECT file_record.id FROM ${rowsOf} WHERE file_record.read_block <= gone.value ->> 2)`;

/**
 * Closes orders proven gone, unless their data was read at this block or later. Pulling and handled ones keep their status and get a cleanup
 * `seen`, which has to be confirmed first.
 */
export async function closeOrders(
  tx: Tx,
  closes: Closes,
  nowMs: number,
): Promise<{ readonly closed: number; readonly cleanups: number }> {
  if (closes.orders.length === 0) return { closed: 0, cleanups: 0 };
  const rows = keyRows(closes.orders);
  await tx.raw(beginCleanups, [closes.cause, closes.endPoint, nowMs, nowMs, rows]);
  const cleanups = await changedRows(tx);
  const gone: { status: OrderStatus }[] = await tx.raw(close, [rows]);
  await tx.raw(forgetAbsences, [rows]);
  return { closed: gone.filter(({ status }) => status === 'closed').length, cleanups };
}
