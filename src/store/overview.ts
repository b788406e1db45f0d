import type { OrderClass, OrderStatus, PinStatus, CleanupStatus } from '../domain/statuses.ts';
import type { Database } from './database.ts';
import { Facts } from './facts.ts';

export interface TallyRow {
  readonly status: OrderStatus;
  /** Empty before the first verdict. */
  readonly verdict: string;
  readonly class: OrderClass;
  readonly orders: number;
  readonly bytes: number;
}

export interface RunningPull {
  readonly cid: string;
  readonly sizeBytes: number;
  readonly sealedBytes: number;
  readonly blocks: number;
  readonly startedMs: number;
}

export interface WalkProgress {
  readonly id: number;
  readonly status: string;
  readonly reason: string;
  readonly anchorBlock: number;
  readonly orders: number;
  /** Share of the key space that was walked, 0 to 1. */
  readonly share: number;
  readonly startedMs: number;
  readonly endedMs: number | null;
}

/** What the database says about the whole bot, for people: cheap enough to be asked each minute at any size. */
export class Overview {
  readonly #database: Database;
  readonly facts: Facts;

  constructor(database: Database) {
    this.#database = database;
    this.facts = new Facts(database);
  }

  async tally(): Promise<readonly TallyRow[]> {
    return await this.#database.read(
      async (reader) => await reader<TallyRow>('tally').where('orders', '>', 0).orderBy(['status', 'verdict', 'class']),
    );
  }

  async runningPulls(): Promise<readonly RunningPull[]> {
    return await this.#database.read(
      async (reader) =>
        await reader('pin_record').where({ status: 'running' }).orderBy('id').select<RunningPull[]>('cid', {
          sizeBytes: 'size_bytes',
          sealedBytes: 'sealed_bytes',
          blocks: 'blocks',
          startedMs: 'started_ms',
        }),
    );
  }

  /** Pulls whose record changed at or after `sinceMs`, by its status; `bytes` are the files' sizes. Files found in sWorker are not counted. */
  async pinsSince(
    sinceMs: number,
  ): Promise<ReadonlyMap<PinStatus, { readonly count: number; readonly bytes: number }>> {
    const rows: { status: PinStatus; count: number; bytes: number | null }[] = await this.#database.read(
      async (reader) =>
        await reader('pin_record')
          .where('updated_ms', '>=', sinceMs)
          .where({ cause: 'pull' })
          .groupBy('status')
          .select('status')
          .count({ count: '*' })
          .sum({ bytes: 'size_bytes' }),
    );
    return new Map(rows.map((row) => [row.status, { count: row.count, bytes: row.bytes ?? 0 }]));
  }

  async heldFiles(): Promise<{ readonly sealed: number; readonly lost: number }> {
    const rows: { status: PinStatus; count: number }[] = await this.#database.read(
      async (reader) =>
        await reader('pin_record')
          .whereIn('status', ['sealed', 'lost'])
          .groupBy('status')
          .select('status')
          .count({ count: '*' }),
    );
    const count = (status: PinStatus): number => rows.find((row) => row.status === status)?.count ?? 0;
    return { sealed: count('sealed'), lost: count('lost') };
  }

  async cleanups(): Promise<ReadonlyMap<CleanupStatus, number>> {
    const rows: { status: CleanupStatus; count: number }[] = await this.#database.read(
      async (reader) => await reader('cleanup_record').groupBy('status').select('status').count({ count: '*' }),
    );
    return new Map(rows.map((row) => [row.status, row.count]));
  }

  async cleanupsDoneSince(sinceMs: number): Promise<number> {
    const row = await this.#database.read(
      async (reader) =>
        await reader('cleanup_record')
          .where('updated_ms', '>=', sinceMs)
          .where({ status: 'done' })
          .count({ count: '*' })
          .first(),
    );
    return Number(row?.count ?? 0);
  }

  async newestWalk(): Promise<WalkProgress | undefined> {
    const row:
      | {
          id: number;
          status: string;
          reason: string;
          anchor_block: number;
          cursor: string;
          orders: number;
          started_ms: number;
          ended_ms: number | null;
        }
      | undefined = await this.#database.read(async (reader) => await reader('walk').orderBy('id', 'desc').first());
    if (row === undefined) return undefined;
    return {
      id: row.id,
      status: row.status,
      reason: row.reason,
      anchorBlock: row.anchor_block,
      orders: row.orders,
      share: row.status === 'complete' ? 1 : walkedShare(row.cursor),
      startedMs: row.started_ms,
      endedMs: row.ended_ms,
    };
  }

  async openGaps(): Promise<readonly { readonly fromBlock: number; readonly toBlock: number }[]> {
    return await this.#database.read(
      async (reader) =>
        await reader('gap')
          .whereNull('closed_walk')
          .orderBy('id')
          .limit(20)
          .select<{ fromBlock: number; toBlock: number }[]>({ fromBlock: 'from_block', toBlock: 'to_block' }),
    );
  }
}

const mapPrefixDigits = 2 + 64;

// Keys are spread evenly by their hash: its first 32 bits tell how far a walk has come.
function walkedShare(cursor: string): number {
  const hash = cursor.slice(mapPrefixDigits, mapPrefixDigits + 8);
  return hash.length < 8 ? 0 : Number.parseInt(hash, 16) / 2 ** 32;
}
