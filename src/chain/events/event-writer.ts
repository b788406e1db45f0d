import { SmError } from '../../domain/errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Database, Tx } from '../../store/database.ts';
import type { Facts } from '../../store/facts.ts';
import type { Gap, Gaps } from '../../store/gaps.ts';
import { applyBlocks, moveEventCursor } from '../../store/order-events.ts';
import type { ReadBlock } from './block-changes.ts';
import { CatchUpProgress } from './catch-up-progress.ts';
import { cutWindow } from './window-cuts.ts';

interface EventWriterParts {
  readonly clock: Clock;
  readonly database: Database;
  readonly facts: Facts;
  readonly gaps: Gaps;
  /** From the beginning of a walk to that of the next. */
  readonly scanIntervalBlocks: number;
}

/** One step of the cursor with everything that belongs to it. */
interface Step {
  readonly from: number;
  readonly to: number;
  readonly headBlock: number;
  readonly blocks: readonly ReadBlock[];
  readonly gap?: Omit<Gap, 'id'>;
}

/** Brings read blocks into the tables, rows and cursor in one transaction. */
export class EventWriter {
  readonly #parts: EventWriterParts;
  readonly #progress: CatchUpProgress;

  constructor(parts: EventWriterParts) {
    this.#parts = parts;
    this.#progress = new CatchUpProgress(parts.clock);
  }

  /** The blocks behind the cursor `from`, in as few transactions as claims between them allow. */
  async write(from: number, blocks: readonly ReadBlock[], headBlock: number): Promise<void> {
    let at = from;
    for (const part of cutWindow(blocks)) {
      await this.#advance({ from: at, to: at + part.length, headBlock, blocks: part });
      at += part.length;
    }
  }

  /** A gap that begins right behind the cursor `from`, and what is known of its last block. */
  async writeGap(from: number, gap: Omit<Gap, 'id'>, blocks: readonly ReadBlock[], headBlock: number): Promise<void> {
    await this.#advance({ from, to: gap.toBlock, headBlock, blocks, gap });
  }

  /** @throws SmError CURSOR_MOVED */
  async #advance({ from, to, headBlock, blocks, gap }: Step): Promise<void> {
    const { database, facts, gaps, clock, scanIntervalBlocks } = this.#parts;
    const nowMs = clock.nowMs();
    const progress = this.#progress.after(from, to, headBlock);
    await database.write('event', async (tx: Tx) => {
      if (!(await moveEventCursor(tx, from, to))) {
        const found = (await facts.find('event-cursor', tx))?.block;
        const message = 'the event cursor is not where it was left: another writer moved it';
        throw new SmError('CURSOR_MOVED', message, { expected: from, found });
      }
      await applyBlocks(
        tx,
        blocks.map(({ changes }) => changes),
        { nowMs, scanIntervalBlocks },
      );
      if (gap !== undefined) await gaps.add(tx, gap, nowMs);
      if (progress === null) await facts.remove(tx, 'event-progress');
      else if (progress !== undefined) await facts.set(tx, 'event-progress', progress);
    });
  }
}
