import type { Order, OrderKey } from '../domain/order.ts';
import type { Database } from './database.ts';
import { selectOrders, toOrder } from './order-row.ts';

/** A record of a lost file. */
export interface LostRow {
  readonly pinId: number;
  readonly cid: string;
  /** sWorker was asked by us to delete it, with no answer kept yet. */
  readonly lettingGo: boolean;
}

// Stands in `end_detail` from before the delete until its answer: a process that dies between must not take the file for gone by itself.
const lettingGo = 'being deleted to be sealed anew';

interface Row {
  id: number;
  cid: string;
  end_detail: string | null;
}

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
          .select('id', 'cid', 'end_detail'),
    );
    return rows.map(toLostRow);
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
          .select('id', 'cid', 'end_detail'),
    );
    return rows.map(toLostRow);
  }

  async putOff(pinId: number, lookBlock: number): Promise<void> {
    await this.#set(pinId, { lost_look_block: lookBlock, end_detail: null });
  }

  async markLettingGo(pinId: number): Promise<void> {
    await this.#set(pinId, { end_detail: lettingGo });
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
  return { pinId: row.id, cid: row.cid, lettingGo: row.end_detail === lettingGo };
}
