import { countFitting, dayLimit, half, isWithinDay } from '../domain/deletions.ts';
import type { Order, OrderKey } from '../domain/order.ts';
import type { Database } from './database.ts';
import { readDeletionStanding } from './deletion-standing.ts';
import { selectOrders, toOrder } from './order-row.ts';

/** A record of a lost file. */
export interface LostRow {
  readonly pinId: number;
  readonly cid: string;
  /** sWorker was asked by us to delete it, with no answer kept yet. */
  readonly lettingGo: boolean;
  readonly sizeBytes: number;
  /** Null unless a deletion was begun that may have happened. */
  readonly letGoBlock: number | null;
}

// Stands in `end_detail` from before the delete until its answer: a process that dies between must not take the file for gone by itself.
const lettingGo = 'being deleted to be sealed anew';

interface Row {
  id: number;
  cid: string;
  end_detail: string | null;
  size_bytes: number;
  let_go_block: number | null;
}

const columns = ['id', 'cid', 'end_detail', 'size_bytes', 'let_go_block'] as const;

/** Lost files in the tables. */
export class LostFiles {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async page(afterId: number, limit: number): Promise<readonly LostRow[]> {
    const rows: Row[] = await this.#database.read(
      async (reader) =>
        await reader('pin_record')
          .whereRaw("status = 'lost' AND id > ?", [afterId])
          .orderBy('id')
          .limit(limit)
          .select(...columns),
    );
    return rows.map(toLostRow);
  }

  /** Of files that were seen lost since the chain was asked last, at most `limit`: their grace has not begun. */
  async listUndated(afterId: number, limit: number): Promise<readonly number[]> {
    const rows = await this.#database.read(
      async (reader): Promise<{ id: number }[]> =>
        await reader('pin_record')
          .whereRaw("status = 'lost' AND lost_block IS NULL AND id > ?", [afterId])
          .orderBy('id')
          .limit(limit)
          .select('id'),
    );
    return rows.map(({ id }) => id);
  }

  /** Their grace begins at a block that the chain has named since. */
  async date(pinIds: readonly number[], atBlock: number): Promise<void> {
    await this.#database.write('bulk', async (tx) => {
      await tx.raw(
        "UPDATE pin_record SET lost_block = ? WHERE id IN (SELECT value FROM json_each(?)) AND status = 'lost' AND lost_block IS NULL",
        [atBlock, JSON.stringify(pinIds)],
      );
    });
  }

  /** Files lost at or before a block whose next look has come. */
  async listDue(lostSinceBlock: number, headBlock: number, limit: number): Promise<readonly LostRow[]> {
    const rows: Row[] = await this.#database.read(
      async (reader) =>
        await reader('pin_record')
          .whereRaw("status = 'lost' AND lost_block <= ? AND COALESCE(lost_look_block, 0) <= ?", [
            lostSinceBlock,
            headBlock,
          ])
          .orderBy('id')
          .limit(limit)
          .select(...columns),
    );
    return rows.map(toLostRow);
  }

  async putOff(pinId: number, lookBlock: number): Promise<void> {
    await this.#set(pinId, { lost_look_block: lookBlock });
  }

  /**
   * The last step before sWorker is asked to delete. Lost files leave half of what may be deleted within a day to closed ones.
   * @returns false when as many as may be have been deleted
   */
  async markLettingGo(
    row: Pick<LostRow, 'pinId' | 'sizeBytes' | 'letGoBlock'>,
    { headBlock, maxPercentPerDay }: { readonly headBlock: number; readonly maxPercentPerDay: number },
  ): Promise<boolean> {
    return await this.#database.write('bulk', async (tx) => {
      const standing = await readDeletionStanding(tx, headBlock);
      const planned = { sizeBytes: row.sizeBytes, isCounted: isWithinDay(row.letGoBlock, headBlock) };
      if (countFitting([planned], standing, half(dayLimit(standing, maxPercentPerDay))) === 0) return false;
      const marked = { end_detail: lettingGo, let_go_block: headBlock };
      return (await tx('pin_record').where({ id: row.pinId, status: 'lost' }).update(marked)) === 1;
    });
  }

  /** The deletion surely did not happen: it no longer counts among those of the day. One begun before it may have: its mark and its block stay. */
  async refused(row: Pick<LostRow, 'pinId' | 'lettingGo' | 'letGoBlock'>): Promise<void> {
    await this.#set(row.pinId, { end_detail: row.lettingGo ? lettingGo : null, let_go_block: row.letGoBlock });
  }

  async ordersOf(keys: readonly OrderKey[]): Promise<ReadonlyMap<string, Order>> {
    return await this.#database.read(async (reader) => {
      const rows = await selectOrders(reader).whereRaw(
        'file_record.id IN (SELECT found.id FROM json_each(?) AS asked CROSS JOIN file_record AS found ON found.key_position = asked.value ->> 0 AND found.cid = asked.value ->> 1)',
        [JSON.stringify(keys.map((key) => [key.position, key.text]))],
      );
      return new Map(rows.map((row) => [row.cid, toOrder(row)]));
    });
  }

  async #set(pinId: number, set: Readonly<Record<string, string | number | null>>): Promise<void> {
    await this.#database.write('bulk', async (tx) => {
      await tx('pin_record').where({ id: pinId, status: 'lost' }).update(set);
    });
  }
}

function toLostRow(row: Row): LostRow {
  return {
    pinId: row.id,
    cid: row.cid,
    lettingGo: row.end_detail === lettingGo,
    sizeBytes: row.size_bytes,
    letGoBlock: row.let_go_block,
  };
}
