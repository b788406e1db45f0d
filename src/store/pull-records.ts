import type { EndReason, PastPull } from '../domain/pull-ends.ts';
import { orderMoves, pinMoves, type OrderStatus, type PinStatus } from '../domain/statuses.ts';
import type { CoordinatorMarks } from './coordinator-marks.ts';
import type { Database, Tx } from './database.ts';
import { guardedMove } from './guarded-move.ts';

/** A record that was running when the process began: nobody runs it. */
export interface LeftoverPull {
  readonly recordId: number;
  readonly cid: string;
  /** Null when its order is not `pulling`. */
  readonly orderId: number | null;
}

export interface PullProgress {
  readonly recordId: number;
  readonly blocks: number;
  readonly sealedBytes: number;
}

const historyLength = 50;

const ownOrder =
  "file_record.id = pin_record.order_id AND file_record.cid = pin_record.cid AND file_record.status = 'pulling'";
const listLeftovers = `
  SELECT pin_record.id AS recordId, pin_record.cid, file_record.id AS orderId
  FROM pin_record INDEXED BY pin_record_running LEFT JOIN file_record ON ${ownOrder} WHERE pin_record.status = 'running'`;
const countPulled = `
  SELECT (SELECT COALESCE(SUM(orders), 0) FROM tally WHERE status = 'pulling') AS pulling,
    (SELECT COUNT(*) FROM pin_record INDEXED BY pin_record_running CROSS JOIN file_record ON ${ownOrder}
     WHERE pin_record.status = 'running') AS running`;
const findUnpulled = `
  SELECT id FROM file_record WHERE status = 'pulling'
    AND NOT EXISTS (SELECT 1 FROM pin_record WHERE pin_record.cid = file_record.cid AND pin_record.status = 'running')`;

/** Pin records as the pull room reads and keeps them beside claims and ends. */
export class PullRecords {
  readonly #database: Database;
  readonly #marks: CoordinatorMarks;

  constructor(database: Database, marks: CoordinatorMarks) {
    this.#database = database;
    this.#marks = marks;
  }

  /** The ended records of a CID, newest first, at most 50. */
  async history(cid: string): Promise<readonly PastPull[]> {
    return (await this.histories([cid])).get(cid) ?? [];
  }

  /** The same of many CIDs; one without ended records is left out. */
  async histories(cids: readonly string[]): Promise<ReadonlyMap<string, readonly PastPull[]>> {
    const rows: PastPullRow[] = await this.#database.read(
      async (reader) =>
        await reader.raw(
          `SELECT pin_record.id, pin_record.cid, status, cause, end_reason, started_block, pinned_before
           FROM json_each(?) AS wanted CROSS JOIN pin_record ON pin_record.cid = wanted.value
           WHERE pin_record.id IN (SELECT id FROM pin_record WHERE cid = wanted.value ORDER BY id DESC LIMIT ?)`,
          [JSON.stringify(cids), historyLength],
        ),
      'urgent',
    );
    const histories = new Map<string, PastPull[]>();
    for (const row of rows.filter(({ status }) => status !== 'running').sort((a, b) => b.id - a.id)) {
      const history = histories.get(row.cid);
      if (history === undefined) histories.set(row.cid, [toPastPull(row)]);
      else history.push(toPastPull(row));
    }
    return histories;
  }

  /** Writes the progress of all running pulls in one statement. */
  async progress(pulls: readonly PullProgress[], nowMs: number): Promise<void> {
    if (pulls.length === 0) return;
    await this.#database.write('event', async (tx) => {
      await tx.raw(
        `UPDATE pin_record SET blocks = seen.blocks, sealed_bytes = seen.sealed_bytes, updated_ms = ?
         FROM (SELECT value ->> 'recordId' AS id, value ->> 'blocks' AS blocks, value ->> 'sealedBytes' AS sealed_bytes FROM json_each(?)) AS seen
         WHERE pin_record.id = seen.id AND pin_record.status = 'running'`,
        [nowMs, JSON.stringify(pulls)],
      );
    });
  }

  /** Remembers, before it is done, that the pin of a pull is taken away and made again. */
  async markRepinned(recordId: number): Promise<void> {
    await this.#database.write('claim', async (tx) => {
      await tx('pin_record').where({ id: recordId, status: 'running' }).update({ repinned: 1 });
    });
  }

  /** Of the given running pulls those to be let go: the order left `pulling`, or its cleanup was confirmed. */
  async listClosing(
    pulls: readonly { readonly recordId: number; readonly orderId: number }[],
  ): Promise<readonly number[]> {
    if (pulls.length === 0) return [];
    return await this.#database.read(async (reader) => {
      const rows: { id: number }[] = await reader.raw(
        `SELECT running.value ->> 'recordId' AS id FROM json_each(?) AS running
         CROSS JOIN file_record ON file_record.id = running.value ->> 'orderId'
         WHERE file_record.status <> 'pulling' OR EXISTS (
           SELECT 1 FROM cleanup_record WHERE cleanup_record.cid = file_record.cid AND cleanup_record.status IN ('confirmed', 'deleting'))`,
        [JSON.stringify(pulls)],
      );
      return rows.map((row) => row.id);
    });
  }

  /** Records left running by a process that ended, oldest first. */
  async listLeftovers(): Promise<readonly LeftoverPull[]> {
    const rows = await this.#database.read(async (reader): Promise<LeftoverPull[]> => await reader.raw(listLeftovers));
    return rows.sort((one, other) => one.recordId - other.recordId);
  }

  /** Ends a leftover as interrupted and queues its order. */
  async endLeftover(leftover: LeftoverPull, lookBlock: number | null, nowMs: number): Promise<void> {
    await this.#database.write('claim', async (tx) => {
      await guardedMove<PinStatus>(tx, {
        table: 'pin_record',
        moves: pinMoves,
        id: leftover.recordId,
        from: 'running',
        to: 'interrupted',
        set: { ended_ms: nowMs, updated_ms: nowMs, end_reason: 'killed', counts_as_attempt: 0 },
      });
      await this.#marks.release(tx, leftover.cid, nowMs);
      if (leftover.orderId !== null) await queueAgain(tx, leftover.orderId, lookBlock);
    });
  }

  /** Ends a leftover whose file sWorker has: it was sealed before its process could write that down. */
  async endSealedLeftover(
    leftover: LeftoverPull,
    file: { readonly state: 'valid' | 'lost'; readonly sizeBytes: number },
    nowMs: number,
    headBlock: number,
  ): Promise<void> {
    await this.#database.write('claim', async (tx) => {
      // A list of sWorker's files may have been first with a record of its own.
      await tx('pin_record')
        .where({ cid: leftover.cid })
        .whereIn('status', ['sealed', 'lost'])
        .update({ status: 'removed', updated_ms: nowMs, end_detail: 'replaced by the record of its pull' });
      await guardedMove<PinStatus>(tx, {
        table: 'pin_record',
        moves: pinMoves,
        id: leftover.recordId,
        from: 'running',
        to: file.state === 'valid' ? 'sealed' : 'lost',
        set: {
          ended_ms: nowMs,
          updated_ms: nowMs,
          end_reason: 'sealed',
          counts_as_attempt: 0,
          sealed_ms: nowMs,
          sealed_block: headBlock,
          sealed_bytes: file.sizeBytes,
        },
      });
      await this.#marks.forget(tx, [leftover.cid]);
      if (leftover.orderId === null) return;
      await guardedMove<OrderStatus>(tx, {
        table: 'file_record',
        moves: orderMoves,
        id: leftover.orderId,
        from: 'pulling',
        to: 'handled',
        set: { look_block: null, turn_block: null },
      });
    });
  }

  /** Queues orders that are `pulling` without a running record. Returns how many. */
  async queueUnpulled(): Promise<number> {
    return await this.#database.write('claim', async (tx) => {
      const [counts]: { pulling: number; running: number }[] = await tx.raw(countPulled);
      // Every one of these orders has its record unless something is broken: then all are walked.
      if (counts?.pulling === counts?.running) return 0;
      const rows: { id: number }[] = await tx.raw(findUnpulled);
      let queued = 0;
      for (const { id } of rows) if (await queueAgain(tx, id, null)) queued += 1;
      return queued;
    });
  }

  /** The order was found valid or lost in sWorker before its pull: handled, with a record when none is held. */
  async handleFound(
    found: {
      readonly orderId: number;
      readonly cid: string;
      readonly sizeBytes: number;
      readonly state: 'valid' | 'lost';
      /** What an earlier pull of ours found out about the pin; undefined without one. */
      readonly pinnedBefore: boolean | undefined;
    },
    nowMs: number,
    headBlock: number,
  ): Promise<boolean> {
    return await this.#database.write('claim', async (tx) => {
      const moved = await guardedMove<OrderStatus>(tx, {
        table: 'file_record',
        moves: orderMoves,
        id: found.orderId,
        from: 'queued',
        to: 'handled',
        set: { look_block: null, turn_block: null },
      });
      if (!moved) return false;
      const held: { id: number } | undefined = await tx('pin_record')
        .where({ cid: found.cid })
        .whereIn('status', ['sealed', 'lost'])
        .first('id');
      if (held !== undefined) return true;
      await tx('pin_record').insert({
        cid: found.cid,
        size_bytes: found.sizeBytes,
        status: found.state === 'valid' ? 'sealed' : 'lost',
        cause: 'found',
        started_ms: nowMs,
        started_block: headBlock,
        updated_ms: nowMs,
        sealed_ms: nowMs,
        sealed_block: headBlock,
        sealed_bytes: found.sizeBytes,
        pinned_before: found.pinnedBefore === undefined ? null : Number(found.pinnedBefore),
      });
      return true;
    });
  }
}

interface PastPullRow {
  readonly id: number;
  readonly cid: string;
  readonly status: PinStatus;
  readonly cause: 'pull' | 'found';
  readonly end_reason: EndReason | null;
  readonly started_block: number;
  readonly pinned_before: number | null;
}

function toPastPull(row: PastPullRow): PastPull {
  return {
    status: row.status,
    cause: row.cause,
    endReason: row.end_reason,
    startedBlock: row.started_block,
    pinnedBefore: row.pinned_before === null ? null : row.pinned_before === 1,
  };
}

async function queueAgain(tx: Tx, orderId: number, lookBlock: number | null): Promise<boolean> {
  return await guardedMove<OrderStatus>(tx, {
    table: 'file_record',
    moves: orderMoves,
    id: orderId,
    from: 'pulling',
    to: 'queued',
    set: { look_block: lookBlock },
  });
}
