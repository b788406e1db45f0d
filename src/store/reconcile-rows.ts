import { fewCloses } from '../domain/deletions.ts';
import type { OrderKey } from '../domain/order.ts';
import type { OrderStatus, PinStatus } from '../domain/statuses.ts';
import type { Database } from './database.ts';
import { newestOrderId } from './decidable-orders.ts';
import { isOpenUnproven } from './deletion-standing.ts';
import { undecided } from './held-files.ts';
import { isHeld } from './pin-rows.ts';

/** The records of a slice of CIDs. */
export interface SliceRecords {
  /** One for each CID that has any: the held one, else the newest. */
  readonly recordIds: readonly number[];
  /** Places in the slice of CIDs without a record. */
  readonly without: readonly number[];
}

export interface RecordState {
  readonly id: number;
  readonly cid: string;
  readonly sizeBytes: number;
  readonly status: PinStatus;
  readonly updatedMs: number;
  /** A pull of the CID runs, whichever record this is. */
  readonly isPulled: boolean;
  /** The last pull that could tell made the pin: none stood before. */
  readonly hasOwnPin: boolean;
  readonly isCleaning: boolean;
}

export interface OrderState {
  readonly id: number;
  readonly cid: string;
  readonly status: OrderStatus;
  readonly isCleaning: boolean;
}

/** An order marked as held without a record of a held file. */
export interface UnheldOrder {
  readonly id: number;
  readonly cid: string;
  readonly sizeBytes: number;
}

const heldOf = (cid: string): string => `SELECT id FROM pin_record AS held WHERE held.cid = ${cid} AND held.${isHeld}`;
const isCleaning = (cid: string): string => `EXISTS (SELECT 1 FROM cleanup_record AS cleanup
  WHERE cleanup.cid = ${cid} AND cleanup.status IN ('seen', 'confirmed', 'deleting'))`;

// Ids and places leave SQLite as one text a slice: a row of its own for each costs more than finding it.
const recordsOf = `
  SELECT json_group_array(record_id) FILTER (WHERE record_id IS NOT NULL) AS recordIds,
    json_group_array(at) FILTER (WHERE record_id IS NULL) AS without
  FROM (SELECT asked.key AS at, COALESCE((${heldOf('asked.value')}),
      (SELECT MAX(id) FROM pin_record AS past WHERE past.cid = asked.value)) AS record_id
    FROM json_each(?) AS asked)`;

const hasOwnPin = (cid: string): string => `(SELECT pinned_before FROM pin_record AS pull
  WHERE pull.cid = ${cid} AND pull.cause = 'pull' AND pinned_before IS NOT NULL ORDER BY id DESC LIMIT 1) IS 0`;
const isPulled = (cid: string): string =>
  `EXISTS (SELECT 1 FROM pin_record AS pull WHERE pull.cid = ${cid} AND pull.status = 'running')`;

const recordStates = `
  SELECT pin_record.id, pin_record.cid, pin_record.size_bytes AS sizeBytes, pin_record.status, pin_record.updated_ms AS updatedMs,
    ${isPulled('pin_record.cid')} AS isPulled, ${hasOwnPin('pin_record.cid')} AS hasOwnPin,
    ${isCleaning('pin_record.cid')} AS isCleaning
  FROM json_each(?) AS asked CROSS JOIN pin_record ON pin_record.id = asked.value`;

const orderStates = `
  SELECT file_record.id, file_record.cid, file_record.status, ${isCleaning('file_record.cid')} AS isCleaning
  FROM json_each(?) AS asked
  CROSS JOIN file_record ON file_record.key_position = asked.value ->> 0 AND file_record.cid = asked.value ->> 1`;

const unheld = `
  SELECT id, cid, size_bytes AS sizeBytes FROM file_record
  WHERE id > ? AND id <= ? AND status = 'handled' AND NOT EXISTS (${heldOf('file_record.cid')}) AND NOT ${isCleaning('file_record.cid')}`;

const unheldPulls = `
  SELECT past.id
  FROM (SELECT id, cid, status, order_id FROM pin_record WHERE status IN ('failed', 'interrupted', 'removed')
    ORDER BY started_block DESC LIMIT ?) AS past
  CROSS JOIN file_record ON file_record.id = past.order_id AND file_record.cid = past.cid
  WHERE past.status <> 'removed' AND file_record.status IN ('queued', 'waiting', 'failed')
    AND NOT EXISTS (SELECT 1 FROM pin_record AS newer WHERE newer.cid = past.cid AND newer.id > past.id)`;

const decideAnew = `
  UPDATE file_record SET status = 'new', ${Object.keys(undecided)
    .map((column) => `${column} = ?`)
    .join(', ')}
  WHERE id IN (SELECT value FROM json_each(?)) AND status = 'handled' AND NOT EXISTS (${heldOf('file_record.cid')})
  RETURNING id`;

// Seen at the read that closed the order, like a file that is found held. No event proves these closes, and so many that wait would be an outage of the chain.
const beginUnpins = `
  INSERT INTO cleanup_record (cid, size_bytes, status, cause, seen_block, created_ms, updated_ms)
  SELECT file_record.cid, file_record.size_bytes, 'seen', 'found', file_record.read_block, ?, ? FROM json_each(?) AS closed
  CROSS JOIN file_record ON file_record.id = closed.value
  WHERE file_record.status = 'closed' AND NOT ${isPulled('file_record.cid')} AND ${hasOwnPin('file_record.cid')}
  LIMIT MAX(0, ? - (SELECT COUNT(*) FROM cleanup_record INDEXED BY cleanup_record_unproven WHERE ${isOpenUnproven}))
  ON CONFLICT DO NOTHING RETURNING id`;

/** Reads by which orders and records are held against sWorker's lists and the daemon's pins, some 1,000 items at a time. */
export class ReconcileRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async recordsOf(cids: readonly string[]): Promise<SliceRecords> {
    const [row]: { recordIds: string; without: string }[] = await this.#database.read(
      async (reader) => await reader.raw(recordsOf, [JSON.stringify(cids)]),
    );
    return {
      recordIds: JSON.parse(row?.recordIds ?? '[]') as number[],
      without: JSON.parse(row?.without ?? '[]') as number[],
    };
  }

  async recordStates(recordIds: readonly number[]): Promise<readonly RecordState[]> {
    if (recordIds.length === 0) return [];
    const rows: (Omit<RecordState, 'isPulled' | 'hasOwnPin' | 'isCleaning'> & RecordFlags)[] =
      await this.#database.read(async (reader) => await reader.raw(recordStates, [JSON.stringify(recordIds)]));
    return rows.map((row) => ({
      ...row,
      isPulled: row.isPulled === 1,
      hasOwnPin: row.hasOwnPin === 1,
      isCleaning: row.isCleaning === 1,
    }));
  }

  /** Those of these orders that have a row, by CID. */
  async orderStates(keys: readonly OrderKey[]): Promise<ReadonlyMap<string, OrderState>> {
    if (keys.length === 0) return new Map();
    const asked = keys.toSorted((a, b) => a.position - b.position).map(({ position, text }) => [position, text]);
    const rows: (Omit<OrderState, 'isCleaning'> & { isCleaning: number })[] = await this.#database.read(
      async (reader) => await reader.raw(orderStates, [JSON.stringify(asked)]),
    );
    return new Map(rows.map((row) => [row.cid, { ...row, isCleaning: row.isCleaning === 1 }]));
  }

  /** Handled orders of a range of ids whose file no record holds. */
  async unheldOrders(afterId: number, throughId: number): Promise<readonly UnheldOrder[]> {
    return await this.#database.read(
      async (reader): Promise<UnheldOrder[]> => await reader.raw(unheld, [afterId, throughId]),
    );
  }

  /** Of the newest finished records those that are the last word about an open order's file: pulls that ended without one that is held. */
  async unheldPulls(most: number): Promise<readonly number[]> {
    const rows = await this.#database.read(
      async (reader): Promise<{ id: number }[]> => await reader.raw(unheldPulls, [most]),
    );
    return rows.map(({ id }) => id);
  }

  async newestOrderId(): Promise<number> {
    return await this.#database.read(newestOrderId);
  }

  /** Handled orders that no record holds are decided as if seen for the first time. Returns how many were so still. */
  async decideAnew(orderIds: readonly number[]): Promise<number> {
    if (orderIds.length === 0) return 0;
    return await this.#database.write('bulk', async (tx) => {
      const moved: unknown[] = await tx.raw(decideAnew, [...Object.values(undecided), JSON.stringify(orderIds)]);
      return moved.length;
    });
  }

  /**
   * Pins that a pull made for orders that are closed since get a cleanup, which takes the pin away at its end: so many that those without an event stay
   * fewer than would be taken for an outage. Returns how many; the others come with a later run.
   */
  async beginUnpins(orderIds: readonly number[], nowMs: number): Promise<number> {
    if (orderIds.length === 0) return 0;
    return await this.#database.write('bulk', async (tx) => {
      const begun: unknown[] = await tx.raw(beginUnpins, [nowMs, nowMs, JSON.stringify(orderIds), fewCloses - 1]);
      return begun.length;
    });
  }
}

interface RecordFlags {
  readonly isPulled: number;
  readonly hasOwnPin: number;
  readonly isCleaning: number;
}
