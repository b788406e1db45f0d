import { setTimeout as delay } from 'node:timers/promises';
import { Candidates } from '../../../src/store/candidates.ts';
import { CoordinatorMarks } from '../../../src/store/coordinator-marks.ts';
import type { Database } from '../../../src/store/database.ts';
import { Pulls } from '../../../src/store/pulls.ts';
import { headBlocks } from './world.ts';

const betweenMs = 10;

/** Picks one order after the other, as the pull room does, and gives each back. */
export class Picks {
  readonly #candidates: Candidates;
  readonly #pulls: Pulls;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();
  #latenciesMs: number[] = [];

  constructor(database: Database) {
    this.#candidates = new Candidates(database);
    this.#pulls = new Pulls(database, new CoordinatorMarks(database));
  }

  start(): void {
    this.#stopped = false;
    this.#latenciesMs = [];
    this.#running = this.#run();
  }

  /** Milliseconds of every choose and claim since the start. */
  async stop(): Promise<readonly number[]> {
    this.#stopped = true;
    await this.#running;
    return this.#latenciesMs;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#pick();
      await delay(betweenMs);
    }
  }

  async #pick(): Promise<void> {
    const startedMs = performance.now();
    const [order] = await this.#candidates.listBest({ orderClass: 'db', large: false }, [], 1);
    if (order === undefined) throw new Error('the queue is empty');
    const permit = await this.#pulls.claim({
      orderId: order.id,
      cid: order.key.text,
      sizeBytes: order.sizeBytes,
      orderClass: order.orderClass,
      attempts: order.attempts,
      startedMs: Date.now(),
      startedBlock: headBlocks.first,
      pinnedBefore: false,
    });
    if (permit === undefined) throw new Error('nobody else claims, and yet another was first');
    this.#latenciesMs.push(performance.now() - startedMs);
    await this.#pulls.end({
      permit,
      end: {
        reason: 'stopped',
        recordStatus: 'interrupted',
        countsAsAttempt: false,
        next: { kind: 'retry', afterBlocks: 0 },
        hold: 'none',
        detail: null,
      },
      blocks: 0,
      sealedBytes: 0,
      pinnedBefore: false,
      endedMs: Date.now(),
      headBlock: headBlocks.first,
      maxAttempts: 5,
      lookBlock: () => null,
      inputs: null,
    });
  }
}
