import type { OrderKey } from '../../domain/order.ts';
import type { Tx } from '../database.ts';
import { keyRows } from './read-rows.ts';
import { forgetDecision, newClassBlocks } from './row-changes.ts';

export interface Success {
  readonly key: OrderKey;
  /** Block of the FileSuccess. */
  readonly atBlock: number;
}

// Pulling and handled orders keep their status, a closed one was closed later than this order (else its figures would have opened it).
const decidedAnew = "status IN ('new', 'waiting', 'queued', 'failed')";
// What was decided of a held one was decided of the order before, perhaps as one of another class.
const decidedBefore = "status IN ('new', 'waiting', 'queued', 'failed', 'handled')";

const statement = `
  UPDATE file_record SET
    seen = seen | 2,
    success_block = success.block,
    class = 'new',
    attempts = 0,
    gone_count = 0,
    oversize = 0,
    ${forgetDecision(decidedBefore)},
    turn_block = CASE WHEN status IN ('handled', 'closed') THEN NULL ELSE success.block + ${newClassBlocks} END,
    look_count = 0,
    look_block = NULL,
    revise = CASE WHEN status = 'pulling' THEN 1 ELSE 0 END,
    status = CASE WHEN ${decidedAnew} THEN 'new' ELSE status END
  FROM (SELECT value ->> 0 AS position, value ->> 1 AS cid, MAX(value ->> 2) AS block FROM json_each(?) GROUP BY 1, 2) AS success
  WHERE file_record.key_position = success.position AND file_record.cid = success.cid
    AND (success_block IS NULL OR success_block < success.block)`;

/**
 * What a FileSuccess does to a known order beyond its figures, also when the figures were read later: it is a new order from now on, with all
 * its attempts. One already known at this block or later changes nothing.
 */
export async function noteSuccesses(tx: Tx, successes: readonly Success[]): Promise<void> {
  if (successes.length > 0) await tx.raw(statement, [keyRows(successes)]);
}
