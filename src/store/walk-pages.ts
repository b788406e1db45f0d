import type { OrderKey } from '../domain/order.ts';
import type { Database, Reader, Tx } from './database.ts';
import { isStale, type RefreshTurns, turnBindings } from './ingest/refresh-turn.ts';
import { type MergedPage, PageMerge, type PackedRows, rowBits } from './page-merge.ts';

/** Keys of one page and the range of positions between its neighbours' keys, both ends exclusive. */
export interface PageRange {
  readonly keys: readonly OrderKey[];
  readonly afterPosition: number;
  readonly beforePosition: number;
  readonly atBlock: number;
}

/** What makes a value worth reading again. */
export interface ReadingRule {
  readonly readsAll: boolean;
  readonly groupOwner: string | null;
  readonly turns: RefreshTurns;
}

/** `toRead`: positions in `keys`. `missing`: known orders of the range that are not on the page, no more than needed to exceed `maxMissing`. */
export type PageComparison = MergedPage;

/** So many orders do not vanish between two neighbouring keys: whoever says so shows another state. */
export const maxMissing = 20_000;

const chunkRows = 2000;
/** Two digits for each row's bits. */
const firstBitsCode = 10;

/**
 * Rows of a range as three texts: a thousand rows of five columns cost the driver ten times as much. Texts of orders never hold a line break. Closed
 * orders are left out: one whose key is found is read like an unknown one. A verdict of few-replicas or no-space may turn into a pull soon, as may
 * what is undecided or queued. While there is no group, turns and early rereads wait: a value read for nobody would overwrite what is known of the
 * group's share.
 */
const pack = `
  SELECT group_concat(cid, char(10)) AS cids, group_concat(code, '') AS codes, group_concat(id) AS ids, MAX(key_position) AS lastPosition
  FROM (
    SELECT key_position, cid, id, ${firstBitsCode}
      + ${rowBits.due} * (:readsAll
        OR (read_block < :atBlock AND (status IN ('new', 'queued') OR (status = 'waiting' AND verdict IN ('few-replicas', 'no-space'))
          OR (${isStale} AND (:owner IS NOT NULL OR group_owner_id IS NULL))))
        OR (:owner IS NOT NULL AND group_owner_id IS NOT COALESCE((SELECT id FROM account WHERE address = :owner), -1)))
      + ${rowBits.absent} * (absence.file_id IS NOT NULL)
      + ${rowBits.unmarked} * (seen & 1 = 0)
      + ${rowBits.unjudged} * (key_position IN (:afterPosition, :beforePosition) OR read_block >= :atBlock) AS code
    FROM file_record LEFT JOIN absence ON absence.file_id = file_record.id
    WHERE (key_position, key_twin) > (:fromPosition, :fromTwin) AND key_position <= :beforePosition AND status <> 'closed'
    ORDER BY key_position, key_twin LIMIT ${chunkRows})`;

/** A row's place in the order of the index. */
interface RowPlace {
  readonly fromPosition: number;
  readonly fromTwin: number;
}

interface PackRow {
  cids: string | null;
  codes: string | null;
  ids: string | null;
  lastPosition: number | null;
}

/**
 * Holds the keys of a page against the rows of the same range. Rows at the position of a neighbouring page's key are not judged: such a key
 * and the row could only meet by a collision of 48-bit hashes, and then nothing is lost by believing in the order.
 */
export async function comparePage(database: Database, page: PageRange, rule: ReadingRule): Promise<PageComparison> {
  return await database.read(async (reader) => {
    const { afterPosition, beforePosition, atBlock } = page;
    const merge = new PageMerge(page.keys);
    const bindings = {
      owner: rule.groupOwner,
      readsAll: rule.readsAll ? 1 : 0,
      afterPosition,
      beforePosition,
      atBlock,
      ...turnBindings(rule.turns),
    };
    let from: RowPlace | undefined = { fromPosition: afterPosition, fromTwin: -1 };
    while (from !== undefined && merge.loose <= maxMissing + page.keys.length) {
      const [packed] = await packedRows(reader, { ...bindings, ...from });
      const cids = packed?.cids?.split('\n') ?? [];
      merge.add({ cids, bits: bitsOf(packed?.codes ?? ''), ids: packed?.ids ?? '' });
      from = cids.length < chunkRows ? undefined : await placeOf(reader, packed?.lastPosition ?? 0, cids.at(-1) ?? '');
    }
    return merge.end();
  });
}

async function packedRows(
  reader: Reader,
  bindings: Readonly<Record<string, string | number | null>>,
): Promise<PackRow[]> {
  return await reader.raw(pack, bindings);
}

async function placeOf(reader: Reader, position: number, cid: string): Promise<RowPlace> {
  const row: { key_twin: number } | undefined = await reader('file_record')
    .where({ key_position: position, cid })
    .first('key_twin');
  return { fromPosition: position, fromTwin: row?.key_twin ?? 0 };
}

function bitsOf(codes: string): PackedRows['bits'] {
  const bits = new Uint8Array(codes.length / 2);
  const zero = 48;
  for (let index = 0; index < bits.length; index += 1) {
    const code = (codes.charCodeAt(2 * index) - zero) * 10 + codes.charCodeAt(2 * index + 1) - zero;
    bits[index] = code - firstBitsCode;
  }
  return bits;
}

/** Notes that a walk has seen these rows. */
export async function markSeenByWalk(tx: Tx, fileIds: readonly number[]): Promise<void> {
  if (fileIds.length === 0) return;
  await tx.raw('UPDATE file_record SET seen = seen | 1 WHERE id IN (SELECT value FROM json_each(?))', [
    JSON.stringify(fileIds),
  ]);
}
