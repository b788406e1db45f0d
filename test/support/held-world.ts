import { onTestFinished } from 'vitest';
import { SworkerModel } from '../../devnet/sworker/model.ts';
import { parseRawQuery } from '../../devnet/sworker/wire.ts';
import { CleanupTask } from '../../src/cleanup/cleanup-task.ts';
import { FileRemover } from '../../src/cleanup/file-remover.ts';
import { FinalizedReads } from '../../src/clients/chain/orders/finalized-reads.ts';
import { chainOrderKey } from '../../src/clients/chain/keys/order-key.ts';
import type { HttpAnswer, HttpRequest, HttpTransport } from '../../src/clients/http/transport.ts';
import { SworkerClient } from '../../src/clients/sworker/sworker-client.ts';
import { EndPoint } from '../../src/config/end-point.ts';
import type { CleanupMode } from '../../src/domain/deletions.ts';
import type { Order } from '../../src/domain/order.ts';
import type { CleanupStatus, OrderStatus, PinStatus } from '../../src/domain/statuses.ts';
import type { RuleVerdict } from '../../src/domain/verdicts.ts';
import { DAY_BLOCKS, HOUR_BLOCKS, MINUTE_BLOCKS, MINUTE_MS } from '../../src/domain/units.ts';
import { Conditions } from '../../src/runtime/conditions.ts';
import type { Task } from '../../src/runtime/task.ts';
import type { SealParts, SealSettings } from '../../src/seal/ports.ts';
import { SealUpdaterTask } from '../../src/seal/seal-updater-task.ts';
import { Cleanups } from '../../src/store/cleanups.ts';
import { Database } from '../../src/store/database.ts';
import { Facts } from '../../src/store/facts.ts';
import { Gaps } from '../../src/store/gaps.ts';
import { HeldFiles } from '../../src/store/held-files.ts';
import { HeldListing } from '../../src/store/held-listing.ts';
import { LostFiles } from '../../src/store/lost-files.ts';
import { applyBlocks } from '../../src/store/order-events.ts';
import { OrderIngest } from '../../src/store/order-ingest.ts';
import { PendingSeals } from '../../src/store/pending-seals.ts';
import { PinRows } from '../../src/store/pin-rows.ts';
import { account, ChainWorld, groupOwner, plainFigures } from './chain-room-world.ts';
import { ManualClock } from './manual-clock.ts';
import { RecordingLogger } from './quiet-logger.ts';
import { RunningTask } from './running-task.ts';
import { tempDir } from './temp-dir.ts';

export type Columns = Readonly<Record<string, string | number | null>>;
const startBlock = 1000;
const sealIntervalMs = 2 * MINUTE_MS;
/** As many as may pass between two looks of the seal updater. */
const lookBlocks = 30 * MINUTE_BLOCKS;

/** A chain whose end points can be named, one of which answers. */
class EndPointChain extends ChainWorld {
  known: readonly string[] = ['one'];
  override readonly endPoints = {
    doubt: (): void => undefined,
    states: () => this.known.map((name) => ({ name, state: 'usable' })),
  };
}

/** Pins of a daemon, and its repository. */
class FakeDaemon {
  readonly pins = new Set<string>();
  before: (call: string) => unknown = () => undefined;

  async pinRemove(cid: string): Promise<'removed' | 'not-pinned'> {
    this.before('pinRemove');
    return this.pins.delete(cid) ? 'removed' : 'not-pinned';
  }
}

class FakeCoordinator {
  readonly told: string[] = [];
  before: (call: string) => unknown = () => undefined;

  async ping(): Promise<void> {
    this.before('ping');
  }

  async withdrawSeal(cid: string): Promise<void> {
    this.before('withdrawSeal');
    this.told.push(cid);
  }
}

/** An answer that sWorker gives instead of its own. */
export class Instead {
  readonly status: number;
  readonly text: string;

  constructor(status: number, text: string) {
    this.status = status;
    this.text = text;
  }
}

/** sWorker's model behind the client's own transport interface. */
class ModelTransport implements HttpTransport {
  readonly #model: SworkerModel;
  /** Called before each request; throws, or gives another answer, or the text of one with HTTP 200, or undefined. */
  before: (route: string, body: string) => unknown = () => undefined;
  /** Called when the model has answered, before the client learns it. */
  after: (route: string) => unknown = () => undefined;

  constructor(model: SworkerModel) {
    this.#model = model;
  }

  async send(request: HttpRequest): Promise<HttpAnswer> {
    const [path = '', query = ''] = request.path.split('?');
    const instead = this.before(request.path.replace('/api/v0', ''), request.body ?? '');
    if (typeof instead === 'string') return answer(200, instead);
    if (instead instanceof Instead) return answer(instead.status, instead.text);
    const body = Buffer.from(request.body ?? '');
    const response = await this.#model.handle({ method: request.method, path, query: parseRawQuery(query), body });
    this.after(request.path.replace('/api/v0', ''));
    return answer(response.status, response.body);
  }

  async close(): Promise<void> {}
}

function answer(status: number, text: string): HttpAnswer {
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text);
  }
  return { status, headers: {}, body: body(), trailers: () => ({}) };
}

/** Seal and cleanup rooms on a real database, between a chain in memory and sWorker's model. */
export class HeldWorld {
  readonly database: Database;
  readonly clock = new ManualClock();
  readonly conditions = new Conditions(this.clock);
  readonly logger = new RecordingLogger();
  readonly chain = new EndPointChain(startBlock);
  readonly daemon = new FakeDaemon();
  readonly coordinator = new FakeCoordinator();
  readonly facts: Facts;
  readonly cleanups: Cleanups;
  readonly sworker: SworkerModel;
  readonly transport: ModelTransport;
  /** Deletions that reached sWorker. */
  readonly deletions: string[] = [];
  /** The events of each block that the bot knows of are in the tables. */
  indexesEvents = true;
  decideAsNotHeld: (order: Order) => RuleVerdict | undefined = () => 'take';
  readonly #client: SworkerClient;

  constructor(database: Database) {
    this.database = database;
    this.facts = new Facts(database);
    this.cleanups = new Cleanups(database);
    this.sworker = new SworkerModel({
      clock: this.clock,
      blockNumber: () => this.chain.head,
      report: () => undefined,
      unpin: async (cid) => {
        this.deletions.push(cid);
        this.daemon.pins.delete(cid);
      },
    });
    this.transport = new ModelTransport(this.sworker);
    const endPoint = EndPoint.parse('http://sworker', ['http:']);
    if (endPoint === undefined) throw new Error('no end point');
    // Time limits of calls are not what these tests are about: they lie on a clock that nobody moves.
    this.#client = new SworkerClient({ endPoint, transport: this.transport, clock: new ManualClock() });
  }

  sealUpdater(settings: Partial<SealSettings> = {}): SealUpdaterTask {
    return new SealUpdaterTask({
      ...this.#loop(),
      sworker: this.#client,
      reads: this.#reads(),
      ingest: this.#ingest(),
      remover: this.remover(),
      decideAsNotHeld: async (order) => this.decideAsNotHeld(order),
      store: this.sealStore(),
      settings: {
        lostGraceBlocks: 48 * HOUR_BLOCKS,
        endOrphanSeals: false,
        mode: 'delete',
        maxPercentPerDay: 5,
        ...settings,
      },
    });
  }

  sealStore(): SealParts['store'] {
    const { database, facts } = this;
    return {
      database,
      facts,
      listing: new HeldListing(database),
      held: new HeldFiles(database),
      lost: new LostFiles(database),
      pending: new PendingSeals(database),
      pins: new PinRows(database),
    };
  }

  cleanup(
    options: { graceBlocks?: number; coordinator?: boolean; mode?: CleanupMode; maxPercentPerDay?: number } = {},
  ): CleanupTask {
    const { graceBlocks = DAY_BLOCKS, mode = 'delete', maxPercentPerDay = 5 } = options;
    return new CleanupTask({
      ...this.#loop(),
      cleanups: this.cleanups,
      facts: this.facts,
      gaps: new Gaps(this.database),
      reads: this.#reads(),
      ingest: this.#ingest(),
      remover: this.remover(),
      coordinator: options.coordinator === true ? this.coordinator : undefined,
      settings: { graceBlocks, mode, maxPercentPerDay },
    });
  }

  remover(): FileRemover {
    return new FileRemover({ sworker: this.#client, ipfs: this.daemon, pins: new PinRows(this.database) });
  }

  /** Starts the task; its first round is through when this resolves. Stopped when the test ends. */
  async start(task: Task): Promise<RunningTask> {
    const running = new RunningTask(task, this.clock);
    onTestFinished(async () => await running.stop());
    await running.resting();
    return running;
  }

  /** Runs a fresh task for one round, as a process that is stopped right after. */
  async once(task: Task): Promise<void> {
    const running = new RunningTask(task, this.clock);
    await running.resting();
    await running.stop();
  }

  /** Lets the chain grow, and the bot know its head. */
  async mine(blocks: number): Promise<void> {
    this.chain.mine(blocks);
    await this.noteHead();
  }

  /** Lets the chain grow while the seal updater looks, with no pause that is one. */
  async mineLooking(blocks: number, running: RunningTask): Promise<void> {
    for (let left = blocks; left > 0; left -= lookBlocks) {
      await this.mine(Math.min(left, lookBlocks));
      await running.after(sealIntervalMs);
    }
  }

  /** @param atBlock the newest block that the bot knows */
  async noteHead(atBlock = this.chain.head): Promise<void> {
    const time = { atBlock, atMs: this.clock.nowMs(), blockTimestampMs: atBlock * 6000, specVersion: 25 };
    await this.database.write('event', async (tx) => {
      await this.facts.set(tx, 'chain-time', time);
      if (this.indexesEvents) await this.facts.set(tx, 'event-cursor', { block: atBlock });
      await this.facts.set(tx, 'group', {
        owner: groupOwner,
        members: [account.address],
        ownIndex: 0,
        trouble: null,
        atBlock,
        atMs: this.clock.nowMs(),
      });
    });
  }

  /** A block with an order, followed by the event indexer. */
  async order(cid: string): Promise<void> {
    this.chain.block((block) => block.order(cid));
    await this.#follow(cid, { ordered: true, closed: false });
  }

  /** A block that closes an order, followed by the event indexer. */
  async close(cid: string): Promise<void> {
    this.chain.block((block) => block.close(cid));
    await this.#follow(cid, { ordered: false, closed: true });
  }

  async #follow(cid: string, event: { ordered: boolean; closed: boolean }): Promise<void> {
    await this.index(cid, event);
    await this.noteHead();
  }

  /** What the event indexer makes of an order's events in the newest block; its cursor stays. */
  async index(cid: string, event = { ordered: true, closed: false }): Promise<void> {
    const read = this.chain.read(cid, this.chain.head);
    const figures = read.figures === undefined ? undefined : { ...read.figures, groupOwner };
    const orders = [{ read: { ...read, figures }, ...event }];
    const options = { nowMs: this.clock.nowMs(), scanIntervalBlocks: DAY_BLOCKS };
    const changes = { atBlock: this.chain.head, endPoint: 'one', orders, payments: [], replicasUpdated: [] };
    await this.database.write('event', async (tx) => await applyBlocks(tx, [changes], options));
  }

  /** An order that stands on chain and in the tables in the given status. */
  async knownOrder(cid: string, status: OrderStatus, columns: Columns = {}): Promise<void> {
    if (status !== 'closed') this.chain.block((block) => block.set(cid, {}));
    await this.row('file_record', {
      key_position: chainOrderKey(cid).position,
      cid,
      seen: 3,
      size_bytes: plainFigures.sizeBytes,
      reward_pico: '0',
      calculated_block: 1,
      expiry_block: 0,
      replicas: 0,
      group_hold: 0,
      read_block: this.chain.head,
      created_block: 1,
      class: 'new',
      status,
      ...columns,
    });
    await this.noteHead();
  }

  async pin(cid: string, status: PinStatus, columns: Columns = {}): Promise<void> {
    await this.row('pin_record', {
      cid,
      size_bytes: 1024,
      status,
      cause: 'pull',
      started_ms: 0,
      started_block: 1,
      updated_ms: 0,
      sealed_block: 1,
      pinned_before: 0,
      ...(status === 'lost' ? { lost_block: this.chain.head } : {}),
      ...columns,
    });
  }

  /** A live order whose file is held, in all places. */
  async heldOrder(cid: string): Promise<void> {
    this.sworker.preload([{ cid, sizeBytes: 1024 }]);
    this.daemon.pins.add(cid);
    await this.knownOrder(cid, 'handled');
    await this.pin(cid, 'sealed');
  }

  async row(table: 'file_record' | 'pin_record' | 'cleanup_record' | 'walk', columns: Columns): Promise<void> {
    await this.database.write('claim', async (tx) => {
      await tx(table).insert(columns);
    });
  }

  async update(table: 'file_record' | 'pin_record' | 'cleanup_record', cid: string, columns: Columns): Promise<void> {
    await this.database.write('claim', async (tx) => {
      await tx(table).where({ cid }).update(columns);
    });
  }

  async orderRow(
    cid: string,
  ): Promise<{ id: number; status: OrderStatus; gone_count: number; verdict: string | null; read_block: number }> {
    return await this.#newest('file_record', cid);
  }

  async pinRow(
    cid: string,
  ): Promise<{ status: PinStatus; cause: string; missed_rounds: number; sealed_bytes: number }> {
    return await this.#newest('pin_record', cid);
  }

  async cleanupRow(cid: string): Promise<{
    id: number;
    status: CleanupStatus;
    cause: string;
    seen_block: number;
    due_block: number;
    attempts: number;
    look_block: number;
    detail: string | null;
    deleted_block: number | null;
  }> {
    return await this.#newest('cleanup_record', cid);
  }

  async count(table: 'file_record' | 'pin_record' | 'cleanup_record', where: Columns): Promise<number> {
    const rows = await this.database.read(async (reader): Promise<unknown[]> => await reader(table).where(where));
    return rows.length;
  }

  /** Texts of the lines logged at these levels. */
  said(...levels: string[]): readonly string[] {
    return this.logger.lines.filter((line) => levels.includes(line.level)).map((line) => line.message);
  }

  async #newest<T>(table: string, cid: string): Promise<T> {
    const row: T | undefined = await this.database.read(
      async (reader) => await reader(table).where({ cid }).orderBy('id', 'desc').first(),
    );
    if (row === undefined) throw new Error(`no row of ${cid} in ${table}`);
    return row;
  }

  #loop(): Pick<SealParts, 'clock' | 'conditions' | 'logger'> {
    return { clock: this.clock, conditions: this.conditions, logger: this.logger };
  }

  #reads(): FinalizedReads {
    return new FinalizedReads({ chain: this.chain, facts: this.facts, account });
  }

  #ingest(): OrderIngest {
    return new OrderIngest({ database: this.database, clock: this.clock });
  }
}

/** A world with a fresh database, closed when the test ends. */
export async function heldWorld(): Promise<HeldWorld> {
  const database = await Database.open(await tempDir());
  onTestFinished(async () => await database.close());
  const world = new HeldWorld(database);
  await world.noteHead();
  return world;
}

export const cidOf = (name: string | number): string => `Qm${String(name)}`;
