import type { OrderKey } from '../domain/order.ts';
import type { CleanupStatus, OrderStatus } from '../domain/statuses.ts';
import type { Database } from './database.ts';
import { isHeld } from './pin-rows.ts';

/** What the tables say about one CID of sWorker's list. */
export interface ListedStanding {
  readonly pin: {
    readonly id: number;
    readonly status: 'sealed' | 'lost';
    readonly sealedBlock: number;
    readonly missedRounds: number;
  } | null;
  /** Without a held record: whether some other record of the CID exists, and whether one is running. */
  readonly known: boolean;
  readonly running: boolean;
  readonly order: {
    readonly id: number;
    readonly status: OrderStatus;
    /** Whether the own group was in the replica map; null when no group was asked for. */
    readonly groupHasIt: boolean | null;
    readonly readBlock: number;
  } | null;
  /** Status of the open cleanup. */
  readonly cleanup: Extract<CleanupStatus, 'seen' | 'confirmed' | 'deleting'> | null;
}

/** A held file as the tables have it. */
export interface HeldRow {
  readonly pinId: number;
  readonly cid: string;
  readonly status: 'sealed' | 'lost';
  readonly missedRounds: number;
}

interface StandingRow {
  at: number;
  pin_id: number | null;
  pin_status: 'sealed' | 'lost';
  sealed_block: number | null;
  missed_rounds: number;
  known: number | null;
  running: number | null;
  order_id: number | null;
  order_status: OrderStatus;
  group_hold: number;
  group_owner_id: number | null;
  read_block: number;
  cleanup: 'seen' | 'confirmed' | 'deleting' | null;
}

// Materialized, or each use of a listed value would take the JSON apart once more; the history matters only without a held record.
const standings = `
  WITH listed AS MATERIALIZED (SELECT key AS at, value ->> 0 AS position, value ->> 1 AS cid FROM json_each(?))
  SELECT listed.at, held.id AS pin_id, held.status AS pin_status, held.sealed_block, held.missed_rounds,
    CASE WHEN held.id IS NULL THEN EXISTS (SELECT 1 FROM pin_record AS past WHERE past.cid = listed.cid) END AS known,
    CASE WHEN held.id IS NULL
      THEN EXISTS (SELECT 1 FROM pin_record AS pull WHERE pull.cid = listed.cid AND pull.status = 'running') END AS running,
    file_record.id AS order_id, file_record.status AS order_status, group_hold, group_owner_id, read_block,
    cleanup.status AS cleanup
  FROM listed
  LEFT JOIN pin_record AS held ON held.cid = listed.cid AND held.${isHeld}
  LEFT JOIN file_record ON file_record.key_position = listed.position AND file_record.cid = listed.cid
  LEFT JOIN cleanup_record AS cleanup ON cleanup.cid = listed.cid AND cleanup.status IN ('seen', 'confirmed', 'deleting')`;

/** Reads by which sWorker's lists are held against the tables. */
export class HeldListing {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** One standing a key, in their order; at most 500 keys. */
  async standings(keys: readonly OrderKey[]): Promise<readonly ListedStanding[]> {
    const asked = JSON.stringify(keys.map((key) => [key.position, key.text]));
    const rows: StandingRow[] = await this.#database.read(async (reader) => await reader.raw(standings, [asked]));
    return rows.sort((a, b) => a.at - b.at).map(toStanding);
  }

  /** Held files by CID, those after `afterCid`. */
  async page(afterCid: string, limit: number): Promise<readonly HeldRow[]> {
    return await this.#database.read(
      async (reader) =>
        await reader('pin_record')
          .whereRaw(`${isHeld} AND cid > ?`, [afterCid])
          .orderBy('cid')
          .limit(limit)
          .select<HeldRow[]>({ pinId: 'id', cid: 'cid', status: 'status', missedRounds: 'missed_rounds' }),
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

function toStanding(row: StandingRow): ListedStanding {
  return {
    pin:
      row.pin_id === null
        ? null
        : {
            id: row.pin_id,
            status: row.pin_status,
            sealedBlock: row.sealed_block ?? 0,
            missedRounds: row.missed_rounds,
          },
    known: row.known === 1,
    running: row.running === 1,
    order:
      row.order_id === null
        ? null
        : {
            id: row.order_id,
            status: row.order_status,
            groupHasIt: row.group_owner_id === null ? null : row.group_hold !== 0,
            readBlock: row.read_block,
          },
    cleanup: row.cleanup,
  };
}
