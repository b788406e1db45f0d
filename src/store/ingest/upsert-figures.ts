import type { Tx } from '../database.ts';
import { columnsOf, figures } from './figure-columns.ts';
import { type Afterwards, askAfterwards } from './found-again.ts';
import { changedRows, forgetDecision, newClassBlocks } from './row-changes.ts';

// These verdicts are named by rules that look at nothing but the CID, its owners, the group and the class.
const deafVerdicts = "('denied', 'bad-cid', 'not-ours', 'dice')";
const heard = `(verdict IS NULL OR verdict NOT IN ${deafVerdicts}
      OR excluded.size_bytes <> file_record.size_bytes OR (excluded.expiry_block = 0) <> (file_record.expiry_block = 0))`;

// `jsonb_each` hands on each row in SQLite's own binary form, where `json_each` would have it parsed anew for every column: a quarter of the time.
// What a row that is made now is made of; `twin` tells it from another order at the same position.
const insertRows = (twin: string): string => `
  INSERT INTO file_record (key_position, key_twin, cid, read_block, ${figures.join(', ')}, seen, created_block, class, status)
  SELECT value ->> 0, ${twin}, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9,
    MAX(?, 1), value ->> 2, CASE WHEN value ->> 6 = 0 THEN 'new' ELSE 'db' END, 'new'
  FROM jsonb_each(?)`;

const knownTwin = `COALESCE((SELECT twin.key_twin FROM file_record AS twin
    WHERE twin.key_twin > 0 AND twin.key_position = value ->> 0 AND twin.cid = value ->> 1), 0)`;
const nextTwin = '(SELECT MAX(other.key_twin) + 1 FROM file_record AS other WHERE other.key_position = value ->> 0)';

// `WHERE true` keeps SQLite from reading ON CONFLICT as the join condition of the SELECT.
const upsert = `
  ${insertRows(knownTwin)} WHERE true
  ON CONFLICT (key_position, key_twin) DO UPDATE SET
    ${figures.map((column) => `${column} = excluded.${column}`).join(', ')},
    read_block = excluded.read_block,
    seen = file_record.seen | ?,
    ${forgetDecision("status = 'closed'")},
    class = CASE
      WHEN status NOT IN ('new', 'closed') THEN class
      WHEN excluded.expiry_block = 0 OR excluded.read_block - success_block < ${newClassBlocks} THEN 'new'
      ELSE 'db' END,
    revise = CASE WHEN status IN ('waiting', 'queued', 'pulling') AND ${heard} THEN 1 WHEN status = 'closed' THEN 0 ELSE revise END,
    status = CASE WHEN status = 'closed' THEN 'new' ELSE status END
  WHERE file_record.cid = excluded.cid AND ((status = 'closed' AND excluded.read_block > file_record.read_block)
    OR (status <> 'closed' AND excluded.read_block >= file_record.read_block AND (${columnsOf('excluded')}) IS NOT (${columnsOf('file_record')})))`;

// The upsert leaves an order out whose position another one has taken: whoever orders files can make two keys meet in 48 bits of a hash that is no
// secret. Of several newcomers to one position each run of this brings in one.
const insertTwins = `
  ${insertRows(nextTwin)}
  WHERE NOT EXISTS (SELECT 1 FROM file_record AS known WHERE known.key_position = value ->> 0 AND known.cid = value ->> 1)
  ON CONFLICT DO NOTHING`;

// What the upsert left alone: the same figures read later, and older reads, which still tell where an order was seen.
const touch = `
  UPDATE file_record SET read_block = MAX(read_block, read.block), seen = seen | read.bit
  FROM (SELECT value ->> 0 AS position, value ->> 1 AS cid, value ->> 2 AS block, ? AS bit FROM jsonb_each(?)) AS read
  WHERE file_record.key_position = read.position AND file_record.cid = read.cid AND status <> 'closed'
    AND (read_block < read.block OR (seen & read.bit) <> read.bit)`;

/**
 * Brings rows of found reads in. A row whose data was read later is left as it is.
 * @param rows what `readRows` makes
 * @param count how many rows that are
 * @param seen bits of `seenBy`, 0 for orders that were merely read again; a row made now was at least found by a scan
 */
export async function upsertFigures(tx: Tx, rows: string, count: number, seen: number): Promise<Afterwards> {
  await tx.raw(upsert, [seen, rows, seen]);
  const after = await askAfterwards(tx);
  if (after.written === count) return after;
  const twins = await addTwins(tx, rows, seen);
  if (after.written + twins < count) await tx.raw(touch, [seen, rows]);
  return after;
}

async function addTwins(tx: Tx, rows: string, seen: number): Promise<number> {
  let added = 0;
  for (;;) {
    await tx.raw(insertTwins, [seen, rows]);
    const more = await changedRows(tx);
    if (more === 0) return added;
    added += more;
  }
}
