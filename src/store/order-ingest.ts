import type { OrderRead } from '../domain/order.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Database, Tx } from './database.ts';
import { confirmFigures } from './ingest/confirm-figures.ts';
import { type Afterwards, noteFoundAgain } from './ingest/found-again.ts';
import type { RefreshTurns } from './ingest/refresh-turn.ts';
import { type FoundRead, newestFound, readRows } from './ingest/read-rows.ts';
import { upsertFigures } from './ingest/upsert-figures.ts';
import { SlicePace } from './slice-pace.ts';
import type { WritePriority } from './write-queue.ts';

interface IngestOptions {
  /** Bits of `seenBy`; 0 for orders that were merely read again. */
  readonly seen: number;
  readonly nowMs: number;
  /** Nearly all of them are expected to stand here with the same figures. */
  readonly mostlyAsKnown?: boolean;
  /** Then those that stand here with the same figures keep their read block until their turn comes. */
  readonly turns?: RefreshTurns | undefined;
  /** Ids of accounts, kept by a caller of many transactions while these succeed. */
  readonly accounts?: Map<string, number>;
}

/**
 * Brings some hundreds of reads into `file_record` inside a transaction. Reads that found nothing change nothing: one answer closes no order.
 * Older reads change no figures. Waiting and queued orders whose figures changed are marked `revise`, and pulling ones for the case that they come
 * back; a closed order found at a newer block is `new` again; handled and failed ones change their figures alone. What was begun for want of the order
 * is taken back.
 */
export async function ingestReads(tx: Tx, reads: readonly OrderRead[], options: IngestOptions): Promise<void> {
  const found = newestFound(reads);
  if (found.length === 0) return;
  const rows = await readRows(tx, found, options.accounts);
  const after =
    options.mostlyAsKnown === true
      ? await upsertRest(tx, found, rows, options)
      : await upsertFigures(tx, rows, found.length, options.seen);
  await noteFoundAgain(tx, rows, after, options.nowMs);
}

async function upsertRest(
  tx: Tx,
  found: readonly FoundRead[],
  rows: string,
  { seen, turns, accounts }: IngestOptions,
): Promise<Afterwards> {
  const confirmed = await confirmFigures(tx, rows, found.length, { seen, turns });
  const rest = confirmed.rest.flatMap((index) => found[index] ?? []);
  if (rest.length > 0) await upsertFigures(tx, await readRows(tx, rest, accounts), rest.length, seen);
  return confirmed.after;
}

/**
 * The same for any number of reads, in transactions of some milliseconds: orders from all over the table take the log four pages each. Reading a known
 * order again is no new sight of it: `seen` is 0 without the option.
 */
export class OrderIngest {
  readonly #database: Database;
  readonly #clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly #pace = new SlicePace();

  constructor(parts: { readonly database: Database; readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'> }) {
    this.#database = parts.database;
    this.#clock = parts.clock;
  }

  async ingest(
    reads: readonly OrderRead[],
    options: { readonly seen?: number; readonly priority?: WritePriority } = {},
  ): Promise<void> {
    const { seen = 0, priority = 'bulk' } = options;
    for (let begun = 0; begun < reads.length; ) {
      const slice = reads.slice(begun, begun + this.#pace.rows);
      begun += slice.length;
      await this.#ingestSlice(slice, seen, priority);
    }
  }

  async #ingestSlice(slice: readonly OrderRead[], seen: number, priority: WritePriority): Promise<void> {
    let begunMs = 0;
    await this.#database.write(priority, async (tx) => {
      begunMs = this.#clock.monotonicMs();
      await ingestReads(tx, slice, { seen, nowMs: this.#clock.nowMs() });
    });
    this.#pace.took(slice.length, this.#clock.monotonicMs() - begunMs);
  }
}
