import { BLOCK_MS, DAY_MS, MINUTE_MS } from '../domain/units.ts';
import { runLoop, type LoopParts } from '../runtime/loop.ts';
import type { Task } from '../runtime/task.ts';
import type { Facts } from '../store/facts.ts';
import { agingKinds, type Age, type AgingKind, type Retention, type RetentionCursor } from '../store/retention.ts';

interface HousekeepingParts extends LoopParts {
  readonly facts: Facts;
  readonly retention: Retention;
  /** What has ended is removed after so many blocks. */
  readonly retentionBlocks: number;
}

/** A start has better things to do. */
const firstAfterMs = 10 * MINUTE_MS;
/** Between two slices everybody else may write. */
const pauseMs = 20;
/** Free pages that are kept for what comes next: 8 MiB. */
const keptFreePages = 2048;
const pagesAtOnce = 128;

/** Once a day removes what has ended long ago, a few rows at a time, and gives the room back to the disk. */
export class HousekeepingTask implements Task {
  readonly name = 'housekeeping';
  readonly #parts: HousekeepingParts;

  constructor(parts: HousekeepingParts) {
    this.#parts = parts;
  }

  async run(signal: AbortSignal): Promise<void> {
    const options = { name: this.name, intervalMs: DAY_MS, firstAfterMs, retryMs: 10 * MINUTE_MS };
    await runLoop(this.#parts, options, signal, async () => await this.#round(signal));
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { facts, retention, retentionBlocks, logger } = this.#parts;
    // Its age is told by the chain's own time: a clock of this machine that was stepped makes nothing old.
    const time = await facts.find('chain-time');
    if (time === undefined || time.atBlock <= retentionBlocks) return;
    const age: Age = {
      beforeBlock: time.atBlock - retentionBlocks,
      beforeMs: time.blockTimestampMs - retentionBlocks * BLOCK_MS,
    };
    const removed = { orders: 0, 'pin-records': 0, cleanups: 0 };
    for (const kind of agingKinds) removed[kind] = await this.#removeAll(kind, age, signal);
    const walks = await retention.removeWalks(age);
    const freedPages = await this.#giveBack(signal);
    logger.info('Removed what has ended long ago', {
      orders: removed.orders,
      pinRecords: removed['pin-records'],
      cleanups: removed.cleanups,
      walksAndGaps: walks,
      freedPages,
    });
  }

  async #removeAll(kind: AgingKind, age: Age, signal: AbortSignal): Promise<number> {
    let removed = 0;
    let after: RetentionCursor | null = null;
    do {
      const step = await this.#parts.retention.remove(kind, age, after);
      removed += step.removed;
      after = step.next;
      if (after !== null) await this.#parts.clock.sleep(pauseMs, signal);
    } while (after !== null);
    return removed;
  }

  async #giveBack(signal: AbortSignal): Promise<number> {
    const { retention, clock } = this.#parts;
    const before = await retention.freePages();
    let free = before;
    while (free > keptFreePages) {
      await retention.giveBack(Math.min(pagesAtOnce, free - keptFreePages));
      const left = await retention.freePages();
      if (left >= free) break;
      free = left;
      await clock.sleep(pauseMs, signal);
    }
    return before - free;
  }
}
