import type { DeletionStanding } from '../domain/deletions.ts';
import { type CatchUp, catchUpOf, type WalkPace, walkPace } from '../domain/progress.ts';
import type { OrderClass, OrderStatus, PinStatus, CleanupStatus } from '../domain/statuses.ts';
import type { Database } from './database.ts';
import { readDeletionStanding } from './deletion-standing.ts';
import { Facts } from './facts.ts';
import { Tally } from './tally.ts';

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

/** What takes long enough to be told how it gets on. */
export interface Progress {
  /** The newest walk; `pace` while it runs and moves. */
  readonly walk: (WalkProgress & { readonly pace: WalkPace | null }) | undefined;
  /** Null while the event indexer is close behind the head, or stands still. */
  readonly catchUp: CatchUp | null;
}

/** What the database says about the whole bot, for people: cheap enough to be asked each minute at any size. */
export class Overview {
  readonly #database: Database;
  readonly #tally: Tally;
  readonly facts: Facts;

  constructor(database: Database) {
    this.#database = database;
    this.#tally = new Tally(database);
    this.facts = new Facts(database);
  }

  async tally(): Promise<readonly TallyRow[]> {
    return await this.#database.read(
      async (reader) => await reader<TallyRow>('tally').where('orders', '>', 0).orderBy(['status', 'verdict', 'class']),
    );
  }

  async runningPulls(): Promise<readonly RunningPull[]> {
    // Left to itself SQLite walks all records for the sake of their order.
    return await this.#database.read(
      async (reader): Promise<RunningPull[]> =>
        await reader.raw(
          `SELECT cid, size_bytes AS sizeBytes, sealed_bytes AS sealedBytes, blocks, started_ms AS startedMs
           FROM pin_record INDEXED BY pin_record_running WHERE status = 'running' ORDER BY id`,
        ),
    );
  }

  /** Ended pulls whose record changed at or after `sinceMs`, by its status; `bytes` are the files' sizes. Files found in sWorker are not counted. */
  async pinsSince(
    sinceMs: number,
  ): Promise<ReadonlyMap<PinStatus, { readonly count: number; readonly bytes: number }>> {
    // The words of the partial index `pin_record_pulled`.
    const rows: { status: PinStatus; count: number; bytes: number }[] = await this.#database.read(
      async (reader) =>
        await reader.raw(
          `SELECT status, COUNT(*) AS count, SUM(size_bytes) AS bytes FROM pin_record
           WHERE cause = 'pull' AND status <> 'running' AND updated_ms >= ? GROUP BY status`,
          [sinceMs],
        ),
    );
    return new Map(rows.map((row) => [row.status, { count: row.count, bytes: row.bytes }]));
  }

  async heldFiles(): Promise<{ readonly sealed: number; readonly lost: number }> {
    const counts = await this.#tally.records('pin');
    return { sealed: counts.get('sealed') ?? 0, lost: counts.get('lost') ?? 0 };
  }

  async cleanups(): Promise<ReadonlyMap<CleanupStatus, number>> {
    return await this.#tally.records('cleanup');
  }

  /** What deletions are counted by, at a block. */
  async deletions(headBlock: number): Promise<DeletionStanding> {
    return await this.#database.read(async (reader) => await readDeletionStanding(reader, headBlock));
  }

  async cleanupsDoneSince(sinceMs: number): Promise<number> {
    // The words of the partial index `cleanup_record_done`.
    const rows: { n: number }[] = await this.#database.read(
      async (reader) =>
        await reader.raw("SELECT COUNT(*) AS n FROM cleanup_record WHERE status = 'done' AND updated_ms >= ?", [
          sinceMs,
        ]),
    );
    return rows[0]?.n ?? 0;
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

  async progress(nowMs: number): Promise<Progress> {
    const walk = await this.newestWalk();
    const events = await this.facts.find('event-progress');
    const catchUp = events === undefined ? null : catchUpOf(events, nowMs);
    if (walk?.status !== 'running') return { walk: walk && { ...walk, pace: null }, catchUp };
    const run = await this.facts.find('walk-run');
    return { walk: { ...walk, pace: run?.walkId === walk.id ? walkPace(run, nowMs) : null }, catchUp };
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
