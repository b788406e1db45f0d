import type { OrderKey } from '../domain/order.ts';
import type { Database } from './database.ts';
import type { HeldState } from './held-files.ts';
import { isHeld } from './pin-rows.ts';

/** What the records say about one file of sWorker's list. */
export interface ListedRecord {
  /** Its place in the slice. */
  readonly at: number;
  readonly pin: {
    readonly id: number;
    readonly status: 'sealed' | 'lost';
    readonly missedRounds: number;
  } | null;
  /** Without a held record there is some other one of the CID; whether one is running. */
  readonly running: boolean;
}

/** What the records say about a slice of sWorker's list. */
export interface ListedSlice {
  /** Records that say what the list says. */
  readonly settledIds: readonly number[];
  /** Places in the slice of files that no record knows, from the first on. */
  readonly unknown: readonly number[];
  /** All others, in no particular order. */
  readonly others: readonly ListedRecord[];
}

/** What the orders at some positions are; ids of rows. */
export interface OrdersAt {
  readonly count: number;
  /** Neither handled nor being pulled nor closed. */
  readonly open: readonly number[];
  /** Closed, with no cleanup under way. */
  readonly closed: readonly number[];
  /** Not closed, and without our group in their replica maps. */
  readonly withoutGroup: readonly number[];
}

/** A sealed file whose order's replica map, as it was read, lacks our group. */
export interface UncountedCopy {
  readonly key: OrderKey;
  readonly sealedBlock: number;
  readonly readBlock: number;
}

/** A held file as the tables have it. */
export interface HeldRow {
  readonly pinId: number;
  readonly cid: string;
  readonly status: 'sealed' | 'lost';
  readonly missedRounds: number;
}

interface RecordRow {
  settled_ids: string | null;
  unknown: string | null;
  at: number;
  pin_id: number | null;
  pin_status: 'sealed' | 'lost';
  missed_rounds: number;
  running: number | null;
}

// Of 400,000 files nearly all are settled, or unknown at the first time: only the ids of their records or their places leave SQLite, as one text a
// slice, because a row of its own for each costs more than finding it. The history matters only without a held record.
const records = `
  WITH listed AS MATERIALIZED (SELECT key AS at, value AS cid FROM json_each(:cids)),
  record AS MATERIALIZED (
    SELECT listed.at, listed.cid, held.id AS pin_id, held.status AS pin_status, held.missed_rounds,
      CASE WHEN held.id IS NOT NULL THEN held.status = :status AND held.missed_rounds = 0 ELSE 0 END AS settled,
      held.id IS NULL AND NOT EXISTS (SELECT 1 FROM pin_record AS past WHERE past.cid = listed.cid) AS unknown
    FROM listed LEFT JOIN pin_record AS held ON held.cid = listed.cid AND held.${isHeld})
  SELECT json_group_array(pin_id) FILTER (WHERE settled) AS settled_ids, json_group_array(at) FILTER (WHERE unknown) AS unknown,
    NULL AS at, NULL AS pin_id, NULL AS pin_status, NULL AS missed_rounds, NULL AS running
  FROM record
  UNION ALL
  SELECT NULL, NULL, at, pin_id, pin_status, missed_rounds,
    pin_id IS NULL AND EXISTS (SELECT 1 FROM pin_record AS pull WHERE pull.cid = record.cid AND pull.status = 'running')
  FROM record WHERE NOT settled AND NOT unknown`;

const openCleanup = `EXISTS (SELECT 1 FROM cleanup_record
  WHERE cleanup_record.cid = file_record.cid AND cleanup_record.status IN ('seen', 'confirmed', 'deleting'))`;

const ordersAt = `
  SELECT COUNT(*) AS count,
    json_group_array(id) FILTER (WHERE status IN ('new', 'waiting', 'queued', 'failed')) AS open,
    json_group_array(id) FILTER (WHERE status = 'closed' AND NOT ${openCleanup}) AS closed,
    json_group_array(id) FILTER (WHERE status <> 'closed' AND group_hold = 0 AND group_owner_id IS NOT NULL) AS without_group
  FROM (SELECT file_record.id, cid, status, group_hold, group_owner_id
    FROM json_each(?) AS asked CROSS JOIN file_record ON file_record.key_position = asked.value) AS file_record`;

const uncounted = `
  SELECT file_record.cid, key_position, read_block, held.sealed_block
  FROM json_each(?) AS asked
  CROSS JOIN file_record ON file_record.id = asked.value
  CROSS JOIN pin_record AS held ON held.cid = file_record.cid AND held.${isHeld}
  WHERE held.status = 'sealed'`;

const heldPage = `
  SELECT json_group_array(id) AS ids, MAX(cid) AS last_cid
  FROM (SELECT id, cid FROM pin_record WHERE ${isHeld} AND cid > ? ORDER BY cid LIMIT ?)`;

const heldRows = `
  SELECT pin_record.id AS pinId, cid, status, missed_rounds AS missedRounds
  FROM json_each(?) AS asked CROSS JOIN pin_record ON pin_record.id = asked.value WHERE ${isHeld}`;

/** Reads by which sWorker's lists are held against the tables; each takes some 1,000 items at once. */
export class HeldListing {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Of files that a list shows as valid or as lost. Sorted CIDs are found faster. */
  async records(cids: readonly string[], state: HeldState): Promise<ListedSlice> {
    const asked = { cids: JSON.stringify(cids), status: state === 'valid' ? 'sealed' : 'lost' };
    const rows: RecordRow[] = await this.#database.read(async (reader) => await reader.raw(records, asked));
    const many = rows.find((row) => row.settled_ids !== null);
    return {
      settledIds: idsOf(many?.settled_ids),
      unknown: idsOf(many?.unknown),
      others: rows.filter((row) => row !== many).map(toRecord),
    };
  }

  /** The orders at these positions; two orders can share one, and whoever moves one holds it against its CID. Sorted ones are found faster. */
  async ordersAt(positions: readonly number[]): Promise<OrdersAt> {
    const [row]: { count: number; open: string; closed: string; without_group: string }[] = await this.#database.read(
      async (reader) => await reader.raw(ordersAt, [JSON.stringify(positions)]),
    );
    return {
      count: row?.count ?? 0,
      open: idsOf(row?.open),
      closed: idsOf(row?.closed),
      withoutGroup: idsOf(row?.without_group),
    };
  }

  /** Of these orders those whose file is sealed here. */
  async uncounted(orderIds: readonly number[]): Promise<readonly UncountedCopy[]> {
    if (orderIds.length === 0) return [];
    const rows: { cid: string; key_position: number; read_block: number; sealed_block: number | null }[] =
      await this.#database.read(async (reader) => await reader.raw(uncounted, [JSON.stringify(orderIds)]));
    return rows.map((row) => ({
      key: { text: row.cid, position: row.key_position },
      sealedBlock: row.sealed_block ?? 0,
      readBlock: row.read_block,
    }));
  }

  /** Ids of held records by CID, those after `afterCid`, and where to go on; undefined behind the last ones. */
  async heldPage(
    afterCid: string,
    limit: number,
  ): Promise<{ readonly pinIds: readonly number[]; readonly lastCid: string | undefined }> {
    const [row]: { ids: string; last_cid: string | null }[] = await this.#database.read(
      async (reader) => await reader.raw(heldPage, [afterCid, limit]),
    );
    return { pinIds: idsOf(row?.ids), lastCid: row?.last_cid ?? undefined };
  }

  /** Those of these records that are held still. */
  async heldRows(pinIds: readonly number[]): Promise<readonly HeldRow[]> {
    if (pinIds.length === 0) return [];
    return await this.#database.read(
      async (reader): Promise<HeldRow[]> => await reader.raw(heldRows, [JSON.stringify(pinIds)]),
    );
  }

  /** A walk has seen the whole chain, so an order without a row is no order. */
  async hasCompleteWalk(): Promise<boolean> {
    const row: { id: number } | undefined = await this.#database.read(
      async (reader) => await reader('walk').where({ status: 'complete' }).first('id'),
    );
    return row !== undefined;
  }
}

/** Ids that SQLite put together. */
function idsOf(text: string | null | undefined): readonly number[] {
  return JSON.parse(text ?? '[]') as number[];
}

function toRecord(row: RecordRow): ListedRecord {
  return {
    at: row.at,
    pin: row.pin_id === null ? null : { id: row.pin_id, status: row.pin_status, missedRounds: row.missed_rounds },
    running: row.running === 1,
  };
}
