import type { Clock } from '../../runtime/clock.ts';
import type { Absences } from '../../store/absences.ts';
import type { Database } from '../../store/database.ts';
import type { Facts } from '../../store/facts.ts';
import type { Gaps } from '../../store/gaps.ts';
import type { Tally } from '../../store/tally.ts';
import type { Walk, Walks } from '../../store/walks.ts';

/** Below this many known orders a walk that finds few of them proves nothing odd. */
const manyOrders = 100;
/** Share of the open orders that one walk may close alone. */
const maxCloseShare = 0.01;

interface WalkEndParts {
  readonly database: Database;
  readonly facts: Facts;
  readonly walks: Walks;
  readonly absences: Absences;
  readonly gaps: Gaps;
  readonly tally: Tally;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** What a walk that reached the end came to. */
export type WalkEnd =
  | { readonly kind: 'complete'; readonly suspect: boolean; readonly gapsClosed: number }
  /** It found so few orders that the end point must show another state: as if it had not been. */
  | { readonly kind: 'implausible'; readonly found: number; readonly known: number };

/** Ends walks: judges what they found, closes the gaps they cover. */
export class WalkEnding {
  readonly #parts: WalkEndParts;

  constructor(parts: WalkEndParts) {
    this.#parts = parts;
  }

  async complete(walk: Walk): Promise<WalkEnd> {
    const { database, facts, walks, absences, gaps, tally, clock } = this.#parts;
    const known = await tally.openOrders();
    if (known >= manyOrders && walk.orders * 2 < known) {
      await this.abandon(walk);
      return { kind: 'implausible', found: walk.orders, known };
    }
    const before = await walks.findLastComplete();
    const filter = { lastWalk: walk.id, begunBefore: walk.id, begunFrom: before?.id ?? walk.id };
    const suspect = (await absences.count(filter)) > known * maxCloseShare;
    return await database.write('bulk', async (tx) => {
      await walks.end(tx, walk.id, { status: 'complete', suspect, endedMs: clock.nowMs() });
      const headBlock = (await facts.find('chain-time', tx))?.atBlock ?? walk.newestPageBlock;
      await facts.set(tx, 'walk-duration', { blocks: Math.max(0, headBlock - walk.oldestPageBlock) });
      return { kind: 'complete', suspect, gapsClosed: await gaps.close(tx, walk) };
    });
  }

  async abandon(walk: Walk): Promise<void> {
    const { database, walks, absences, clock } = this.#parts;
    await absences.forgetWalk(walk.id);
    await database.write('bulk', async (tx) => {
      await walks.end(tx, walk.id, { status: 'abandoned', suspect: false, endedMs: clock.nowMs() });
    });
  }
}
