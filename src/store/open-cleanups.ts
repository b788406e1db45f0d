import type { OpenCleanup } from '../domain/cleanup-holds.ts';
import type { Database } from './database.ts';
import { newestGapEnd } from './gaps.ts';

export interface ListedCleanup extends OpenCleanup {
  readonly id: number;
  readonly cid: string;
  /** What the close is known by; `found`: a held file whose order was closed already. */
  readonly cause: 'event' | 'absence' | 'found';
  readonly confirmedBlock: number | null;
}

interface Row extends Omit<ListedCleanup, 'isProven' | 'isPulled'> {
  readonly approvalId: number | null;
  readonly isPulled: number;
}

const isOpen = "status IN ('seen', 'confirmed', 'deleting')";

// By id each is met once, however it moves on meanwhile. Left to choose SQLite would sort all open ones for every page.
const pageSql = `
  SELECT id, cid, status, cause, size_bytes AS sizeBytes, approval_id AS approvalId, seen_block AS seenBlock,
    confirmed_block AS confirmedBlock, due_block AS dueBlock, look_block AS lookBlock, deleted_block AS deletedBlock,
    EXISTS (SELECT 1 FROM pin_record WHERE pin_record.cid = cleanup_record.cid AND pin_record.status = 'running') AS isPulled
  FROM cleanup_record NOT INDEXED WHERE ${isOpen} AND id > ? ORDER BY id LIMIT ?`;

/** The cleanups that are not over, to be shown. */
export class OpenCleanups {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async count(): Promise<number> {
    const rows: { n: number }[] = await this.#database.read(
      async (reader) =>
        await reader.raw(
          `SELECT COALESCE(SUM(records), 0) AS n FROM record_tally WHERE record = 'cleanup' AND ${isOpen}`,
        ),
    );
    return rows[0]?.n ?? 0;
  }

  /** The oldest first. */
  async list(afterId: number, limit: number): Promise<readonly ListedCleanup[]> {
    const rows: Row[] = await this.#database.read(async (reader) => await reader.raw(pageSql, [afterId, limit]));
    return rows.map(({ approvalId, isPulled, ...row }) => ({
      ...row,
      isProven: row.cause === 'event' || approvalId !== null,
      isPulled: isPulled === 1,
    }));
  }

  /** Events up to this block are not all read until a walk has closed its gap; 0 without an open one. */
  async newestGapEnd(): Promise<number> {
    const rows: { gapEnd: number | null }[] = await this.#database.read(
      async (reader) => await reader.raw(`SELECT (${newestGapEnd}) AS gapEnd`),
    );
    return rows[0]?.gapEnd ?? 0;
  }
}
