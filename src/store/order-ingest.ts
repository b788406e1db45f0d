import chunk from 'lodash/chunk.js';
import type { OrderRead } from '../domain/order.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Database, Tx } from './database.ts';
import { noteFoundAgain } from './ingest/found-again.ts';
import { newestFound, readRows } from './ingest/read-rows.ts';
import { upsertFigures, type IngestResult } from './ingest/upsert-figures.ts';
import type { WritePriority } from './write-queue.ts';

const sliceRows = 500;

/**
 * Brings at most 500 reads into `file_record` inside a transaction. Reads that found nothing change nothing: one answer closes no order.
 * Older reads change no figures. Waiting and queued orders whose figures changed are marked `revise`; a closed order found at a newer block
 * is `new` again; handled, pulling and failed ones change their figures alone. What was begun for want of the order is taken back.
 */
export async function ingestReads(
  tx: Tx,
  reads: readonly OrderRead[],
  options: { readonly seen: number; readonly nowMs: number },
): Promise<IngestResult> {
  const found = newestFound(reads);
  if (found.length === 0) return { added: 0, changed: 0 };
  const rows = await readRows(tx, found);
  const result = await upsertFigures(tx, rows, found.length, options.seen);
  await noteFoundAgain(tx, rows, options.nowMs);
  return result;
}

/** The same for any number of reads, in transactions of their own. Reading a known order again is no new sight of it: `seen` is 0 without the option. */
export class OrderIngest {
  readonly #database: Database;
  readonly #clock: Pick<Clock, 'nowMs'>;

  constructor(parts: { readonly database: Database; readonly clock: Pick<Clock, 'nowMs'> }) {
    this.#database = parts.database;
    this.#clock = parts.clock;
  }

  async ingest(
    reads: readonly OrderRead[],
    options: { readonly seen?: number; readonly priority?: WritePriority } = {},
  ): Promise<IngestResult> {
    const { seen = 0, priority = 'bulk' } = options;
    let added = 0;
    let changed = 0;
    for (const slice of chunk(reads, sliceRows)) {
      const nowMs = this.#clock.nowMs();
      const result = await this.#database.write(priority, async (tx) => await ingestReads(tx, slice, { seen, nowMs }));
      added += result.added;
      changed += result.changed;
    }
    return { added, changed };
  }
}
