import type { OrderKey } from '../domain/order.ts';
import { findAccountId } from './account-ids.ts';
import type { Database, Reader, Tx } from './database.ts';

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
  /** Rows whose data is older than this block are due. */
  readonly staleBeforeBlock: number;
}

export interface PageComparison {
  /** Positions in `keys` of the orders whose values are to be read. */
  readonly toRead: readonly number[];
  /** Known orders of the page that an earlier page missed. */
  readonly foundAgain: readonly number[];
  /** Known orders never noted as seen by a walk. */
  readonly unmarked: readonly number[];
  /** Known orders of the range that are not on the page: no more than one above `maxMissing`. */
  readonly missing: readonly number[];
}

/** So many orders do not vanish between two neighbouring keys: whoever says so shows another state. */
export const maxMissing = 20_000;

interface ComparedRow {
  at: number;
  id: number | null;
  due: number;
  absent: number;
  unmarked: number;
}

// A verdict of few-replicas or no-space may turn into a pull soon, as may what is undecided or queued.
const compare = `
  SELECT * FROM (
    SELECT page.key AS at, file_record.id AS id, absence.file_id IS NOT NULL AS absent, file_record.seen & 1 = 0 AS unmarked,
      :readsAll OR file_record.id IS NULL OR (status = 'closed' AND read_block < :atBlock)
        OR (read_block < :atBlock AND (status IN ('new', 'queued') OR (status = 'waiting' AND verdict IN ('few-replicas', 'no-space'))))
        OR (status <> 'closed' AND (read_block < :staleBeforeBlock OR (:ownerId IS NOT NULL AND group_owner_id IS NOT :ownerId))) AS due
    FROM json_each(:keys) AS page
    LEFT JOIN file_record ON file_record.key_position = page.value ->> 0 AND file_record.cid = page.value ->> 1
    LEFT JOIN absence ON absence.file_id = file_record.id)
  WHERE due OR absent OR unmarked`;

const findMissing = `
  SELECT id FROM file_record
  WHERE key_position > :afterPosition AND key_position < :beforePosition AND status <> 'closed' AND read_block < :atBlock
    AND (key_position, cid) NOT IN (SELECT value ->> 0, value ->> 1 FROM json_each(:keys))
  LIMIT :limit`;

/**
 * Holds the keys of a page against the rows of the same range. Rows at the position of a neighbouring page's key are not judged: such a key
 * and the row could only meet by a collision of 48-bit hashes, and then nothing is lost by believing in the order.
 */
export async function comparePage(database: Database, page: PageRange, rule: ReadingRule): Promise<PageComparison> {
  const keys = JSON.stringify(page.keys.map((key) => [key.position, key.text]));
  return await database.read(async (reader) => {
    const ownerId = rule.groupOwner === null ? null : ((await findAccountId(reader, rule.groupOwner)) ?? -1);
    const rows: ComparedRow[] = await reader.raw(compare, {
      keys,
      ownerId,
      readsAll: rule.readsAll ? 1 : 0,
      atBlock: page.atBlock,
      staleBeforeBlock: rule.staleBeforeBlock,
    });
    const known = (rows: readonly ComparedRow[]): number[] => rows.flatMap(({ id }) => (id === null ? [] : [id]));
    return {
      toRead: rows.filter((row) => row.due === 1).map((row) => row.at),
      foundAgain: known(rows.filter((row) => row.absent === 1)),
      unmarked: known(rows.filter((row) => row.unmarked === 1)),
      missing: await missingRows(reader, page, keys),
    };
  });
}

async function missingRows(reader: Reader, page: PageRange, keys: string): Promise<readonly number[]> {
  const rows: { id: number }[] = await reader.raw(findMissing, {
    keys,
    afterPosition: page.afterPosition,
    beforePosition: page.beforePosition,
    atBlock: page.atBlock,
    limit: maxMissing + 1,
  });
  return rows.map((row) => row.id);
}

/** Notes that a walk has seen these rows. */
export async function markSeenByWalk(tx: Tx, fileIds: readonly number[]): Promise<void> {
  if (fileIds.length === 0) return;
  await tx.raw('UPDATE file_record SET seen = seen | 1 WHERE id IN (SELECT value FROM json_each(?))', [
    JSON.stringify(fileIds),
  ]);
}
