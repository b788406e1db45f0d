import { setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Chain } from '../../src/chain/ports.ts';
import { ActiveNodesTask } from '../../src/chain/active-nodes-task.ts';
import { ChainTimeTask } from '../../src/chain/chain-time-task.ts';
import { EventIndexerTask } from '../../src/chain/events/event-indexer-task.ts';
import { GroupTask } from '../../src/chain/group-task.ts';
import { WalkTask } from '../../src/chain/walk/walk-task.ts';
import { chainOrderKey } from '../../src/clients/chain/keys/order-key.ts';
import type { Order } from '../../src/domain/order.ts';
import { DAY_BLOCKS } from '../../src/domain/units.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { Conditions } from '../../src/runtime/conditions.ts';
import type { Task } from '../../src/runtime/task.ts';
import { Absences } from '../../src/store/absences.ts';
import { Database } from '../../src/store/database.ts';
import { Facts } from '../../src/store/facts.ts';
import { Gaps } from '../../src/store/gaps.ts';
import { selectOrders, toOrder } from '../../src/store/order-row.ts';
import { Tally } from '../../src/store/tally.ts';
import { Walks } from '../../src/store/walks.ts';
import { account, ChainWorld } from './chain-room-world.ts';
import { RecordingLogger } from './quiet-logger.ts';

const tasks = {
  events: EventIndexerTask,
  walk: WalkTask,
  group: GroupTask,
  'chain-time': ChainTimeTask,
  'active-nodes': ActiveNodesTask,
};
type TaskName = keyof typeof tasks;

/** Stops whoever sleeps, so that a task runs for one round. */
class RoundClock implements Clock {
  #stop = new AbortController();
  ms = Date.UTC(2026, 0, 1);
  /** How long the last sleeper meant to sleep. */
  sleptMs = 0;

  arm(): AbortSignal {
    this.#stop = new AbortController();
    // One signal stops all requests in flight, as in the process.
    setMaxListeners(0, this.#stop.signal);
    return this.#stop.signal;
  }

  nowMs(): number {
    return this.ms;
  }

  monotonicMs(): number {
    return this.ms;
  }

  async sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    this.sleptMs = durationMs;
    this.#stop.abort();
    signal.throwIfAborted();
  }
}

export interface CleanupRow {
  id: number;
  cid: string;
  status: string;
  cause: string;
  seen_block: number;
}

/** The chain room with a real database, a chain in memory and a manual clock. */
export class ChainRoom {
  readonly dataDir: string;
  readonly database: Database;
  readonly clock = new RoundClock();
  readonly logger = new RecordingLogger();
  readonly conditions = new Conditions(this.clock);
  readonly world: ChainWorld;
  /** What the tasks ask: the world unless a test has another chain. */
  chain: Chain;
  account = account;
  readonly facts: Facts;
  readonly walks: Walks;
  readonly gaps: Gaps;
  readonly tally: Tally;
  readonly absences: Absences;
  scanIntervalBlocks = DAY_BLOCKS;
  refreshBlocks = 7 * DAY_BLOCKS;
  maxOrdersPerSecond = 0;

  private constructor(dataDir: string, database: Database, world: ChainWorld) {
    this.dataDir = dataDir;
    this.database = database;
    this.world = world;
    this.chain = world;
    this.facts = new Facts(database);
    this.walks = new Walks(database);
    this.gaps = new Gaps(database);
    this.tally = new Tally(database);
    this.absences = new Absences(database);
  }

  static async open(world = new ChainWorld()): Promise<ChainRoom> {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'smanager-chain-'));
    return new ChainRoom(dataDir, await Database.open(dataDir), world);
  }

  /** Throws when the kept counts are not what is there. */
  async close(): Promise<void> {
    const differences = await this.tally.differences();
    await this.database.close();
    await rm(this.dataDir, { recursive: true });
    if (differences.length > 0) throw new Error(`the tally is wrong: ${JSON.stringify(differences)}`);
  }

  get parts() {
    const { clock, conditions, logger, chain, database, facts, account, walks, absences, gaps, tally } = this;
    const { scanIntervalBlocks, refreshBlocks, maxOrdersPerSecond } = this;
    const stores = { database, facts, walks, absences, gaps, tally };
    return {
      clock,
      conditions,
      logger,
      chain,
      account,
      ...stores,
      scanIntervalBlocks,
      refreshBlocks,
      maxOrdersPerSecond,
    };
  }

  /** One round of a task made anew, as after a restart. */
  async round(name: TaskName): Promise<void> {
    await this.roundOf(this.task(name));
  }

  /** Runs until the task sleeps, then stops it. */
  async roundOf(task: Task): Promise<void> {
    await task.run(this.clock.arm());
  }

  task(name: TaskName): Task {
    return new tasks[name](this.parts);
  }

  async order(cid: string): Promise<Order | undefined> {
    const key = chainOrderKey(cid);
    return await this.database.read(async (reader) => {
      const row = await selectOrders(reader).where({ key_position: key.position, cid: key.text }).first();
      return row === undefined ? undefined : toOrder(row);
    });
  }

  /** Sets columns of a row as other rooms would. */
  async set(cid: string, columns: Readonly<Record<string, string | number | null>>): Promise<void> {
    await this.database.write('claim', async (tx) => {
      await tx('file_record').where({ cid }).update(columns);
    });
  }

  async addCleanup(
    cid: string,
    cleanup: { status: string; cause?: string; seen: number; confirmed?: number },
  ): Promise<void> {
    await this.database.write('claim', async (tx) => {
      await tx('cleanup_record').insert({
        cid,
        status: cleanup.status,
        cause: cleanup.cause ?? 'event',
        seen_block: cleanup.seen,
        confirmed_block: cleanup.confirmed ?? null,
        created_ms: 0,
        updated_ms: 0,
      });
    });
  }

  async cleanups(): Promise<readonly CleanupRow[]> {
    return await this.database.read(
      async (reader) =>
        await reader<CleanupRow>('cleanup_record').orderBy('id').select('id', 'cid', 'status', 'cause', 'seen_block'),
    );
  }

  async absentCids(): Promise<readonly string[]> {
    return await this.database.read(
      async (reader) =>
        await reader('absence').join('file_record', 'file_record.id', 'absence.file_id').orderBy('cid').pluck('cid'),
    );
  }
}
