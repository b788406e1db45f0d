import type { CleanupStatus, OrderClass, OrderStatus, PinStatus } from '../domain/statuses.ts';
import type { Verdict } from '../domain/verdicts.ts';
import type { Database, Reader } from './database.ts';

/** How many orders share status, verdict and class, and their bytes; an order counts with at most 1 TiB. */
export interface TallyCount {
  readonly status: OrderStatus;
  readonly verdict: Verdict | null;
  readonly orderClass: OrderClass;
  readonly orders: number;
  readonly bytes: number;
}

interface TallyDifference {
  readonly status: OrderStatus;
  readonly verdict: Verdict | null;
  readonly orderClass: OrderClass;
  readonly tallied: { readonly orders: number; readonly bytes: number };
  readonly counted: { readonly orders: number; readonly bytes: number };
}

interface TallyRow {
  status: OrderStatus;
  verdict: Verdict | '';
  class: OrderClass;
  orders: number;
  bytes: number;
}

/** A size as sums count it, with at most 1 TiB: no sum of hostile sizes leaves 64 bits. */
export const countedBytes = (column: string): string => `MIN(${column}, 1099511627776)`;

const kept = 'SELECT status, verdict, class, orders, bytes FROM tally WHERE orders <> 0 OR bytes <> 0';
const counted = `SELECT status, COALESCE(verdict, '') AS verdict, class, COUNT(*) AS orders, SUM(${countedBytes('size_bytes')}) AS bytes
  FROM file_record GROUP BY 1, 2, 3`;
const recordDifferences = `
  WITH counted AS (
    SELECT 'pin' AS record, status, COUNT(*) AS records, SUM(${countedBytes('size_bytes')}) AS bytes
    FROM pin_record WHERE status <> 'running' GROUP BY status
    UNION ALL SELECT 'cleanup', status, COUNT(*), 0 FROM cleanup_record GROUP BY status)
  SELECT COALESCE(kept.record, counted.record) || ' ' || COALESCE(kept.status, counted.status) AS name
  FROM counted FULL JOIN record_tally AS kept ON kept.record = counted.record AND kept.status = counted.status
  WHERE COALESCE(kept.records, 0) <> COALESCE(counted.records, 0) OR COALESCE(kept.bytes, 0) <> COALESCE(counted.bytes, 0)`;
const nothing = { orders: 0, bytes: 0 };

/** The statuses of the records that are counted beside the orders; those that run are counted by their index. */
interface RecordStatuses {
  pin: Exclude<PinStatus, 'running'>;
  cleanup: CleanupStatus;
}

/** Counts without walking what is counted: triggers keep the tables. */
export class Tally {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async counts(): Promise<readonly TallyCount[]> {
    return (await this.#rows(kept)).map(toCount);
  }

  /** Orders that are not closed. */
  async openOrders(): Promise<number> {
    const counts = await this.counts();
    return counts.filter(({ status }) => status !== 'closed').reduce((sum, { orders }) => sum + orders, 0);
  }

  /** How many pin or cleanup records have each status; one that none has is left out. */
  async records<R extends keyof RecordStatuses>(record: R): Promise<ReadonlyMap<RecordStatuses[R], number>> {
    const rows = await this.#database.read(
      async (reader): Promise<{ status: RecordStatuses[R]; records: number }[]> =>
        await reader.raw('SELECT status, records FROM record_tally WHERE record = ? AND records <> 0', [record]),
    );
    return new Map(rows.map(({ status, records }) => [status, records]));
  }

  /** Counts every row, which takes about a second for five million; returns where the kept counts differ. */
  async differences(): Promise<readonly TallyDifference[]> {
    const [tallied, recount] = await this.#database.read(
      async (reader) =>
        await reader.transaction(async (tx) => [
          keyed(await tx.raw<TallyRow[]>(kept)),
          keyed(await tx.raw<TallyRow[]>(counted)),
        ]),
    );
    const names = new Set([...(tallied?.keys() ?? []), ...(recount?.keys() ?? [])]);
    return [...names].flatMap((name) => {
      const kept = tallied?.get(name);
      const found = recount?.get(name);
      const group = kept ?? found;
      if (group === undefined || (kept?.orders === found?.orders && kept?.bytes === found?.bytes)) return [];
      const { status, verdict, orderClass } = group;
      return [{ status, verdict, orderClass, tallied: figures(kept), counted: figures(found) }];
    });
  }

  /** The same for pin and cleanup records: where the kept counts differ, as `pin sealed`. */
  async recordDifferences(): Promise<readonly string[]> {
    return await this.#database.read(async (reader) => {
      const rows: { name: string }[] = await reader.raw(recordDifferences);
      return rows.map((row) => row.name);
    });
  }

  async #rows(sql: string): Promise<readonly TallyRow[]> {
    return await this.#database.read(async (reader: Reader): Promise<TallyRow[]> => await reader.raw(sql));
  }
}

function toCount(row: TallyRow): TallyCount {
  return {
    status: row.status,
    verdict: row.verdict === '' ? null : row.verdict,
    orderClass: row.class,
    orders: row.orders,
    bytes: row.bytes,
  };
}

function keyed(rows: readonly TallyRow[]): ReadonlyMap<string, TallyCount> {
  return new Map(rows.map((row) => [`${row.status} ${row.verdict} ${row.class}`, toCount(row)]));
}

function figures(count: TallyCount | undefined): { readonly orders: number; readonly bytes: number } {
  return count === undefined ? nothing : { orders: count.orders, bytes: count.bytes };
}
