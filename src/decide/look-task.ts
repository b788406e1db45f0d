import { HOUR_BLOCKS, SECOND_MS } from '../domain/units.ts';
import { runLoop, type LoopParts } from '../runtime/loop.ts';
import type { Task } from '../runtime/task.ts';
import type { Database } from '../store/database.ts';
import { listDue, listStanding, type DueOrder } from '../store/decidable-orders.ts';
import { postponeLooks } from '../store/order-decisions.ts';
import type { BasisKeeper, Ground } from './basis/basis-keeper.ts';
import type { Judge } from './judge.ts';
import type { OrderReading } from './ports.ts';

export interface LookTaskParts extends LoopParts {
  readonly database: Database;
  readonly keeper: BasisKeeper;
  readonly judge: Judge;
  readonly reading: OrderReading;
}

const intervalMs = 6 * SECOND_MS;
const batchOrders = 250;
/** An order that a read did not find is closed by the walks, if it is gone; until then it is asked for so often. */
const absentForBlocks = HOUR_BLOCKS;

/** Looks at orders whose time has come: reads them again from the chain, then decides them by what was read. */
export class LookTask implements Task {
  readonly name = 'looks';
  readonly #parts: LookTaskParts;

  constructor(parts: LookTaskParts) {
    this.#parts = parts;
  }

  async run(signal: AbortSignal): Promise<void> {
    await runLoop(this.#parts, { name: this.name, intervalMs }, signal, async () => await this.round(signal));
  }

  /** Looks until nothing is due, batch by batch. */
  async round(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const ground = await this.#parts.keeper.ground();
      if (typeof ground === 'string') return;
      const due = await this.#parts.database.read(
        async (reader) => await listDue(reader, ground.headBlock, batchOrders),
      );
      if (due.length === 0 || (await this.#look(due, ground, signal)) === 0) return;
    }
  }

  async #look(due: readonly DueOrder[], ground: Ground, signal: AbortSignal): Promise<number> {
    const { database, judge, reading } = this.#parts;
    const keys = due.map((order) => order.key);
    const reads = await reading.readOrders(keys, signal);
    await reading.ingestReads(reads);
    const found = due.filter((_, index) => reads[index]?.figures !== undefined);
    const absent = due.filter((_, index) => reads[index]?.figures === undefined);
    const orders = await database.read(async (reader) => await listStanding(reader, found.map(idOf)));
    const looked = await judge.write(await judge.changes(orders, 'look', ground), ground);
    return looked + (absent.length === 0 ? 0 : await this.#postpone(absent, ground.headBlock));
  }

  async #postpone(absent: readonly DueOrder[], headBlock: number): Promise<number> {
    const blocks = { headBlock, untilBlock: headBlock + absentForBlocks };
    return await this.#parts.database.write('bulk', async (tx) => await postponeLooks(tx, absent.map(idOf), blocks));
  }
}

function idOf(order: { readonly id: number }): number {
  return order.id;
}
