import type { Order, OrderFigures, OrderKey } from '../../../../src/domain/order.ts';
import type { Database } from '../../../../src/store/database.ts';
import { type OrderRow, selectOrdersSql, toOrder } from '../../../../src/store/order-row.ts';
import { madeHeadBlock } from '../../database/made-orders.ts';

/** What a drive works with; each run takes other rows. */
export interface Stage {
  readonly database: Database;
  readonly run: number;
  readonly headBlock: number;
  readonly nowMs: number;
}

/** A part of the drive: what one room asks of the store. */
export type Drive = (stage: Stage) => Promise<void>;

/** So many as the rooms take at once. */
export const sliceRows = 500;
export const headBlock = madeHeadBlock;

/** Stands in what the drive asks for itself: no statement of the bot. */
export const ownMark = '/* bench */';

/** Orders of a status from the middle of the table. */
export async function someOrders(stage: Stage, status: string, count: number): Promise<readonly Order[]> {
  return await stage.database.read(async (reader) => {
    const [newest]: { id: number }[] = await reader.raw(`SELECT MAX(id) AS id FROM file_record ${ownMark}`);
    const from = Math.floor(((newest?.id ?? 0) * (1 + (stage.run % 5))) / 8);
    const rows: OrderRow[] = await reader.raw(
      `${selectOrdersSql} WHERE file_record.id > ? AND +file_record.status = ? ORDER BY file_record.id LIMIT ? ${ownMark}`,
      [from, status, count],
    );
    return rows.map(toOrder);
  });
}

export function keysOf(orders: readonly Order[]): readonly OrderKey[] {
  return orders.map((order) => order.key);
}

export function changed(order: Order): OrderFigures {
  return { ...order, replicas: order.replicas + 1 };
}

export function idsOf(orders: readonly Order[]): readonly number[] {
  return orders.map((order) => order.id);
}
