import { onTestFinished } from 'vitest';
import type { SealAnswer } from '../../src/clients/coordinator/coordinator-client.ts';
import { SmError } from '../../src/domain/errors.ts';
import type { WorkloadFacts } from '../../src/domain/facts.ts';
import type { Order } from '../../src/domain/order.ts';
import type { OrderStatus, PinStatus } from '../../src/domain/statuses.ts';
import type { PullParts, PullSettings } from '../../src/pull/ports.ts';
import { PullTask } from '../../src/pull/pull-task.ts';
import { Conditions } from '../../src/runtime/conditions.ts';
import { Candidates, type FreshVerdict } from '../../src/store/candidates.ts';
import { CoordinatorMarks } from '../../src/store/coordinator-marks.ts';
import { Database } from '../../src/store/database.ts';
import { Facts } from '../../src/store/facts.ts';
import { toSortableText } from '../../src/domain/amount.ts';
import { selectOrders, toOrder } from '../../src/store/order-row.ts';
import { PullRecords } from '../../src/store/pull-records.ts';
import { Pulls } from '../../src/store/pulls.ts';
import { ManualClock } from './manual-clock.ts';
import { FakeIpfs, FakeSworker } from './pull-fakes.ts';
import { RecordingLogger } from './quiet-logger.ts';
import { tempDir } from './temp-dir.ts';

/** Uniform in [0, 1), the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const head = 5_000_000;

export interface PinRow {
  readonly id: number;
  readonly cid: string;
  readonly status: PinStatus;
  readonly cause: string;
  readonly end_reason: string | null;
  readonly counts_as_attempt: number | null;
  readonly blocks: number;
  readonly sealed_bytes: number;
  readonly pinned_before: number | null;
  readonly repinned: number;
}

type Columns = Readonly<Record<string, string | number | null>>;

const spaciousWorkload: WorkloadFacts = {
  atBlock: head,
  atMs: 0,
  files: { lost: { num: 0, sizeBytes: 0 }, pending: { num: 0, sizeBytes: 0 }, valid: { num: 0, sizeBytes: 0 } },
  srd: {
    srdCompleteGib: 100_000,
    srdRemainingTaskGib: 0,
    diskAvailableForSrdGib: 0,
    diskAvailableGib: 0,
    diskVolumeGib: 100_000,
    sysDiskAvailableGib: 500,
    srdVolumeCount: 1,
  },
};

const defaultSettings: PullSettings = {
  maxPendingTasks: 32,
  minSrdRatioPercent: 0,
  weights: { newFilesWeight: 50, dbFilesWeight: 50 },
  stallMs: 30 * 60_000,
  maxAttempts: 5,
};

/** A coordinator that answers as the test says and remembers what it granted. */
class FakeCoordinator {
  readonly granted = new Set<string>();
  readonly asked: string[] = [];
  isAway = false;
  answers: (cid: string) => SealAnswer = () => ({ seal: true });

  async ping(): Promise<void> {
    this.#answer();
  }

  async requestSeal(cid: string): Promise<SealAnswer> {
    this.#answer();
    this.asked.push(cid);
    const answer = this.answers(cid);
    if (answer.seal) this.granted.add(cid);
    return answer;
  }

  async withdrawSeal(cid: string): Promise<void> {
    this.#answer();
    this.granted.delete(cid);
  }

  #answer(): void {
    if (this.isAway) throw new SmError('COORDINATOR_UNREACHABLE', 'connection refused');
  }
}

interface StartOptions {
  readonly coordinator?: boolean;
  readonly seed?: number;
  readonly ipfs?: PullParts['ipfs'];
  readonly sworker?: PullParts['sworker'];
}

/** The pull room on a real database, between a daemon and an sWorker in the test's hands. */
export class PullWorld {
  readonly database: Database;
  readonly clock = new ManualClock();
  readonly conditions = new Conditions(this.clock);
  readonly logger = new RecordingLogger();
  readonly ipfs = new FakeIpfs();
  readonly sworker = new FakeSworker();
  readonly coordinator = new FakeCoordinator();
  readonly facts: Facts;
  readonly store: PullParts['store'];
  readonly absent = new Set<string>();
  /** Verdicts of the fresh decision by CID; take without. */
  readonly verdicts = new Map<string, Partial<FreshVerdict>>();
  workload: WorkloadFacts = spaciousWorkload;
  /** Stands between the gate's question and an ended pull's, where a test has to tell them apart. */
  readWorkload = (): WorkloadFacts => this.workload;
  chainAway = false;
  /** How often the room said that a sealed file may have no pin. */
  pinDoubts = 0;
  #position = 0;
  #stop: AbortController | undefined;
  #running: Promise<void> | undefined;
  #sleepers = 2;

  constructor(database: Database) {
    this.database = database;
    this.facts = new Facts(database);
    const marks = new CoordinatorMarks(database);
    this.store = {
      database,
      marks,
      facts: this.facts,
      pulls: new Pulls(database, marks),
      records: new PullRecords(database, marks),
      candidates: new Candidates(database),
    };
  }

  /** A fresh process on the database, started. Stopped when the test ends. */
  start(settings: Partial<PullSettings> = {}, options: StartOptions = {}): PullTask {
    const task = new PullTask({
      clock: this.clock,
      conditions: this.conditions,
      logger: this.logger,
      ipfs: options.ipfs ?? this.ipfs,
      sworker: options.sworker ?? this.sworker,
      coordinator: options.coordinator === true ? this.coordinator : undefined,
      store: this.store,
      settings: { ...defaultSettings, ...settings },
      random: seededRandom(options.seed ?? 1),
      readAgain: async (orders) => {
        if (this.chainAway) throw new SmError('CHAIN_UNREACHABLE', 'connection refused');
        return orders.map((order) => ({
          key: order.key,
          atBlock: head,
          figures: this.absent.has(order.key.text) ? undefined : order,
        }));
      },
      decideAgain: async (orders) => new Map(orders.map((order) => [order.id, this.#verdictOf(order)])),
      pinsInDoubt: () => {
        this.pinDoubts += 1;
      },
      refreshWorkload: async () => {
        if (this.sworker.isAway) throw new SmError('SWORKER_UNREACHABLE', 'connection refused');
        return this.readWorkload();
      },
    });
    this.#sleepers = options.coordinator === true ? 3 : 2;
    this.#stop = new AbortController();
    this.#running = task.run(this.#stop.signal);
    // A rejection is looked at by `ended`.
    this.#running.catch(() => undefined);
    return task;
  }

  #verdictOf(order: Order): FreshVerdict {
    return {
      verdict: 'take',
      inputs: null,
      lookBlock: null,
      turnBlock: order.turnBlock,
      draw: order.draw,
      orderClass: order.orderClass,
      basisId: 1,
      decidedBlock: head,
      ...this.verdicts.get(order.key.text),
    };
  }

  /** Tells the process to stop; resolves when it has. */
  async stop(): Promise<void> {
    this.#stop?.abort();
    await this.#running;
    this.#running = undefined;
  }

  /** Resolves or rejects as the task does. */
  async ended(): Promise<void> {
    await this.#running;
  }

  /** Waits until every loop sleeps and nothing is under way but what the test holds. */
  async idle(): Promise<void> {
    const read = async (): Promise<unknown> => await this.database.read(async (reader) => await reader.raw('SELECT 1'));
    for (let calm = 0; calm < 8; ) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      // Behind everything that waits for a connection.
      await this.database.write('bulk', async () => undefined);
      await Promise.all([read(), read()]);
      calm = this.clock.sleeping >= this.#sleepers ? calm + 1 : 0;
    }
  }

  async until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await isSo())) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** Lets time pass in steps no longer than a round, everything coming to rest in between. */
  async pass(durationMs: number, stepMs = 15_000): Promise<void> {
    for (let leftMs = durationMs; leftMs > 0; leftMs -= stepMs) {
      await this.idle();
      await this.clock.advance(Math.min(stepMs, leftMs));
    }
    await this.idle();
  }

  /** A queued order. Columns as in `file_record`; `reward` in pico-CRU. */
  async add(cid: string, columns: Columns & { readonly reward?: number } = {}): Promise<number> {
    const { reward = 1, ...rest } = columns;
    this.#position += 1;
    return await this.database.write('event', async (tx) => {
      const [id] = await tx('file_record').insert({
        key_position: this.#position,
        cid,
        seen: 1,
        size_bytes: 1000,
        reward_pico: toSortableText(String(reward)),
        calculated_block: head - 1000,
        expiry_block: 0,
        replicas: 0,
        group_hold: 0,
        success_block: head - 1000,
        read_block: head - 10,
        created_block: head - 1000,
        class: 'new',
        status: 'queued',
        verdict: 'take',
        ...rest,
      });
      if (id === undefined) throw new Error('no id');
      return id;
    });
  }

  /** A past record of a CID. */
  async addRecord(cid: string, columns: Columns): Promise<void> {
    await this.database.write('event', async (tx) => {
      const order: { id: number } | undefined = await tx('file_record').where({ cid }).first('id');
      await tx('pin_record').insert({
        cid,
        order_id: order?.id ?? null,
        size_bytes: 1000,
        status: 'interrupted',
        cause: 'pull',
        started_ms: 0,
        started_block: head - 100,
        updated_ms: 0,
        pinned_before: 0,
        ...columns,
      });
    });
  }

  async set(cid: string, columns: Columns): Promise<void> {
    await this.database.write('event', async (tx) => {
      await tx('file_record').where({ cid }).update(columns);
    });
  }

  async order(cid: string): Promise<Order> {
    return await this.database.read(async (reader) => {
      const [row] = await selectOrders(reader).where('file_record.cid', cid);
      if (row === undefined) throw new Error(`no order ${cid}`);
      return toOrder(row);
    });
  }

  async reaches(cid: string, status: OrderStatus): Promise<Order> {
    await this.until(async () => (await this.order(cid)).status === status);
    await this.idle();
    return await this.order(cid);
  }

  /** Records of a CID, oldest first. */
  async records(cid: string): Promise<readonly PinRow[]> {
    return await this.database.read(async (reader) => await reader<PinRow>('pin_record').where({ cid }).orderBy('id'));
  }

  async marks(): Promise<Readonly<Record<string, string>>> {
    const rows: { cid: string; status: string }[] = await this.database.read(
      async (reader) => await reader('coordinator_mark').select('cid', 'status'),
    );
    return Object.fromEntries(rows.map((row) => [row.cid, row.status]));
  }

  async setHead(atBlock: number): Promise<void> {
    const atMs = this.clock.nowMs();
    await this.database.write('event', async (tx) => {
      await this.facts.set(tx, 'chain-time', { atBlock, atMs, blockTimestampMs: atMs, specVersion: 25 });
    });
  }

  /** Group and node count, read now and for years to come. */
  async setFacts(): Promise<void> {
    const dated = { atBlock: head, atMs: this.clock.nowMs() + 10 * 365 * 86_400_000 };
    await this.setHead(head);
    await this.database.write('event', async (tx) => {
      await tx('decision_basis').insert({ id: 1, content: '{}', created_ms: 0 });
      await this.facts.set(tx, 'group', { ...dated, owner: 'cTOwner', members: ['cTMe'], ownIndex: 0, trouble: null });
      await this.facts.set(tx, 'active-nodes', { ...dated, count: 100 });
    });
  }
}

/** A world with everything in order and nothing queued, closed when the test has ended. */
export async function pullWorld(): Promise<PullWorld> {
  const database = await Database.open(await tempDir());
  const world = new PullWorld(database);
  onTestFinished(async () => {
    await world.stop().catch(() => undefined);
    await database.close();
  });
  await world.setFacts();
  return world;
}
