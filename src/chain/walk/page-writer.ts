import { seenBy } from '../../domain/order.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Absences } from '../../store/absences.ts';
import type { Database, Tx } from '../../store/database.ts';
import type { Gap } from '../../store/gaps.ts';
import type { RefreshTurns } from '../../store/ingest/refresh-turn.ts';
import { isFound } from '../../store/ingest/read-rows.ts';
import { noteSuccesses } from '../../store/ingest/successes.ts';
import { ingestReads } from '../../store/order-ingest.ts';
import { markSeenByWalk } from '../../store/walk-pages.ts';
import type { Walk, Walks } from '../../store/walks.ts';
import type { WalkPage } from './page-reader.ts';
import { type PageSlice, slicesOf } from './page-slices.ts';
import type { RunProgress } from './run-progress.ts';

/** How long a transaction may take: a claim that comes meanwhile waits for its end. */
const maxTransactionMs = 20;
const fewestRows = 100;
const mostRows = 1000;

interface PageWriterParts {
  readonly database: Database;
  readonly walks: Walks;
  readonly absences: Absences;
  readonly progress: RunProgress;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  /** By which orders are read again; undefined when all are read. */
  readonly turns: () => RefreshTurns | undefined;
  /** Gaps not yet closed: an order calculated inside one was ordered there. */
  readonly openGaps: readonly Gap[];
}

/** Writes pages of one walk, slice by slice: rows, absences and the cursor in one transaction each. */
export class PageWriter {
  readonly #parts: PageWriterParts;
  readonly #accounts = new Map<string, number>();
  #rows = 500;

  constructor(parts: PageWriterParts) {
    this.#parts = parts;
  }

  async write(walk: Walk, pages: readonly WalkPage[]): Promise<void> {
    const { database, clock } = this.#parts;
    for (const slice of slicesOf(pages, this.#rows)) {
      await database.write('bulk', async (tx) => {
        const startedMs = clock.monotonicMs();
        await this.#writeSlice(tx, walk, slice);
        this.#learn(slice.reads.length, clock.monotonicMs() - startedMs);
      });
    }
  }

  /** Transactions that took less than half their time grow, those that took longer shrink at once. */
  #learn(rows: number, tookMs: number): void {
    if (tookMs > maxTransactionMs) this.#rows = Math.max(fewestRows, Math.floor(this.#rows / 2));
    else if (tookMs < maxTransactionMs / 2 && rows > this.#rows / 2)
      this.#rows = Math.min(mostRows, this.#rows + fewestRows);
  }

  async #writeSlice(tx: Tx, walk: Walk, slice: PageSlice): Promise<void> {
    const { walks, absences, progress } = this.#parts;
    const { comparisons, fromCursor, toCursor, atBlock, endPoint, keys: orders, pages } = slice;
    await this.#bringIn(tx, slice);
    const missing = comparisons.flatMap((comparison) => comparison.missing);
    await markSeenByWalk(
      tx,
      comparisons.flatMap((comparison) => comparison.unmarked),
    );
    await absences.clear(
      tx,
      comparisons.flatMap((comparison) => comparison.foundAgain),
    );
    await absences.note(tx, missing, { walkId: walk.id, atBlock, endPoint });
    const step = { walkId: walk.id, fromCursor, toCursor, atBlock, orders, pages, missing: missing.length };
    await walks.step(tx, step);
    await progress.note(tx, step);
  }

  async #bringIn(tx: Tx, { reads, unknown }: PageSlice): Promise<void> {
    const { clock, openGaps, turns } = this.#parts;
    await ingestReads(tx, reads, {
      seen: seenBy.scan,
      nowMs: clock.nowMs(),
      mostlyAsKnown: unknown * 2 < reads.length,
      turns: turns(),
      accounts: this.#accounts,
    });
    if (openGaps.length === 0) return;
    const successes = reads.filter(isFound).flatMap(({ key, figures }) => {
      const atBlock = figures.calculatedBlock;
      return openGaps.some((gap) => gap.fromBlock <= atBlock && atBlock <= gap.toBlock) ? [{ key, atBlock }] : [];
    });
    await noteSuccesses(tx, successes);
  }
}
