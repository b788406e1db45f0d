import type { OrderKey } from '../domain/order.ts';
import type { Database, Reader, Tx } from './database.ts';

/** An open order that two complete walks did not find. */
export interface AbsentOrder {
  readonly fileId: number;
  readonly key: OrderKey;
  /** Block of the newest page that should have held it. */
  readonly lastBlock: number;
}

/** Which absences a complete walk settles: those that began before walk `begunBefore`. */
export interface AbsenceFilter {
  readonly lastWalk: number;
  readonly begunBefore: number;
}

const sliceRows = 2000;

// A row whose data was read after the first absence has been found since: that absence proves nothing.
const settled = `
  FROM absence JOIN file_record ON file_record.id = absence.file_id
  WHERE absence.last_walk = :lastWalk AND absence.first_walk < :begunBefore
    AND file_record.status <> 'closed' AND file_record.read_block < absence.first_block`;

/** The table `absence`: orders missing where the chain would have shown them. Any newer read that finds one clears it. */
export class Absences {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Notes rows missing from a page of `walk`; a row read at that block or later is left out. */
  async note(
    tx: Tx,
    fileIds: readonly number[],
    page: { readonly walkId: number; readonly atBlock: number; readonly endPoint: string },
  ): Promise<void> {
    if (fileIds.length === 0) return;
    await tx.raw(
      `INSERT INTO absence (file_id, first_walk, first_block, last_walk, last_block, end_point)
       SELECT id, :walkId, :atBlock, :walkId, :atBlock, :endPoint FROM file_record
       WHERE id IN (SELECT value FROM json_each(:ids)) AND status <> 'closed' AND read_block < :atBlock
       ON CONFLICT (file_id) DO UPDATE SET last_walk = excluded.last_walk, last_block = excluded.last_block, end_point = excluded.end_point`,
      { ...page, ids: JSON.stringify(fileIds) },
    );
  }

  async clear(tx: Tx, fileIds: readonly number[]): Promise<void> {
    if (fileIds.length === 0) return;
    await tx.raw('DELETE FROM absence WHERE file_id IN (SELECT value FROM json_each(?))', [JSON.stringify(fileIds)]);
  }

  /** Forgets what a walk that is abandoned found missing: only complete walks count. In slices, to be called before the walk is ended. */
  async forgetWalk(walkId: number): Promise<void> {
    const database = this.#database;
    for (let after: number | undefined = 0; after !== undefined; ) {
      const from = after;
      after = await database.write('bulk', async (tx) => {
        const through = await this.#endOfSlice(tx, from);
        const slice = { walkId, from, through: through ?? Number.MAX_SAFE_INTEGER };
        await tx.raw(
          'DELETE FROM absence WHERE file_id > :from AND file_id <= :through AND first_walk = :walkId',
          slice,
        );
        await tx.raw(
          `UPDATE absence SET last_walk = first_walk, last_block = first_block
           WHERE file_id > :from AND file_id <= :through AND last_walk = :walkId`,
          slice,
        );
        return through;
      });
    }
  }

  /** Counted in slices: a chain of millions loses tens of thousands of orders a day. */
  async count(filter: AbsenceFilter & { readonly begunFrom: number }): Promise<number> {
    let count = 0;
    for (let after: number | undefined = 0; after !== undefined; ) {
      const from = after;
      after = await this.#database.read(async (reader) => {
        const through = await this.#endOfSlice(reader, from);
        const slice = { ...filter, from, through: through ?? Number.MAX_SAFE_INTEGER };
        const rows: { n: number }[] = await reader.raw(
          `SELECT COUNT(*) AS n ${settled} AND absence.first_walk >= :begunFrom AND absence.file_id > :from AND absence.file_id <= :through`,
          slice,
        );
        count += rows[0]?.n ?? 0;
        return through;
      });
    }
    return count;
  }

  /** The last of the next few absences; undefined when fewer are left. */
  async #endOfSlice(source: Reader | Tx, afterFileId: number): Promise<number | undefined> {
    const row: { file_id: number } | undefined = await source('absence')
      .where('file_id', '>', afterFileId)
      .orderBy('file_id')
      .offset(sliceRows - 1)
      .first('file_id');
    return row?.file_id;
  }

  /** At most `limit` of them, in the order of their ids. */
  async list(filter: AbsenceFilter, afterFileId: number, limit: number): Promise<readonly AbsentOrder[]> {
    const rows = await this.#database.read(
      async (reader): Promise<{ id: number; key_position: number; cid: string; last_block: number }[]> =>
        await reader.raw(
          `SELECT file_record.id, key_position, cid, absence.last_block ${settled} AND absence.file_id > :afterFileId
           ORDER BY absence.file_id LIMIT :limit`,
          { ...filter, afterFileId, limit },
        ),
    );
    return rows.map((row) => ({
      fileId: row.id,
      key: { position: row.key_position, text: row.cid },
      lastBlock: row.last_block,
    }));
  }
}
