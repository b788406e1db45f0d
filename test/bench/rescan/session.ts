import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { BenchChain } from '../chain/bench-chain.ts';
import { DAY_BLOCKS } from '../chain/bench-world.ts';
import { decideRows } from './decided-rows.ts';
import { assertWalked, countReadOn, type FoundFates } from './walked-days.ts';
import { WalkingBot } from './walking-bot.ts';

export const REFRESH_DAYS = 7;
/** So long that no value of a known order is due. */
const NEVER_BLOCKS = 1_000_000_000;
const WEEK_BLOCKS = REFRESH_DAYS * DAY_BLOCKS;
/** A walk that misses an order, one that misses it again, and the day on which it is looked for once more; a suspect walk costs another. */
const DAYS_TO_CLOSE = 3;

export interface SessionOptions {
  readonly orders: number;
  readonly latencyMs: number | undefined;
  /** The last day that may come. */
  readonly days: number;
}

export interface LaterWalk {
  readonly ordersPerSecond: number;
  /** Orders whose values were read. */
  readonly valuesRead: number;
}

/** A bot, its database and its chain, taken from day to day. Every walk must have counted what the chain has; what it found is then decided. */
export class Session {
  readonly #chain: BenchChain;
  readonly #bot: WalkingBot;
  readonly #dataDir: string;
  readonly #signal: AbortSignal;
  #day = 0;
  rssMaxMiB = 0;

  private constructor(chain: BenchChain, bot: WalkingBot, dataDir: string, signal: AbortSignal) {
    this.#chain = chain;
    this.#bot = bot;
    this.#dataDir = dataDir;
    this.#signal = signal;
  }

  /** Runs `work` with a new session and leaves nothing of it. */
  static async run(
    options: SessionOptions,
    signal: AbortSignal,
    work: (session: Session) => Promise<void>,
  ): Promise<void> {
    const dataDir = await mkdtemp(path.join(os.tmpdir(), 'smanager-bench-'));
    try {
      const chain = await BenchChain.start(options, signal);
      const bot = new WalkingBot({ dataDir, url: chain.url }, signal);
      try {
        await work(new Session(chain, bot, dataDir, signal));
        await bot.close();
      } finally {
        bot.kill();
        await chain.close();
      }
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  }

  /** The first walk, orders/s. */
  async first(): Promise<number> {
    return await this.#walk(WEEK_BLOCKS);
  }

  /** A day later: all keys, and the values of new orders and of those that are due to be read again. */
  async dayWithShare(): Promise<LaterWalk> {
    return await this.#later(WEEK_BLOCKS);
  }

  /** A day later: all keys and the values of new orders. */
  async dayOfKeys(): Promise<LaterWalk> {
    return await this.#later(NEVER_BLOCKS);
  }

  /** Walks on until the last day and looks whether every order was read within the days that a refresh may take. */
  async wholePeriod(): Promise<FoundFates> {
    const { days } = this.#chain.world.life;
    while (this.#day < days) await this.dayWithShare();
    return await this.check(this.#day - REFRESH_DAYS);
  }

  /** Throws unless every order of every day is stored, closed or noted as missing as it should be. */
  async check(readSinceDay = 0): Promise<FoundFates> {
    const day = this.#day;
    return await assertWalked(this.#dataDir, this.#chain.world, {
      day,
      closedThroughDay: day - DAYS_TO_CLOSE,
      readSinceDay,
    });
  }

  async #later(refreshBlocks: number): Promise<LaterWalk> {
    this.#day += 1;
    await this.#chain.goTo(this.#day, this.#signal);
    const ordersPerSecond = await this.#walk(refreshBlocks);
    return { ordersPerSecond, valuesRead: await countReadOn(this.#dataDir, this.#day) };
  }

  async #walk(refreshBlocks: number): Promise<number> {
    const { ms, keys, rssMaxMiB } = await this.#bot.walk({ refreshBlocks });
    const expected = this.#chain.world.life.countOn(this.#day);
    if (keys !== expected)
      throw new Error(`the walk of day ${this.#day} counts ${keys} orders, the chain has ${expected}`);
    this.rssMaxMiB = Math.max(this.rssMaxMiB, rssMaxMiB);
    await decideRows(this.#dataDir);
    return (keys * 1000) / ms;
  }
}
