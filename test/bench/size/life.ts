import { decide } from '../../../src/decide/rules/decide.ts';
import { standingAfter } from '../../../src/decide/standing.ts';
import type { OrderFigures, OrderKey } from '../../../src/domain/order.ts';
import { SystemClock } from '../../../src/runtime/clock.ts';
import type { Database } from '../../../src/store/database.ts';
import { listUndecided } from '../../../src/store/decidable-orders.ts';
import { writeStandings } from '../../../src/store/order-decisions.ts';
import { applyBlocks, type BlockChanges, type OrderChange } from '../../../src/store/order-events.ts';
import { addOwners, type Payment } from '../../../src/store/owners.ts';
import { OrderIngest } from '../../../src/store/order-ingest.ts';
import { DAY_BLOCKS } from '../chain/bench-world.ts';
import { madeBasis, madeOrder, payerAddress, payingAccounts } from '../database/made-orders.ts';

const slice = 500;
const ordersPerBlock = 10;
/** Blocks of one transaction, as a bot that catches up writes them. */
const windowBlocks = 16;
const nobody = { handled: 0, closed: 0, failed: 0, undecided: 0 };
const clock = new SystemClock();

/** One order in so many was paid for by a second account too. */
const ordersPerSecondPayer = 10;

interface KnownRow {
  id: number;
  key_position: number;
  cid: string;
  size_bytes: number;
  calculated_block: number;
  expiry_block: number;
  replicas: number;
}

/** What a bot's database goes through besides walks: verdicts, and days of events. */
export class SizeLife {
  readonly #database: Database;
  decided = 0;
  ordered = 0;
  closed = 0;
  changed = 0;

  constructor(database: Database) {
    this.#database = database;
  }

  async prepare(): Promise<void> {
    await this.#database.write('event', async (tx) => {
      await tx.raw('INSERT INTO decision_basis (id, content, created_ms) VALUES (1, ?, 0)', [
        JSON.stringify(madeBasis),
      ]);
    });
  }

  /** Gives every undecided order its verdict. */
  async decideAll(headBlock: number): Promise<void> {
    const facts = { headBlock, heldHere: false, listMatch: null };
    for (;;) {
      const orders = await this.#database.read(async (reader) => await listUndecided(reader, slice));
      if (orders.length === 0) return;
      const changes = orders.map((order) => ({
        order,
        next: standingAfter(order, decide(order, facts, madeBasis), 'first', headBlock),
      }));
      this.decided += await this.#database.write(
        'bulk',
        async (tx) => await writeStandings(tx, changes, { basisId: 1, headBlock }),
      );
    }
  }

  /**
   * Notes who paid for the walked orders. The chain's `FilesV2` does not tell it, so a walk alone leaves an order without an owner; a bot that has run
   * for as long as orders last has seen the FileSuccess of each, which is when its database is largest.
   */
  async payAll(): Promise<void> {
    for (let afterId = 0; ; ) {
      const rows = await this.#database.read(
        async (reader): Promise<KnownRow[]> =>
          await reader.raw('SELECT id, key_position, cid FROM file_record WHERE id > ? ORDER BY id LIMIT ?', [
            afterId,
            slice,
          ]),
      );
      const last = rows.at(-1);
      if (last === undefined) return;
      afterId = last.id;
      const payments = rows.flatMap((row) =>
        row.id % ordersPerSecondPayer === 0 ? [paymentOf(row, 0), paymentOf(row, 1)] : [paymentOf(row, 0)],
      );
      await this.#database.write('bulk', async (tx) => await addOwners(tx, payments));
    }
  }

  async countReadAt(block: number): Promise<number> {
    return await this.#count('WHERE read_block = ?', [block]);
  }

  /** A day's events and looks: 1 % new, 1 % closed, 5 % with other figures. */
  async day(day: number, fromBlock: number): Promise<void> {
    const rows = await this.#count();
    const share = Math.floor(rows / 100);
    const blocks = Math.max(1, Math.ceil(share / ordersPerBlock));
    const gone = await this.#some(share, day);
    let window: BlockChanges[] = [];
    for (let number = 0; number < blocks; number += 1) {
      const atBlock = fromBlock + 1 + Math.floor((number * DAY_BLOCKS) / blocks);
      const from = number * ordersPerBlock;
      const some = Array.from({ length: Math.min(ordersPerBlock, share - from) }, (_, at) => from + at);
      const indices = some.map((at) => day * 1_000_003 + at);
      window.push(block(atBlock, indices, gone.slice(from, from + some.length)));
      this.ordered += some.length;
      if (window.length < windowBlocks && number + 1 < blocks) continue;
      const changes = window;
      const options = { nowMs: Date.now(), scanIntervalBlocks: DAY_BLOCKS };
      await this.#database.write('event', async (tx) => await applyBlocks(tx, changes, options));
      window = [];
    }
    this.closed += gone.length;
    await this.#change(await this.#some(5 * share, day + 100), fromBlock + DAY_BLOCKS - 1);
  }

  async #change(rows: readonly KnownRow[], atBlock: number): Promise<void> {
    const reads = rows.map((row) => ({ key: keyOf(row), atBlock, figures: changedFigures(row) }));
    await new OrderIngest({ database: this.#database, clock }).ingest(reads);
    this.changed += await this.#count('WHERE read_block = ?', [atBlock]);
  }

  async #count(where = '', bindings: readonly number[] = []): Promise<number> {
    return await this.#database.read(async (reader) => {
      const rows: { n: number }[] = await reader.raw(`SELECT COUNT(*) AS n FROM file_record ${where}`, bindings);
      return rows[0]?.n ?? 0;
    });
  }

  /** Open orders from all over the table, others with each salt. */
  async #some(count: number, salt: number): Promise<readonly KnownRow[]> {
    return await this.#database.read(
      async (reader): Promise<KnownRow[]> =>
        await reader.raw(
          `SELECT id, key_position, cid, size_bytes, calculated_block, expiry_block, replicas FROM file_record
           WHERE status IN ('waiting', 'queued') ORDER BY (id * 2654435761 + ? * 40503) % 1000003 LIMIT ?`,
          [salt, count],
        ),
    );
  }
}

function block(atBlock: number, indices: readonly number[], gone: readonly KnownRow[]): BlockChanges {
  const born = indices.map((index) => madeOrder(index, index, Number.MAX_SAFE_INTEGER, nobody));
  const orders: OrderChange[] = [
    ...born.map((order) => ({
      read: { key: order.key, atBlock, figures: { ...order, calculatedBlock: atBlock, expiryBlock: 0, replicas: 0 } },
      ordered: true,
      closed: false,
    })),
    ...gone.map((row) => ({ read: { key: keyOf(row), atBlock, figures: undefined }, ordered: false, closed: true })),
  ];
  const payments = born.map((order, at) => ({
    key: order.key,
    payer: payerAddress((atBlock + at) % payingAccounts),
    memo: memoOf(order.key),
  }));
  return { atBlock, endPoint: 'ws://127.0.0.1', orders, payments, replicasUpdated: [] };
}

function paymentOf(row: KnownRow, which: number): Payment {
  const key = keyOf(row);
  return { key, payer: payerAddress((row.id * 7919 + which) % payingAccounts), memo: memoOf(key) };
}

function memoOf({ position }: OrderKey): Buffer {
  return Buffer.from(`folder/file-${position}.bin`);
}

function keyOf(row: KnownRow): OrderKey {
  return { position: row.key_position, text: row.cid };
}

function changedFigures(row: KnownRow): OrderFigures {
  return {
    sizeBytes: row.size_bytes,
    rewardPico: String(2_000_000_000 + row.id * 977),
    calculatedBlock: row.calculated_block + 600,
    expiryBlock: row.expiry_block === 0 ? row.calculated_block + 2_592_000 : row.expiry_block,
    replicas: row.replicas + 1,
    groupHold: 0,
    groupOwner: madeBasis.groupOwner,
  };
}
