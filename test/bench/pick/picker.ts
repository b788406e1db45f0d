import type { WorkloadFacts } from '../../../src/domain/facts.ts';
import { Chooser, type Round } from '../../../src/pull/pick/chooser.ts';
import { RunningPulls } from '../../../src/pull/run/running-pulls.ts';
import { Candidates } from '../../../src/store/candidates.ts';
import { CoordinatorMarks } from '../../../src/store/coordinator-marks.ts';
import type { Database } from '../../../src/store/database.ts';
import { Pulls } from '../../../src/store/pulls.ts';
import { madeHeadBlock } from '../database/made-orders.ts';

const nothing = { num: 0, sizeBytes: 0 };
const workload: WorkloadFacts = {
  atBlock: madeHeadBlock,
  atMs: 0,
  files: { lost: nothing, pending: nothing, valid: nothing },
  srd: {
    srdCompleteGib: 100_000,
    srdRemainingTaskGib: 0,
    diskAvailableForSrdGib: 100_000,
    diskAvailableGib: 100_000,
    diskVolumeGib: 200_000,
    sysDiskAvailableGib: 1000,
    srdVolumeCount: 10,
  },
};
const stallMs = 1_800_000;

/** Fills one free slot after the other, as the pull room does: choose, claim, record. */
export class Picker {
  readonly #running = new RunningPulls({ stallMs, maxPendingTasks: 32 });
  readonly #chooser: Chooser;
  readonly #pulls: Pulls;
  readonly #isAlone: boolean;
  #picked = 0;

  /** `isAlone`: nobody moves queued orders meanwhile; else an order that another task moved first is passed by for the next, in the same pick. */
  constructor(database: Database, { isAlone = true }: { readonly isAlone?: boolean } = {}) {
    this.#isAlone = isAlone;
    this.#pulls = new Pulls(database, new CoordinatorMarks(database));
    this.#chooser = new Chooser({
      candidates: new Candidates(database),
      running: this.#running,
      settings: {
        maxPendingTasks: 32,
        minSrdRatioPercent: 0,
        weights: { dbFilesWeight: 50, newFilesWeight: 50 },
        stallMs,
        maxAttempts: 5,
      },
      // Both sources in turns.
      random: () => (this.#picked % 2) * 0.9,
    });
  }

  /** Milliseconds of one pick. The pull is taken to have ended at once: its slot is free again. */
  async pick(): Promise<number> {
    const startedMs = performance.now();
    const round: Round = {
      opening: { workload, most: 1, probe: 'none' },
      headBlock: madeHeadBlock,
      tried: new Set(),
      aside: 0,
      started: 0,
      hold: undefined,
    };
    const [order] = await this.#chooser.choose(round, 1);
    if (order === undefined) throw new Error(`the queue is empty after ${this.#picked} picks`);
    const permit = await this.#pulls.claim({
      orderId: order.id,
      cid: order.key.text,
      sizeBytes: order.sizeBytes,
      orderClass: order.orderClass,
      attempts: order.attempts,
      startedMs: Date.now(),
      startedBlock: madeHeadBlock,
      pinnedBefore: false,
    });
    const tookMs = performance.now() - startedMs;
    this.#running.release(order.id);
    if (permit === undefined) {
      if (this.#isAlone) throw new Error('nobody else claims, and yet another was first');
      return performance.now() - startedMs + (await this.pick());
    }
    this.#picked += 1;
    return tookMs;
  }
}
