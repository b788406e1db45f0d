import groupBy from 'lodash/groupBy.js';
import type { StandingChange } from '../domain/decision.ts';
import { pickVerdicts } from '../domain/verdicts.ts';
import type { Tx } from './database.ts';
import { drawUnits } from './draw-units.ts';

/** What a change touches beside the verdict and its own few columns, from the least on: each writes the columns of those before it too. */
const extents = ['verdict', 'look', 'all'] as const;
type Extent = (typeof extents)[number];

const verdict = `verdict = change.verdict, verdict_inputs = change.inputs, look_count = change.look_count,
  draw = change.draw_units / ${drawUnits}.0`;
const look = `${verdict}, look_block = change.look_block`;
const all = `${look}, status = change.status, class = change.class, turn_block = change.turn_block, revise = change.revise`;

const applying = (columns: string): string => `
WITH change AS MATERIALIZED (
  SELECT value ->> 0 AS id, value ->> 1 AS was_status, value ->> 2 AS was_read, value ->> 3 AS was_revise, value ->> 4 AS was_success,
    value ->> 5 AS was_look, value ->> 6 AS status, value ->> 7 AS verdict, value ->> 8 AS inputs, value ->> 9 AS class,
    value ->> 10 AS look_block, value ->> 11 AS look_count, value ->> 12 AS turn_block, value ->> 13 AS draw_units, value ->> 14 AS revise
  FROM jsonb_each(?)
)
UPDATE file_record SET ${columns}, basis_id = ?, decided_block = ?
FROM change
WHERE file_record.id = change.id AND file_record.status = change.was_status AND file_record.read_block = change.was_read
  AND file_record.revise = change.was_revise AND file_record.success_block IS change.was_success AND file_record.look_block IS change.was_look`;

/** A statement writes every index that a column it names stands in, whether the value changes or not: so it names few. */
const statements: Readonly<Record<Extent, string>> = {
  verdict: applying(verdict),
  look: applying(look),
  all: applying(all),
};

function extentOf({ order, next }: StandingChange): Extent {
  const sameRest =
    order.status === next.status &&
    order.orderClass === next.orderClass &&
    order.turnBlock === next.turnBlock &&
    order.revise === next.revise;
  if (!sameRest) return 'all';
  return order.lookBlock === next.lookBlock ? 'verdict' : 'look';
}

/**
 * Writes new standings, each only if its row is still as it was read: same status, read block, mark, success and look. A row that somebody changed
 * meanwhile is left to its next turn. Returns how many were written. At most some hundred at a time: pulls wait meanwhile.
 */
export async function writeStandings(
  tx: Tx,
  changes: readonly StandingChange[],
  by: { readonly basisId: number; readonly headBlock: number },
): Promise<number> {
  const byExtent = groupBy(changes, extentOf);
  let written = 0;
  for (const extent of extents) {
    const group = byExtent[extent];
    if (group === undefined) continue;
    await tx.raw(statements[extent], [JSON.stringify(group.map(toValues)), by.basisId, by.headBlock]);
    written += await changedRows(tx);
  }
  return written;
}

function toValues({ order, next }: StandingChange): readonly unknown[] {
  return [
    order.id,
    order.status,
    order.readBlock,
    Number(order.revise),
    order.successBlock,
    order.lookBlock,
    next.status,
    next.verdict,
    next.inputs,
    next.orderClass,
    next.lookBlock,
    next.lookCount,
    next.turnBlock,
    next.draw === null ? null : next.draw * drawUnits,
    Number(next.revise),
  ];
}

/** Takes the mark off orders that the pick put aside and that still wait for their look. Returns how many had one. */
export async function clearMarks(tx: Tx, ids: readonly number[]): Promise<number> {
  await tx.raw(
    `UPDATE file_record SET revise = 0 WHERE id IN (SELECT value FROM json_each(?)) AND +revise = 1
       AND +status = 'waiting' AND verdict IN (SELECT value FROM json_each(?))`,
    [JSON.stringify(ids), JSON.stringify(pickVerdicts)],
  );
  return await changedRows(tx);
}

/** Takes the mark off orders that need none: pulled, failed or closed ones are read again when they come back. */
export async function clearIdleMarks(tx: Tx, limit: number): Promise<number> {
  await tx.raw(
    `UPDATE file_record SET revise = 0 WHERE id IN (
       SELECT id FROM file_record WHERE revise = 1 AND status IN ('handled', 'failed', 'closed') ORDER BY id LIMIT ?)`,
    [limit],
  );
  return await changedRows(tx);
}

/** Puts off the looks that have come of orders that a read did not find, so that they are neither asked for at once nor picked meanwhile. */
export async function postponeLooks(
  tx: Tx,
  ids: readonly number[],
  blocks: { readonly headBlock: number; readonly untilBlock: number },
): Promise<number> {
  await tx.raw(
    `UPDATE file_record SET
       look_block = CASE WHEN status = 'queued' OR look_block <= :headBlock THEN :untilBlock ELSE look_block END,
       turn_block = CASE WHEN turn_block <= :headBlock THEN :untilBlock ELSE turn_block END
     WHERE id IN (SELECT value FROM json_each(:ids)) AND +status IN ('waiting', 'queued')`,
    { ...blocks, ids: JSON.stringify(ids) },
  );
  return await changedRows(tx);
}

async function changedRows(tx: Tx): Promise<number> {
  const rows: { changed: number }[] = await tx.raw('SELECT changes() AS changed');
  return rows[0]?.changed ?? 0;
}
