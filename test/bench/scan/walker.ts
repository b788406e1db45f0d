import { setTimeout as delay } from 'node:timers/promises';
import { WalkTask } from '../../../src/chain/walk/walk-task.ts';
import { ChainClient } from '../../../src/clients/chain/chain-client.ts';
import { wsEndPoint } from '../../../src/clients/chain/connection/ws-transport.ts';
import { ChildLibrary } from '../../../src/clients/chain/events/library/child-library.ts';
import { accountOf } from '../../../src/domain/account.ts';
import { Conditions } from '../../../src/runtime/conditions.ts';
import { SystemClock } from '../../../src/runtime/clock.ts';
import type { LogContext, Logger } from '../../../src/runtime/log.ts';
import { RightOfWay } from '../../../src/runtime/right-of-way.ts';
import { Absences } from '../../../src/store/absences.ts';
import { Database } from '../../../src/store/database.ts';
import { Facts } from '../../../src/store/facts.ts';
import { Gaps } from '../../../src/store/gaps.ts';
import { Tally } from '../../../src/store/tally.ts';
import { type Walk, Walks } from '../../../src/store/walks.ts';
import { benchGroup, benchGroupFacts, DAY_BLOCKS } from '../chain/bench-world.ts';

const LOOK_MS = 25;
const SPEC_VERSION = 25;
const indexer = { scanIntervalBlocks: DAY_BLOCKS, maxOrdersPerSecond: 0 };

/** What other tasks beside the walk are composed of. */
export type WalkerParts = Omit<ConstructorParameters<typeof WalkTask>[0], 'refreshBlocks'> & typeof indexer;

export interface WalkedOnce {
  readonly walk: Walk;
  readonly ms: number;
}

interface WalkRules {
  /** Orders read longer ago than this are due in a walk by the clock. */
  readonly refreshBlocks: number;
}

/** The product's own walk over its own client and database, composed as the bot composes it. */
export class Walker {
  readonly chain: ChainClient;
  readonly database: Database;
  readonly walks: Walks;
  readonly #facts: Facts;
  readonly parts: WalkerParts;

  private constructor(database: Database, url: string, clock: SystemClock, rightOfWay: RightOfWay) {
    const logger = new TroubleLogger();
    this.database = database;
    this.chain = new ChainClient({
      endPoints: [wsEndPoint(url, { rightOfWay })],
      genesisHash: null,
      clock,
      logger,
      library: new ChildLibrary(clock, logger),
    });
    this.walks = new Walks(database);
    this.#facts = new Facts(database);
    this.parts = {
      clock,
      conditions: new Conditions(clock),
      logger,
      database,
      facts: this.#facts,
      chain: this.chain,
      account: accountOf(benchGroup.accountHex),
      gaps: new Gaps(database),
      tally: new Tally(database),
      walks: this.walks,
      absences: new Absences(database),
      ...indexer,
    };
  }

  static async open(dataDir: string, url: string): Promise<Walker> {
    const clock = new SystemClock();
    const rightOfWay = new RightOfWay(clock);
    return new Walker(await Database.open(dataDir, { rightOfWay }), url, clock, rightOfWay);
  }

  /** Lets the task run until one more walk is complete; the time is that from the task's start to the walk's own end. */
  async walk({ refreshBlocks }: WalkRules, signal: AbortSignal): Promise<WalkedOnce> {
    const { value: head } = await this.chain.blocks.finalizedHead({ signal });
    const nowMs = Date.now();
    await this.database.write('event', async (tx) => {
      await this.#facts.set(tx, 'group', benchGroupFacts(head.number, nowMs));
      const time = { atBlock: head.number, atMs: nowMs, blockTimestampMs: nowMs, specVersion: SPEC_VERSION };
      await this.#facts.set(tx, 'chain-time', time);
    });
    const before = (await this.walks.findLastComplete())?.id ?? 0;
    const control = new AbortController();
    const stopped = AbortSignal.any([signal, control.signal]);
    const startedMs = Date.now();
    const running = new WalkTask({ ...this.parts, refreshBlocks }).run(stopped);
    try {
      const walk = await Promise.race([this.#next(before, stopped), endedEarly(running)]);
      return { walk, ms: (walk.endedMs ?? 0) - startedMs };
    } finally {
      // Also when it was stopped from outside: the task reads ahead until it has settled.
      control.abort();
      await running;
    }
  }

  async close(): Promise<void> {
    await this.chain.close();
    await this.database.close();
  }

  async #next(before: number, signal: AbortSignal): Promise<Walk> {
    for (;;) {
      await delay(LOOK_MS, undefined, { signal });
      const walk = await this.walks.findLastComplete();
      if (walk !== undefined && walk.id > before) return walk;
    }
  }
}

async function endedEarly(running: Promise<void>): Promise<never> {
  await running;
  throw new Error('the walk task ended before its walk did');
}

/** Trouble on a loopback socket makes a figure worthless; what the bot thinks of what it found is checked by the bench. */
class TroubleLogger implements Logger {
  info(): void {}

  debug(): void {}

  warn(message: string, context: LogContext = {}): void {
    if ('endPoint' in context || 'code' in context) console.error(`bot: ${message}`, context);
  }

  error(message: string, _context?: unknown, error?: unknown): void {
    console.error(`bot: ${message}`, error);
  }

  child(): Logger {
    return this;
  }
}
