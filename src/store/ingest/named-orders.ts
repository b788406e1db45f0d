import type { OrderKey } from '../../domain/order.ts';
import type { Tx } from '../database.ts';
import { keyRows } from './read-rows.ts';

/** An order that an update of replicas named. */
export interface NamedOrder {
  readonly key: OrderKey;
  /** Block of the newest update that did. */
  readonly atBlock: number;
}

// What is read at a look is then decided. A changed map of replicas matters to the rules that count it, and the first replica of a file that nobody
// held sets its expiry and may lower its size (its class, and so the other rules, follow when they are next asked). New and queued orders are read
// again before they are taken, and held ones are read with the block.
const isLookedAt = `(status = 'waiting' AND (look_block IS NULL OR look_block > named.block)
      AND (verdict IN ('few-replicas', 'many-replicas', 'group-has-it') OR (expiry_block = 0 AND verdict IN ('abandoned', 'too-large'))))`;

const firstWalkToShow = `CASE WHEN value ->> 2 <= walked THEN walked ELSE MAX(value ->> 2, walked + :scanIntervalBlocks) END`;

/**
 * `reread_block`: walks read the order's value until it was read at this block or later. It is never below the newest update that the row knows nothing
 * of, so that no update is lost, whoever reads the order at whatever block meanwhile; a walk under way reads at a block older than that of an update.
 * And it is as far ahead as a walk that shows the update may at the earliest read (the newest one, or the one that is due an interval after it), so that
 * an order named many times a day is written once for each walk.
 */
const mark = `
  UPDATE file_record SET
    reread_block = CASE WHEN reread_block < named.block THEN named.reread ELSE reread_block END,
    look_block = CASE WHEN ${isLookedAt} THEN named.block ELSE look_block END
  FROM (SELECT value ->> 0 AS position, value ->> 1 AS cid, value ->> 2 AS block, ${firstWalkToShow} AS reread
    FROM json_each(:rows), (SELECT COALESCE((SELECT oldest_page_block FROM walk ORDER BY id DESC LIMIT 1), 0) AS walked)) AS named
  WHERE file_record.key_position = named.position AND file_record.cid = named.cid
    AND status <> 'closed' AND read_block < named.block AND (reread_block < named.block OR ${isLookedAt})`;

/**
 * Marks known orders whose data is older than the update: the next walk reads them, and those that wait for what an update can change are looked at
 * at once.
 * @param named each order once
 * @param scanIntervalBlocks from the beginning of a walk to that of the next
 */
export async function markNamed(tx: Tx, named: readonly NamedOrder[], scanIntervalBlocks: number): Promise<void> {
  if (named.length > 0) await tx.raw(mark, { rows: keyRows(named), scanIntervalBlocks });
}
