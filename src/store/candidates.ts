import type { Order, VerdictInputs } from '../domain/order.ts';
import { orderMoves, type OrderClass, type OrderStatus } from '../domain/statuses.ts';
import type { PickVerdict, RuleVerdict } from '../domain/verdicts.ts';
import type { Database } from './database.ts';
import { guardedMove } from './guarded-move.ts';
import { selectOrdersSql, toOrder, type OrderRow } from './order-row.ts';

/** Part of the queue: one source, one size kind (5 GiB and above is large). */
export interface QueuePart {
  readonly orderClass: OrderClass;
  readonly large: boolean;
}

/** A decision about a queued order that was read again at the pick. */
export interface FreshVerdict {
  readonly verdict: RuleVerdict;
  readonly inputs: VerdictInputs | null;
  readonly lookBlock: number | null;
  readonly turnBlock: number | null;
  readonly draw: number | null;
  readonly orderClass: OrderClass;
  readonly basisId: number;
  readonly decidedBlock: number;
}

// Written as in the index `file_record_pick`, or SQLite would walk and sort the queue.
const isLarge = '(file_record.size_bytes >= 5368709120)';
const isRetried = '(file_record.attempts > 0)';
const isQueued = "file_record.status = 'queued' AND file_record.look_block IS NULL";
const notAmong = 'file_record.id NOT IN (SELECT value FROM json_each(?))';

const listBest = `${selectOrdersSql}
  WHERE ${isQueued} AND file_record.class = ? AND ${isLarge} = ? AND ${notAmong}
  ORDER BY ${isRetried}, file_record.reward_pico DESC, file_record.calculated_block, file_record.id LIMIT ?`;
const smallest = `${selectOrdersSql}
  WHERE ${isQueued} AND file_record.class = ? AND ${notAmong} ORDER BY file_record.size_bytes LIMIT 1`;
const listByIds = `${selectOrdersSql} WHERE file_record.id IN (SELECT value FROM json_each(?))`;

/** Queued orders whose next look has come, and what the pick writes on those it does not take. */
export class Candidates {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The best orders of a part: fresh before retried, highest reward first, then oldest. */
  async listBest(part: QueuePart, excluded: readonly number[], limit: number): Promise<readonly Order[]> {
    return await this.#list(listBest, [part.orderClass, Number(part.large), JSON.stringify(excluded), limit]);
  }

  /** The smallest order of the given sources. */
  async smallest(sources: readonly OrderClass[], excluded: readonly number[]): Promise<Order | undefined> {
    const found: Order[] = [];
    for (const source of sources) found.push(...(await this.#list(smallest, [source, JSON.stringify(excluded)])));
    return found.sort((a, b) => a.sizeBytes - b.sizeBytes)[0];
  }

  /** Rows as they stand now, in no particular order. */
  async listByIds(ids: readonly number[]): Promise<readonly Order[]> {
    return await this.#list(listByIds, [JSON.stringify(ids)]);
  }

  /** Writes a fresh verdict: one other than take moves the order to waiting, take changes what time has changed. False when it is no longer as it was read. */
  async storeVerdict(order: Order, fresh: FreshVerdict): Promise<boolean> {
    const set = {
      verdict: fresh.verdict,
      verdict_inputs: fresh.inputs === null ? null : JSON.stringify(fresh.inputs),
      basis_id: fresh.basisId,
      decided_block: fresh.decidedBlock,
      turn_block: fresh.turnBlock,
      draw: fresh.draw,
      class: fresh.orderClass,
    };
    return await this.#database.write('claim', async (tx) => {
      const asRead = { id: order.id, status: 'queued', read_block: order.readBlock };
      if (fresh.verdict === 'take') return (await tx('file_record').where(asRead).update(set)) === 1;
      if ((await tx('file_record').where(asRead).first('id')) === undefined) return false;
      return await guardedMove<OrderStatus>(tx, {
        table: 'file_record',
        moves: orderMoves,
        id: order.id,
        from: 'queued',
        to: 'waiting',
        set: { ...set, look_block: fresh.lookBlock, look_count: 0, revise: 0 },
      });
    });
  }

  /** Puts a queued order aside with a verdict of the pick. False when another was first. */
  async putAside(
    orderId: number,
    aside: {
      readonly verdict: PickVerdict;
      readonly inputs: VerdictInputs;
      readonly lookBlock: number | null;
      readonly lookCount: number;
    },
  ): Promise<boolean> {
    return await this.#database.write('claim', async (tx) =>
      guardedMove<OrderStatus>(tx, {
        table: 'file_record',
        moves: orderMoves,
        id: orderId,
        from: 'queued',
        to: 'waiting',
        set: {
          verdict: aside.verdict,
          verdict_inputs: JSON.stringify(aside.inputs),
          look_block: aside.lookBlock,
          look_count: aside.lookCount,
        },
      }),
    );
  }

  /** Leaves an order queued, to be looked at again at a block. */
  async postpone(orderId: number, lookBlock: number): Promise<void> {
    await this.#database.write('claim', async (tx) => {
      await tx('file_record').where({ id: orderId, status: 'queued' }).update({ look_block: lookBlock });
    });
  }

  async #list(sql: string, bindings: readonly (string | number)[]): Promise<readonly Order[]> {
    return await this.#database.read(async (reader) => {
      const rows: OrderRow[] = await reader.raw(sql, bindings);
      return rows.map(toOrder);
    }, 'urgent');
  }
}
