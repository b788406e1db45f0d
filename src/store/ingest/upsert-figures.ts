import type { Tx } from '../database.ts';
import { changedRows, forgetDecision, newClassBlocks } from './row-changes.ts';

export interface IngestResult {
  /** Orders not known before. */
  readonly added: number;
  /** Known orders whose figures changed or that came back after a close. */
  readonly changed: number;
}

const figures = [
  'size_bytes',
  'reward_pico',
  'calculated_block',
  'expiry_block',
  'replicas',
  'group_hold',
  'group_owner_id',
];
const columnsOf = (table: string): string => figures.map((column) => `${table}.${column}`).join(', ');

// These verdicts are named by rules that look at nothing but the CID, its owners, the group and the class.
const deafVerdicts = "('denied', 'bad-cid', 'not-ours', 'dice')";
const heard = `(verdict IS NULL OR verdict NOT IN ${deafVerdicts}
      OR excluded.size_bytes <> file_record.size_bytes OR (excluded.expiry_block = 0) <> (file_record.expiry_block = 0))`;

// `WHERE true` keeps SQLite from reading ON CONFLICT as the join condition of the SELECT.
const upsert = `
  INSERT INTO file_record (key_position, cid, read_block, ${figures.join(', ')}, seen, created_block, class, status)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9,
    MAX(?, 1), value ->> 2, CASE WHEN value ->> 6 = 0 THEN 'new' ELSE 'db' END, 'new'
  FROM json_each(?) WHERE true
  ON CONFLICT (key_position, cid) DO UPDATE SET
    ${figures.map((column) => `${column} = excluded.${column}`).join(', ')},
    read_block = excluded.read_block,
    seen = file_record.seen | ?,
    ${forgetDecision("status = 'closed'")},
    class = CASE
      WHEN status NOT IN ('new', 'closed') THEN class
      WHEN excluded.expiry_block = 0 OR excluded.read_block - success_block < ${newClassBlocks} THEN 'new'
      ELSE 'db' END,
    revise = CASE WHEN status IN ('waiting', 'queued') AND ${heard} THEN 1 WHEN status = 'closed' THEN 0 ELSE revise END,
    status = CASE WHEN status = 'closed' THEN 'new' ELSE status END
  WHERE (status = 'closed' AND excluded.read_block > file_record.read_block)
    OR (status <> 'closed' AND excluded.read_block >= file_record.read_block AND (${columnsOf('excluded')}) IS NOT (${columnsOf('file_record')}))`;

// What the upsert left alone: the same figures read later, and older reads, which still tell where an order was seen.
const touch = `
  UPDATE file_record SET read_block = MAX(read_block, read.block), seen = seen | read.bit
  FROM (SELECT value ->> 0 AS position, value ->> 1 AS cid, value ->> 2 AS block, ? AS bit FROM json_each(?)) AS read
  WHERE file_record.key_position = read.position AND file_record.cid = read.cid AND status <> 'closed'
    AND (read_block < read.block OR (seen & read.bit) <> read.bit)`;

/**
 * Brings rows of found reads in. A row whose data was read later is left as it is.
 * @param rows what `readRows` makes
 * @param count how many rows that are
 * @param seen bits of `seenBy`, 0 for orders that were merely read again; a row made now was at least found by a scan
 */
export async function upsertFigures(tx: Tx, rows: string, count: number, seen: number): Promise<IngestResult> {
  const before = await newestId(tx);
  await tx.raw(upsert, [seen, rows, seen]);
  const written = await changedRows(tx);
  // Ids grow by one in the only writing transaction there is, so new rows need not be counted one by one.
  const added = (await newestId(tx)) - before;
  if (written < count) await tx.raw(touch, [seen, rows]);
  return { added, changed: written - added };
}

async function newestId(tx: Tx): Promise<number> {
  const rows: { id: number | null }[] = await tx.raw('SELECT MAX(id) AS id FROM file_record');
  return rows[0]?.id ?? 0;
}
