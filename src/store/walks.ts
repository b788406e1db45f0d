import { SmError } from '../domain/errors.ts';
import type { Database, Reader, Tx } from './database.ts';

/** Why a walk was begun. */
export type WalkReason = 'first' | 'interval' | 'gap' | 'new-group-owner';

/** One walk over all keys of `FilesV2`. */
export interface Walk {
  readonly id: number;
  readonly status: 'running' | 'complete' | 'abandoned';
  readonly reason: WalkReason;
  /** The values of all orders are read, not only of those that may have changed. */
  readonly readsAll: boolean;
  /** The group owner its values were read for. */
  readonly groupOwner: string | null;
  /** The newest gap recorded when it began; 0 when there was none. */
  readonly newestGap: number;
  /** The block its next page is read at. */
  readonly anchorBlock: number;
  readonly oldestPageBlock: number;
  readonly newestPageBlock: number;
  /** Storage key behind which it goes on; null before the first page. */
  readonly cursor: string | null;
  readonly orders: number;
  readonly pages: number;
  /** Rows that were not on the page they belong on. */
  readonly missing: number;
  /** It would have closed too many orders at once: the next walk has to agree. */
  readonly suspect: boolean;
  readonly startedMs: number;
  readonly endedMs: number | null;
}

interface WalkRow {
  id: number;
  status: Walk['status'];
  reason: WalkReason;
  reads_all: number;
  group_owner: string | null;
  newest_gap: number;
  anchor_block: number;
  oldest_page_block: number;
  newest_page_block: number;
  cursor: string;
  orders: number;
  pages: number;
  missing: number;
  suspect: number;
  started_ms: number;
  ended_ms: number | null;
}

/** How far one written slice of keys takes a walk. */
export interface WalkStep {
  readonly walkId: number;
  readonly fromCursor: string | null;
  readonly toCursor: string | null;
  readonly atBlock: number;
  readonly orders: number;
  readonly pages: number;
  readonly missing: number;
}

const stepOn = `
  UPDATE walk SET cursor = :toCursor, newest_page_block = :atBlock, orders = orders + :orders, pages = pages + :pages, missing = missing + :missing
  WHERE id = :walkId AND status = 'running' AND cursor = :fromCursor
  RETURNING id`;

/** The table `walk`: a few rows a day. */
export class Walks {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async findRunning(source?: Reader | Tx): Promise<Walk | undefined> {
    return await this.#newest({ status: 'running' }, source);
  }

  async findLastComplete(source?: Reader | Tx): Promise<Walk | undefined> {
    return await this.#newest({ status: 'complete' }, source);
  }

  /** The complete walk before walk `id`. */
  async findCompleteBefore(id: number, source?: Reader | Tx): Promise<Walk | undefined> {
    return await this.#newest({ status: 'complete' }, source, id);
  }

  /** The newest complete walk that read all values. */
  async findLastReadingAll(source?: Reader | Tx): Promise<Walk | undefined> {
    return await this.#newest({ status: 'complete', reads_all: 1 }, source);
  }

  async begin(
    tx: Tx,
    walk: Pick<Walk, 'reason' | 'readsAll' | 'groupOwner' | 'newestGap' | 'anchorBlock' | 'startedMs'>,
  ): Promise<void> {
    await tx('walk').insert({
      status: 'running',
      reason: walk.reason,
      reads_all: walk.readsAll ? 1 : 0,
      group_owner: walk.groupOwner,
      newest_gap: walk.newestGap,
      anchor_block: walk.anchorBlock,
      oldest_page_block: walk.anchorBlock,
      newest_page_block: walk.anchorBlock,
      cursor: '',
      started_ms: walk.startedMs,
    });
  }

  /** Goes on at a newer block; pages already read keep theirs. Before the first page nothing was read at the old one. */
  async reanchor(tx: Tx, walk: Walk, atBlock: number): Promise<void> {
    const moved = await tx('walk')
      .where({ id: walk.id, status: 'running', anchor_block: walk.anchorBlock })
      .update({ anchor_block: atBlock, ...(walk.cursor === null ? { oldest_page_block: atBlock } : {}) });
    if (moved !== 1) throw cursorMoved(walk.id);
  }

  /** @throws SmError CURSOR_MOVED when the walk is not where the step began */
  async step(tx: Tx, step: WalkStep): Promise<void> {
    const moved: unknown[] = await tx.raw(stepOn, {
      ...step,
      fromCursor: step.fromCursor ?? '',
      toCursor: step.toCursor ?? '',
    });
    if (moved.length !== 1) throw cursorMoved(step.walkId);
  }

  async end(
    tx: Tx,
    walkId: number,
    end: { readonly status: 'complete' | 'abandoned'; readonly suspect: boolean; readonly endedMs: number },
  ): Promise<void> {
    const moved = await tx('walk')
      .where({ id: walkId, status: 'running' })
      .update({ status: end.status, suspect: end.suspect ? 1 : 0, ended_ms: end.endedMs });
    if (moved !== 1) throw cursorMoved(walkId);
  }

  async #newest(
    where: Partial<WalkRow>,
    source: Reader | Tx | undefined,
    beforeId?: number,
  ): Promise<Walk | undefined> {
    const query = async (reader: Reader | Tx): Promise<Walk | undefined> => {
      const rows = reader<WalkRow>('walk').where(where).orderBy('id', 'desc');
      const row = await (beforeId === undefined ? rows : rows.where('id', '<', beforeId)).first();
      return row === undefined ? undefined : toWalk(row);
    };
    return source === undefined ? await this.#database.read(query) : await query(source);
  }
}

function cursorMoved(walkId: number): SmError {
  return new SmError('CURSOR_MOVED', 'the walk is not where it was left: another writer moved it', { walk: walkId });
}

function toWalk(row: WalkRow): Walk {
  return {
    id: row.id,
    status: row.status,
    reason: row.reason,
    readsAll: row.reads_all === 1,
    groupOwner: row.group_owner,
    newestGap: row.newest_gap,
    anchorBlock: row.anchor_block,
    oldestPageBlock: row.oldest_page_block,
    newestPageBlock: row.newest_page_block,
    cursor: row.cursor === '' ? null : row.cursor,
    orders: row.orders,
    pages: row.pages,
    missing: row.missing,
    suspect: row.suspect === 1,
    startedMs: row.started_ms,
    endedMs: row.ended_ms,
  };
}
