import type { OrderKey } from '../domain/order.ts';
import { cleanupMoves, type CleanupStatus } from '../domain/statuses.ts';
import type { Database, Reader, Tx } from './database.ts';
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
}

/** Of a cleanup that was put back: it is tried again, or it is over because the order came back meanwhile. */
export type PutBack = 'confirmed' | 'cancelled' | 'moved';
export type BeginDelete = 'begun' | 'pull-running' | 'came-back' | 'moved';

interface Row {
  id: number;
  cid: string;
  seen_block: number;
  seen_end_point: string | null;
  attempts: number;
}

const columns = ['id', 'cid', 'seen_block', 'seen_end_point', 'attempts'] as const;

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

  /** Confirmed closes whose grace is over, whose next look has come, and whose pull has ended. */
  async listDue(headBlock: number, limit: number): Promise<readonly Cleanup[]> {
    return await this.#list((reader) =>
      reader('cleanup_record')
        .whereRaw(
          `status = 'confirmed' AND due_block <= ? AND COALESCE(look_block, 0) <= ?
           AND NOT EXISTS (SELECT 1 FROM pin_record WHERE pin_record.cid = cleanup_record.cid AND pin_record.status = 'running')`,
          [headBlock, headBlock],
        )
        .orderBy(['due_block', 'id'])
        .limit(limit),
    );
  }

  async listDeleting(): Promise<readonly Cleanup[]> {
    return await this.#list((reader) =>
      reader('cleanup_record').where({ status: 'deleting' }).orderBy(['due_block', 'id']),
    );
  }

  /** The order was absent at a second, later block: it is closed, unless it is being pulled; then the pull ends first. */
  async confirm(
    cleanup: Cleanup,
    key: OrderKey,
    proof: { readonly atBlock: number; readonly graceBlocks: number },
    nowMs: number,
  ): Promise<boolean> {
    return await this.#database.write('event', async (tx) => {
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

  /** The last step before sWorker is asked to delete; `atBlock` is where the order was absent once more. */
  async beginDelete(cleanup: Cleanup, key: OrderKey, atBlock: number, nowMs: number): Promise<BeginDelete> {
    return await this.#database.write('event', async (tx) => {
      const running: { id: number } | undefined = await tx('pin_record')
        .where({ cid: cleanup.cid, status: 'running' })
        .first('id');
      if (running !== undefined) return 'pull-running';
      await closeOrder(tx, key, atBlock);
      const status = await statusOf(tx, key);
      if (status === 'pulling') return 'pull-running';
      if (status !== undefined && status !== 'closed') {
        await move(tx, cleanup.id, 'confirmed', 'cancelled', { detail: cameBack, updated_ms: nowMs });
        return 'came-back';
      }
      return (await move(tx, cleanup.id, 'confirmed', 'deleting', { updated_ms: nowMs })) ? 'begun' : 'moved';
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

  /** The deletion did not happen, or nobody knows: tried again from `lookBlock` on, unless the order is open again. */
  async putBack(
    cleanup: Cleanup,
    key: OrderKey,
    retry: { readonly lookBlock: number; readonly attempts: number; readonly detail: string },
    nowMs: number,
  ): Promise<PutBack> {
    return await this.#database.write('event', async (tx) => {
      const moved = await move(tx, cleanup.id, 'deleting', 'confirmed', {
        look_block: retry.lookBlock,
        attempts: retry.attempts,
        detail: retry.detail,
        updated_ms: nowMs,
      });
      if (!moved) return 'moved';
      const status = await statusOf(tx, key);
      if (status === undefined || status === 'closed') return 'confirmed';
      await move(tx, cleanup.id, 'confirmed', 'cancelled', { detail: cameBack, updated_ms: nowMs });
      return 'cancelled';
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
    }));
  }
}

const cameBack = 'the order came back';

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
