import type { Tx } from '../database.ts';
import { columnsOf, figures } from './figure-columns.ts';
import { isStale, type RefreshTurns, turnBindings } from './refresh-turn.ts';
import { type Afterwards, askAfterwards } from './found-again.ts';

const firstFigure = 3;
const place = 'file_record.key_position = read.value ->> 0 AND file_record.cid = read.value ->> 1';
const readFigures = figures.map((_, index) => `read.value ->> ${firstFigure + index}`).join(', ');
const asKnown = `file_record.status <> 'closed' AND file_record.read_block <= read.value ->> 2 AND (${columnsOf('file_record')}) IS (${readFigures})`;

const confirm = `
  UPDATE file_record SET read_block = read.value ->> 2, seen = seen | :seen
  FROM jsonb_each(:rows) AS read WHERE ${place} AND ${asKnown}`;

const confirmInTurn = `${confirm} AND ((file_record.seen & :seen) <> :seen OR ${isStale})`;

const findRest = `
  SELECT group_concat(read.key) AS rest FROM jsonb_each(?) AS read LEFT JOIN file_record ON ${place}
  WHERE file_record.id IS NULL OR NOT (${asKnown})`;

/**
 * Moves the read block of orders on that stand here with the very figures that were read. With `turns` only of those whose turn has come or
 * that an update of replicas has named: a few in a hundred orders are read by every walk, and they stand on nearly every page of the file.
 * @param rows what `readRows` makes
 * @param count how many rows that are
 * @returns `rest`: the places in `rows` of all others: unknown, changed, closed, or read later
 */
export async function confirmFigures(
  tx: Tx,
  rows: string,
  count: number,
  { seen, turns }: { readonly seen: number; readonly turns?: RefreshTurns | undefined },
): Promise<{ readonly rest: readonly number[]; readonly after: Afterwards }> {
  if (turns === undefined) await tx.raw(confirm, { seen, rows });
  else await tx.raw(confirmInTurn, { seen, rows, ...turnBindings(turns) });
  const after = await askAfterwards(tx);
  if (after.written === count) return { rest: [], after };
  const [found]: { rest: string | null }[] = await tx.raw(findRest, [rows]);
  return { rest: found?.rest?.split(',').map(Number) ?? [], after };
}
