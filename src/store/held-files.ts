import type { OrderKey } from '../domain/order.ts';
import { orderMoves, pinMoves, type OrderStatus, type PinStatus } from '../domain/statuses.ts';
import { DAY_BLOCKS } from '../domain/units.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Database, Tx } from './database.ts';
import { guardedMove } from './guarded-move.ts';
import { isHeld } from './pin-rows.ts';

export type HeldState = 'valid' | 'lost';

/** A file of sWorker's list without a record. */
export interface FoundFile {
  readonly cid: string;
  readonly sizeBytes: number;
  readonly type: HeldState;
}

/** What a part of sWorker's list changes. Of 400,000 files it is much at once, so it is written in slices. */
export interface ListingChanges {
  /** Files without a record. */
  readonly found: readonly FoundFile[];
  /** Records of lost files that are valid again. */
  readonly recovered: readonly number[];
  /** Records of sealed files that are lost. */
  readonly lost: readonly number[];
  /** Records that were missing from a round before. */
  readonly seenAgain: readonly number[];
  /** Orders whose file is held; one whose cleanup is deleting it stays as it is. */
  readonly handledOrders: readonly number[];
  /** Closed orders whose file is held. */
  readonly closedOrders: readonly number[];
}

export interface Moment {
  readonly headBlock: number;
  readonly nowMs: number;
}

/** A held file that sWorker no longer has. */
export interface GoneFile {
  readonly pinId: number;
  readonly key: OrderKey;
  readonly status: 'sealed' | 'lost';
}

export type GoneEnd = 'none' | 'new' | 'removed-by-hand';

// Without a look an order is read again after 30 days: its FileSuccess may have been missed.
const unlookedBlocks = 30 * DAY_BLOCKS;

const insertFound = `
  INSERT INTO pin_record (cid, size_bytes, status, cause, started_ms, started_block, updated_ms, sealed_ms, sealed_block, sealed_bytes)
  SELECT value ->> 'cid', value ->> 'sizeBytes', CASE value ->> 'type' WHEN 'lost' THEN 'lost' ELSE 'sealed' END, 'found',
    :now, :head, :now, :now, :head, value ->> 'sizeBytes'
  FROM jsonb_each(:found)
  WHERE NOT EXISTS (SELECT 1 FROM pin_record AS pull WHERE pull.cid = value ->> 'cid' AND pull.status = 'running')
  ON CONFLICT DO NOTHING`;

// Credit for a recovered file begins anew: sWorker reports it again.
const recover = `
  UPDATE pin_record SET status = 'sealed', lost_block = NULL, lost_look_block = NULL, end_detail = NULL, missed_rounds = 0,
    sealed_block = :head, updated_ms = :now
  WHERE id IN (SELECT value FROM json_each(:ids)) AND status = 'lost'`;

// Without a block: the head that the bot knows may be days old, and the grace would be over at once.
const lose = `
  UPDATE pin_record SET status = 'lost', lost_block = NULL, lost_look_block = NULL, missed_rounds = 0, updated_ms = :now
  WHERE id IN (SELECT value FROM json_each(:ids)) AND status = 'sealed'`;

const seeAgain =
  'UPDATE pin_record SET missed_rounds = 0 WHERE id IN (SELECT value FROM json_each(?)) AND missed_rounds > 0';

const heldHere = `EXISTS (SELECT 1 FROM pin_record WHERE pin_record.cid = file_record.cid AND pin_record.${isHeld})`;

const handle = `
  UPDATE file_record SET status = 'handled', look_block = NULL, turn_block = NULL, revise = 0
  WHERE id IN (SELECT value FROM json_each(?)) AND status IN ('new', 'waiting', 'queued', 'failed') AND ${heldHere}
    AND NOT EXISTS (SELECT 1 FROM cleanup_record WHERE cleanup_record.cid = file_record.cid AND cleanup_record.status = 'deleting')`;

// Seen at the read that closed the order: the head that the bot knows may be far from it.
const beginCleanups = `
  INSERT INTO cleanup_record (cid, size_bytes, status, cause, seen_block, created_ms, updated_ms)
  SELECT file_record.cid, file_record.size_bytes, 'seen', 'found', file_record.read_block, :now, :now FROM json_each(:ids) AS closed
  CROSS JOIN file_record ON file_record.id = closed.value
  WHERE file_record.status = 'closed' AND ${heldHere}
  ON CONFLICT DO NOTHING`;

/** What sWorker's lists do to pin records and to the orders of files that are held. */
export class HeldFiles {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Applies a slice. Each row is guarded by its from-status, so that a pull or a cleanup that was first stands.
   * @returns how long the transaction took, in milliseconds, without the wait for its turn
   */
  async apply(
    changes: ListingChanges,
    { headBlock, nowMs }: Moment,
    clock: Pick<Clock, 'monotonicMs'>,
  ): Promise<number> {
    const at = { head: headBlock, now: nowMs };
    let begunMs = 0;
    await this.#database.write('bulk', async (tx) => {
      begunMs = clock.monotonicMs();
      await runWith(tx, insertFound, changes.found, at);
      await runWith(tx, recover, changes.recovered, at);
      await runWith(tx, lose, changes.lost, at);
      await runWith(tx, seeAgain, changes.seenAgain, null);
      await runWith(tx, handle, changes.handledOrders, null);
      await runWith(tx, beginCleanups, changes.closedOrders, at);
    });
    return clock.monotonicMs() - begunMs;
  }

  /** One more full round did not show these; at most 500. */
  async addMissed(pinIds: readonly number[]): Promise<void> {
    await this.#database.write('bulk', async (tx) => {
      await tx.raw(
        `UPDATE pin_record SET missed_rounds = missed_rounds + 1 WHERE id IN (SELECT value FROM json_each(?)) AND ${isHeld}`,
        [JSON.stringify(pinIds)],
      );
    });
  }

  async seenAgain(pinId: number): Promise<void> {
    await this.#database.write('bulk', async (tx) => {
      await tx.raw(seeAgain, [JSON.stringify([pinId])]);
    });
  }

  /**
   * The file is gone from sWorker without our doing: its record ends, a handled order is decided anew, and the second time since its newest
   * FileSuccess it waits for a re-order. A file whose cleanup is deleting it right now is left to that.
   */
  async gone(file: GoneFile, { headBlock, nowMs }: Moment): Promise<GoneEnd | 'not-ours-to-say'> {
    return await this.#database.write('event', async (tx) => {
      const deleting: { id: number } | undefined = await tx('cleanup_record')
        .where({ cid: file.key.text, status: 'deleting' })
        .first('id');
      if (deleting !== undefined) return 'not-ours-to-say';
      const removed = await removeRecord(tx, file, 'gone from sWorker', nowMs);
      if (!removed) return 'not-ours-to-say';
      const order: { id: number; gone_count: number } | undefined = await tx('file_record')
        .where({ key_position: file.key.position, cid: file.key.text, status: 'handled' })
        .first('id', 'gone_count');
      if (order === undefined) return 'none';
      const goneCount = order.gone_count + 1;
      if (goneCount < 2) {
        await moveHandled(tx, order.id, 'new', { ...undecided, gone_count: goneCount });
        return 'new';
      }
      await moveHandled(tx, order.id, 'waiting', {
        ...undecided,
        gone_count: goneCount,
        verdict: 'removed-by-hand',
        verdict_inputs: JSON.stringify({ goneCount }),
        decided_block: headBlock,
        turn_block: headBlock + unlookedBlocks,
      });
      return 'removed-by-hand';
    });
  }

  /** A lost file was deleted so that it can be pulled anew: its record ends and its order is decided again. */
  async letGo(file: GoneFile, nowMs: number): Promise<void> {
    await this.#database.write('event', async (tx) => {
      if (!(await removeRecord(tx, file, 'lost, deleted to be sealed anew', nowMs))) return;
      const order: { id: number } | undefined = await tx('file_record')
        .where({ key_position: file.key.position, cid: file.key.text, status: 'handled' })
        .first('id');
      if (order !== undefined) await moveHandled(tx, order.id, 'new', undecided);
    });
  }
}

/** `list` goes into the statement as JSON, under whichever name it uses. */
async function runWith(
  tx: Tx,
  sql: string,
  list: readonly unknown[],
  named: Readonly<Record<string, number>> | null,
): Promise<void> {
  if (list.length === 0) return;
  const json = JSON.stringify(list);
  await (named === null ? tx.raw(sql, [json]) : tx.raw(sql, { ...named, ids: json, found: json }));
}

/** Columns of an order that is decided as if for the first time. */
export const undecided = {
  verdict: null,
  verdict_inputs: null,
  basis_id: null,
  decided_block: null,
  look_block: null,
  look_count: 0,
  turn_block: null,
  revise: 0,
};

async function removeRecord(tx: Tx, file: GoneFile, detail: string, nowMs: number): Promise<boolean> {
  return await guardedMove<PinStatus>(tx, {
    table: 'pin_record',
    moves: pinMoves,
    id: file.pinId,
    from: file.status,
    to: 'removed',
    set: { end_detail: detail, updated_ms: nowMs },
  });
}

async function moveHandled(
  tx: Tx,
  id: number,
  to: OrderStatus,
  set: Readonly<Record<string, string | number | null>>,
): Promise<void> {
  await guardedMove<OrderStatus>(tx, { table: 'file_record', moves: orderMoves, id, from: 'handled', to, set });
}
