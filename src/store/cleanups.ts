import {
  type Amount,
  countFitting,
  dayLimit,
  type DeletionStanding,
  isWithinDay,
  judgeUnproven,
  type PlannedDeletion,
} from '../domain/deletions.ts';
import type { OrderKey } from '../domain/order.ts';
import { cleanupMoves, type CleanupStatus } from '../domain/statuses.ts';
import type { Database, Reader, Tx } from './database.ts';
import { amountColumns, isProven, readAmount, readDeletionStanding } from './deletion-standing.ts';
import { newestGapEnd, readEventsHeld } from './gaps.ts';
import { guardedMove } from './guarded-move.ts';
import { isHeld } from './pin-rows.ts';

export interface Cleanup {
  readonly id: number;
  readonly cid: string;
  /** The finalized block at which the close was seen. */
  readonly seenBlock: number;
  /** Null when no end point is known to have said so. */
  readonly seenEndPoint: string | null;
  readonly attempts: number;
  /** As it was ordered. */
  readonly sizeBytes: number;
  /** An event proves the close, or a person approved it; else it is known only by absence from walks. */
  readonly isProven: boolean;
  /** Null unless a deletion was begun that may have happened. */
  readonly deletedBlock: number | null;
}

/** Of a cleanup that was put back: it is tried again, or it is over because the order came back meanwhile. */
export type PutBack = 'confirmed' | 'cancelled' | 'moved';
/** `held-back`: more than may be deleted within a day, or not proven well enough. `behind`: events up to the last look are not all read. */
export type BeginDelete = 'begun' | 'pull-running' | 'came-back' | 'moved' | 'held-back' | 'behind';

interface Row {
  id: number;
  cid: string;
  seen_block: number;
  seen_end_point: string | null;
  attempts: number;
  size_bytes: number;
  cause: 'event' | 'absence' | 'found';
  approval_id: number | null;
  deleted_block: number | null;
}

const columns = [
  'id',
  'cid',
  'seen_block',
  'seen_end_point',
  'attempts',
  'size_bytes',
  'cause',
  'approval_id',
  'deleted_block',
] as const;

const isDue = "status = 'confirmed' AND due_block <= ?";
/** For closes that are not proven: whether they are among what is sought. */
const isSought = `(? OR ${isProven})`;
// Stands in `detail` so that each is told once, also over restarts.
const toldInDryRun = 'would be deleted: cleanup.mode is dryRun';

/** The way of a cleanup: seen → confirmed → deleting → done. */
export class Cleanups {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Closes seen at or before a block, the oldest first. */
  async listSeen(seenUntilBlock: number, afterId: number, limit: number): Promise<readonly Cleanup[]> {
    return await this.#list((reader) =>
      // Rows of one status without a due block lie by id in the index.
      reader('cleanup_record')
        .whereRaw("status = 'seen' AND due_block IS NULL AND id > ? AND seen_block <= ?", [afterId, seenUntilBlock])
        .orderBy('id')
        .limit(limit),
    );
  }

  /**
   * Confirmed closes whose grace is over, whose next look has come, whose pull has ended and since which no gap is open; the oldest first. Those that a
   * gap holds back stand before no other.
   */
  async listDue(
    headBlock: number,
    sought: { readonly unproven: boolean; readonly limit: number },
  ): Promise<readonly Cleanup[]> {
    return await this.#list((reader) =>
      reader('cleanup_record')
        .whereRaw(
          `${isDue} AND COALESCE(look_block, 0) <= ? AND ${isSought} AND seen_block >= COALESCE((${newestGapEnd}), 0)
           AND NOT EXISTS (SELECT 1 FROM pin_record WHERE pin_record.cid = cleanup_record.cid AND pin_record.status = 'running')`,
          [headBlock, headBlock, sought.unproven],
        )
        .orderBy(['due_block', 'id'])
        .limit(sought.limit),
    );
  }

  /** Confirmed closes whose grace is over. */
  async countDue(headBlock: number, sought: { readonly unproven: boolean }): Promise<Amount> {
    const sql = `SELECT ${amountColumns} FROM cleanup_record WHERE ${isDue} AND ${isSought}`;
    return await this.#database.read(
      async (reader) => await readAmount(reader, sql, [headBlock, Number(sought.unproven)]),
    );
  }

  async standing(headBlock: number): Promise<DeletionStanding> {
    return await this.#database.read(async (reader) => await readDeletionStanding(reader, headBlock));
  }

  /** What would be deleted and has not been told yet; it is noted as told. */
  async tellDue(
    headBlock: number,
    sought: { readonly unproven: boolean; readonly limit: number },
  ): Promise<readonly Cleanup[]> {
    const untold = await this.#list((reader) =>
      reader('cleanup_record')
        .whereRaw(`${isDue} AND ${isSought} AND detail IS NOT ?`, [headBlock, sought.unproven, toldInDryRun])
        .orderBy(['due_block', 'id'])
        .limit(sought.limit),
    );
    if (untold.length === 0) return untold;
    await this.#database.write('bulk', async (tx) => {
      await tx.raw(
        "UPDATE cleanup_record SET detail = ? WHERE id IN (SELECT value FROM json_each(?)) AND status = 'confirmed'",
        [toldInDryRun, JSON.stringify(untold.map(({ id }) => id))],
      );
    });
    return untold;
  }

  async listDeleting(): Promise<readonly Cleanup[]> {
    return await this.#list((reader) =>
      reader('cleanup_record').where({ status: 'deleting' }).orderBy(['due_block', 'id']),
    );
  }

  /**
   * The order was absent at a second, later block: it is closed, unless it is being pulled; then the pull ends first. False also while events up to
   * that block are not read: a re-order among them would be older than the close, and open nothing any more.
   */
  async confirm(
    cleanup: Cleanup,
    key: OrderKey,
    proof: { readonly atBlock: number; readonly graceBlocks: number },
    nowMs: number,
  ): Promise<boolean> {
    return await this.#database.write('event', async (tx) => {
      // A gap is left to the walk that closes it, which opens the order again; were it waited for, a walk that misses many closes would wait for this.
      if ((await readEventsHeld(tx, proof.atBlock, proof.atBlock)) === 'behind') return false;
      const moved = await move(tx, cleanup.id, 'seen', 'confirmed', {
        confirmed_block: proof.atBlock,
        due_block: proof.atBlock + proof.graceBlocks,
        look_block: null,
        updated_ms: nowMs,
      });
      if (moved) await closeOrder(tx, key, proof.atBlock);
      return moved;
    });
  }

  async cancel(cleanup: Cleanup, from: 'seen' | 'confirmed', detail: string, nowMs: number): Promise<boolean> {
    return await this.#database.write('event', async (tx) =>
      move(tx, cleanup.id, from, 'cancelled', { detail, updated_ms: nowMs }),
    );
  }

  /**
   * The last step before sWorker is asked to delete; `atBlock` is where the order was absent once more. The events up to there and what may be deleted
   * within a day are looked at in the same transaction, so that nothing else comes between.
   */
  async beginDelete(
    cleanup: Cleanup,
    key: OrderKey,
    { atBlock, maxPercentPerDay }: { readonly atBlock: number; readonly maxPercentPerDay: number },
    nowMs: number,
  ): Promise<BeginDelete> {
    return await this.#database.write('event', async (tx) => {
      // Before anything is said of the order: a cleanup that was taken back knows of a later one.
      const standing = await tx('cleanup_record').where({ id: cleanup.id, status: 'confirmed' }).first('id');
      if (standing === undefined) return 'moved';
      if ((await readEventsHeld(tx, cleanup.seenBlock, atBlock)) !== 'read') return 'behind';
      const running: { id: number } | undefined = await tx('pin_record')
        .where({ cid: cleanup.cid, status: 'running' })
        .first('id');
      if (running !== undefined) return 'pull-running';
      if (!(await mayGo(tx, cleanup, atBlock, maxPercentPerDay))) return 'held-back';
      await closeOrder(tx, key, atBlock);
      const status = await statusOf(tx, key);
      if (status === 'pulling') return 'pull-running';
      if (status !== undefined && status !== 'closed') {
        await move(tx, cleanup.id, 'confirmed', 'cancelled', { detail: cameBack, updated_ms: nowMs });
        return 'came-back';
      }
      const begun = { deleted_block: atBlock, updated_ms: nowMs };
      return (await move(tx, cleanup.id, 'confirmed', 'deleting', begun)) ? 'begun' : 'moved';
    });
  }

  /** The file is gone: the cleanup and the file's record end together. */
  async finish(cleanup: Cleanup, detail: string, nowMs: number): Promise<void> {
    await this.#database.write('event', async (tx) => {
      if (!(await move(tx, cleanup.id, 'deleting', 'done', { detail, updated_ms: nowMs }))) return;
      await tx('pin_record')
        .whereRaw(`cid = ? AND ${isHeld}`, [cleanup.cid])
        .update({ status: 'removed', end_detail: 'its order was closed', updated_ms: nowMs });
    });
  }

  /**
   * The deletion did not happen, or nobody knows: tried again from `lookBlock` on, unless the order is open again. Only one that surely did not
   * happen (`isUndone`) no longer counts among those of the day, unless one begun before it may have.
   */
  async putBack(
    cleanup: Cleanup,
    key: OrderKey,
    retry: {
      readonly lookBlock: number;
      readonly attempts: number;
      readonly detail: string;
      readonly isUndone: boolean;
    },
    nowMs: number,
  ): Promise<PutBack> {
    return await this.#database.write('event', async (tx) => {
      const moved = await move(tx, cleanup.id, 'deleting', 'confirmed', {
        look_block: retry.lookBlock,
        attempts: retry.attempts,
        detail: retry.detail,
        updated_ms: nowMs,
        ...(retry.isUndone ? { deleted_block: cleanup.deletedBlock } : {}),
      });
      if (!moved) return 'moved';
      const status = await statusOf(tx, key);
      if (status === undefined || status === 'closed') return 'confirmed';
      await move(tx, cleanup.id, 'confirmed', 'cancelled', { detail: cameBack, updated_ms: nowMs });
      return 'cancelled';
    });
  }

  /** The order was absent at an end point: the second look is counted from here. For a close of which no end point is known. */
  async seeFrom(
    cleanup: Cleanup,
    { atBlock, endPoint }: { readonly atBlock: number; readonly endPoint: string },
    nowMs: number,
  ): Promise<void> {
    const seen = { seen_block: atBlock, seen_end_point: endPoint, updated_ms: nowMs };
    await this.#database.write('event', async (tx) => {
      await tx('cleanup_record').where({ id: cleanup.id, status: 'seen' }).whereNull('seen_end_point').update(seen);
    });
  }

  /** Leaves a confirmed cleanup for later. */
  async putOff(cleanup: Cleanup, lookBlock: number): Promise<void> {
    await this.#database.write('event', async (tx) => {
      await tx('cleanup_record').where({ id: cleanup.id, status: 'confirmed' }).update({ look_block: lookBlock });
    });
  }

  async #list(query: (reader: Reader) => ReturnType<Reader>): Promise<readonly Cleanup[]> {
    const rows: Row[] = await this.#database.read(async (reader) => await query(reader).select(...columns));
    return rows.map((row) => ({
      id: row.id,
      cid: row.cid,
      seenBlock: row.seen_block,
      seenEndPoint: row.seen_end_point,
      attempts: row.attempts,
      sizeBytes: row.size_bytes,
      isProven: row.cause === 'event' || row.approval_id !== null,
      deletedBlock: row.deleted_block,
    }));
  }
}

const cameBack = 'the order came back';

async function mayGo(tx: Tx, cleanup: Cleanup, atBlock: number, maxPercentPerDay: number): Promise<boolean> {
  const standing = await readDeletionStanding(tx, atBlock);
  const unproven = judgeUnproven(standing, maxPercentPerDay);
  if (unproven === 'outage' || (unproven === 'approval' && !cleanup.isProven)) return false;
  return countFitting([toPlanned(cleanup, atBlock)], standing, dayLimit(standing, maxPercentPerDay)) === 1;
}

/** A cleanup as the rule of the day's deletions sees it. */
export function toPlanned(cleanup: Cleanup, headBlock: number): PlannedDeletion {
  return { sizeBytes: cleanup.sizeBytes, isCounted: isWithinDay(cleanup.deletedBlock, headBlock) };
}

async function move(
  tx: Tx,
  id: number,
  from: CleanupStatus,
  to: CleanupStatus,
  set: Readonly<Record<string, string | number | null>>,
): Promise<boolean> {
  return await guardedMove<CleanupStatus>(tx, { table: 'cleanup_record', moves: cleanupMoves, id, from, to, set });
}

/**
 * Closes the order of a confirmed cleanup. One that is being pulled only learns the block at which it was absent, so that no older read opens it
 * again once the pull room has closed it.
 */
async function closeOrder(tx: Tx, key: OrderKey, atBlock: number): Promise<void> {
  await tx.raw(
    `UPDATE file_record SET read_block = :at,
       status = CASE status WHEN 'pulling' THEN status ELSE 'closed' END,
       look_block = CASE status WHEN 'pulling' THEN look_block END,
       turn_block = CASE status WHEN 'pulling' THEN turn_block END,
       revise = 0
     WHERE key_position = :position AND cid = :cid AND read_block <= :at
       AND status IN ('new', 'waiting', 'queued', 'pulling', 'handled', 'failed')`,
    { at: atBlock, position: key.position, cid: key.text },
  );
}

async function statusOf(tx: Tx, key: OrderKey): Promise<string | undefined> {
  const row: { status: string } | undefined = await tx('file_record')
    .where({ key_position: key.position, cid: key.text })
    .first('status');
  return row?.status;
}
