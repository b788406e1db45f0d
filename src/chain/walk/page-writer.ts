import { seenBy } from '../../domain/order.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Absences } from '../../store/absences.ts';
import type { Database } from '../../store/database.ts';
import type { Gap } from '../../store/gaps.ts';
import { isFound } from '../../store/ingest/read-rows.ts';
import { noteSuccesses } from '../../store/ingest/successes.ts';
import { ingestReads } from '../../store/order-ingest.ts';
import { markSeenByWalk } from '../../store/walk-pages.ts';
import type { Walk, Walks } from '../../store/walks.ts';
import type { WalkPage } from './page-reader.ts';

interface PageWriterParts {
  readonly database: Database;
  readonly walks: Walks;
  readonly absences: Absences;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Gaps not yet closed: an order calculated inside one was ordered there. */
  readonly openGaps: readonly Gap[];
}

/** Writes pages of one walk, slice by slice: rows, absences and the cursor in one transaction each. */
export class PageWriter {
  readonly #parts: PageWriterParts;

  constructor(parts: PageWriterParts) {
    this.#parts = parts;
  }

  async write(walk: Walk, page: WalkPage): Promise<void> {
    const { database, walks, absences, clock, openGaps } = this.#parts;
    let from = page.fromCursor;
    for (const slice of page.slices) {
      const { reads, comparison } = slice;
      const successes = reads.filter(isFound).flatMap(({ key, figures }) => {
        const atBlock = figures.calculatedBlock;
        return openGaps.some((gap) => gap.fromBlock <= atBlock && atBlock <= gap.toBlock) ? [{ key, atBlock }] : [];
      });
      await database.write('bulk', async (tx) => {
        await ingestReads(tx, reads, { seen: seenBy.scan, nowMs: clock.nowMs() });
        await noteSuccesses(tx, successes);
        await markSeenByWalk(tx, comparison.unmarked);
        await absences.clear(tx, comparison.foundAgain);
        const source = { walkId: walk.id, atBlock: page.at.number, endPoint: page.endPoint };
        await absences.note(tx, comparison.missing, source);
        await walks.step(tx, {
          walkId: walk.id,
          fromCursor: from,
          toCursor: slice.toCursor,
          atBlock: page.at.number,
          orders: slice.keys,
          pages: slice === page.slices.at(-1) && !page.isLast ? 1 : 0,
          missing: comparison.missing.length,
        });
      });
      from = slice.toCursor;
    }
  }
}
