import type { Database, Tx } from './database.ts';
import { isHeld } from './pin-rows.ts';

/** What is old: everything before this block, by a clock that nobody steps. */
export interface Age {
  readonly beforeBlock: number;
  /** The same moment in Unix ms. */
  readonly beforeMs: number;
}

/** Where a pass over the old ones goes on. */
export interface RetentionCursor {
  readonly block: number;
  readonly id: number;
}

export interface RetentionStep {
  readonly removed: number;
  /** Null when the pass is over. */
  readonly next: RetentionCursor | null;
}

/** What is removed when it is old. */
export const agingKinds = ['orders', 'pin-records', 'cleanups'] as const;
export type AgingKind = (typeof agingKinds)[number];

interface Aging {
  readonly table: string;
  readonly index: string;
  /** The words of that partial index over `block`. */
  readonly finished: string;
  readonly block: string;
  readonly keep: string;
}

const sameCid = (table: string, of: string): string => `${table}.cid = ${of}.cid`;
const isHeldOrPulled = (of: string): string => `
  EXISTS (SELECT 1 FROM pin_record AS held WHERE ${sameCid('held', of)} AND held.${isHeld})
  OR EXISTS (SELECT 1 FROM pin_record AS pull WHERE ${sameCid('pull', of)} AND pull.status = 'running')`;

const aging: Readonly<Record<AgingKind, Aging>> = {
  // Its file may still have to go, or be here for another reason.
  orders: {
    table: 'file_record',
    index: 'file_record_closed',
    finished: "status = 'closed'",
    block: 'read_block',
    keep: `${isHeldOrPulled('file_record')}
      OR EXISTS (SELECT 1 FROM cleanup_record AS cleanup WHERE ${sameCid('cleanup', 'file_record')}
        AND cleanup.status IN ('seen', 'confirmed', 'deleting'))`,
  },
  // A file's history tells whose pin it is; one that was removed or ended lately began long ago. What was deleted is told by the chain's blocks: it
  // counts for a day, whatever this machine's clock says.
  'pin-records': {
    table: 'pin_record',
    index: 'pin_record_finished',
    finished: "status IN ('failed', 'interrupted', 'removed')",
    block: 'started_block',
    keep: `updated_ms >= :beforeMs OR COALESCE(let_go_block, 0) >= :beforeBlock OR ${isHeldOrPulled('pin_record')}`,
  },
  cleanups: {
    table: 'cleanup_record',
    index: 'cleanup_record_finished',
    finished: "status IN ('done', 'cancelled')",
    block: 'seen_block',
    keep: 'updated_ms >= :beforeMs OR COALESCE(deleted_block, 0) >= :beforeBlock',
  },
};

/** Rows looked at in one transaction: each that goes touches half a dozen indices. */
const stepRows = 200;
/** The newest walks always stay, however old they are. */
const keptWalks = 10;

/** Removes what has ended and is old. Nothing that is held, pulled, being let go of or waited for is removed, whatever its age. */
export class Retention {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Removes old ones behind a cursor, at most 200 in one transaction. Null begins a pass. */
  async remove(kind: AgingKind, age: Age, after: RetentionCursor | null): Promise<RetentionStep> {
    const { table, index, finished, block, keep } = aging[kind];
    return await this.#database.write('bulk', async (tx) => {
      const rows: { id: number; block: number; kept: number }[] = await tx.raw(
        `SELECT id, ${block} AS block, ${keep} AS kept FROM ${table} INDEXED BY ${index}
         WHERE ${finished} AND (${block}, id) > (:block, :id) AND ${block} < :beforeBlock ORDER BY ${block}, id LIMIT :limit`,
        { ...(after ?? { block: -1, id: 0 }), ...age, limit: stepRows },
      );
      const old = rows.filter((row) => row.kept === 0).map((row) => row.id);
      await removeIds(tx, table, old);
      const last = rows.length < stepRows ? undefined : rows.at(-1);
      return { removed: old.length, next: last === undefined ? null : { block: last.block, id: last.id } };
    });
  }

  /** Removes closed gaps and walks that have ended: a few rows a day. The last walks stay, and those that something refers to. */
  async removeWalks({ beforeBlock }: Age): Promise<number> {
    return await this.#database.write('bulk', async (tx) => {
      const gaps: unknown[] = await tx.raw(
        'DELETE FROM gap WHERE closed_walk IS NOT NULL AND to_block < ? RETURNING id',
        [beforeBlock],
      );
      const walks: unknown[] = await tx.raw(
        `DELETE FROM walk WHERE status <> 'running' AND newest_page_block < :beforeBlock
           AND id NOT IN (SELECT id FROM walk ORDER BY id DESC LIMIT :kept)
           AND id NOT IN (SELECT id FROM walk WHERE status = 'complete' ORDER BY id DESC LIMIT :kept)
           AND id NOT IN (SELECT COALESCE(MAX(id), 0) FROM walk WHERE status = 'complete' AND reads_all = 1)
           AND id NOT IN (SELECT closed_walk FROM gap WHERE closed_walk IS NOT NULL)
         RETURNING id`,
        { beforeBlock, kept: keptWalks },
      );
      return gaps.length + walks.length;
    });
  }

  /** Pages of the file that hold nothing. */
  async freePages(): Promise<number> {
    const [row] = await this.#database.read(
      async (reader): Promise<{ freelist_count: number }[]> => await reader.raw('PRAGMA freelist_count'),
    );
    return row?.freelist_count ?? 0;
  }

  /** Gives at most so many of them back to the disk, the last pages of the file first. */
  async giveBack(pages: number): Promise<void> {
    await this.#database.write('bulk', async (tx) => await tx.raw(`PRAGMA incremental_vacuum(${pages})`));
  }
}

async function removeIds(tx: Tx, table: string, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.raw(`DELETE FROM ${table} WHERE id IN (SELECT value FROM json_each(?))`, [JSON.stringify(ids)]);
}
