import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { namedAccount, toAddress } from '../../../devnet/chain/accounts.ts';
import type { AccountId } from '../../../devnet/chain/accounts.ts';
import { ChainModel } from '../../../devnet/chain/model.ts';
import { ChainRpc } from '../../../devnet/chain/rpc.ts';
import { calculateReward, placeStorageOrder } from '../../../devnet/chain/runtime/call.ts';
import { SeededRandom } from '../../../devnet/chain/seeded-random.ts';
import { IpfsModel } from '../../../devnet/ipfs/model/ipfs-model.ts';
import type { ModelFile } from '../../../devnet/ipfs/model/model-file.ts';
import { SworkerModel } from '../../../devnet/sworker/model.ts';
import { type Network, putNetwork } from '../../../devnet/world/network.ts';
import { reportEverySlot, reportToChain } from '../../../devnet/world/work-reports.ts';
import type { Outside } from '../../../src/app-parts.ts';
import type { Config } from '../../../src/config/config.ts';
import type { InvariantView } from '../invariant-view.ts';
import { brokenInvariants, type Settled } from '../invariants.ts';
import { RecordingLogger } from '../quiet-logger.ts';
import { CallDesk } from './call-desk.ts';
import { type SimChainNode, SimChainTransport } from './chain-binding.ts';
import { CoordinatorModel } from './coordinator-model.ts';
import { installDriverGate, openConnections, openReader, readRows } from './driver-gate.ts';
import { SimHttpTransport } from './http-binding.ts';
import { SimIpfs } from './ipfs-binding.ts';
import { KeptLibrary } from './kept-library.ts';
import type { Life } from './life.ts';
import { untilAtRest } from './rest.ts';
import { type Ending, SimBot } from './sim-bot.ts';
import { SimCids } from './sim-cids.ts';
import { SimClock } from './sim-clock.ts';
import { coordinatorToken, simConfig } from './sim-config.ts';
import { blockMs, firstBlock, quickRules, type SimOptions } from './sim-options.ts';
import { sworkerService } from './sworker-binding.ts';
import { TelemetryReceiver } from './telemetry-receiver.ts';
import { Watch } from './watch.ts';

const startMs = Date.UTC(2026, 0, 1);
/** As sWorker gives the daemon for its `pin/rm`. */
const unpinTimeoutMs = 60_000;
/** Docker kills two seconds later. */
const stopWithinMs = 8_000;
const members = 3;

/**
 * The whole bot and everything around it in this process, on one clock. The world moves only while the bot is at rest and answers one question at
 * a time, so one seed gives one history.
 */
export class SimWorld {
  readonly dir: string;
  readonly clock: SimClock;
  readonly chain: ChainModel;
  readonly chainNodes: readonly SimChainNode[];
  readonly network: Network;
  readonly sworker: SworkerModel;
  readonly ipfs: IpfsModel;
  readonly coordinator = new CoordinatorModel(coordinatorToken);
  readonly telemetry = new TelemetryReceiver();
  readonly desk: CallDesk;
  readonly watch: Watch;
  readonly cids: SimCids;
  readonly random: SeededRandom;
  readonly logger = new RecordingLogger();
  readonly config: Config;
  isSworkerReachable = true;
  /** Blocks are made while true. */
  makesBlocks = true;
  /** Starts the bot again a second after it has ended by itself or was killed, as a supervisor does. */
  isSupervised = false;
  readonly endings: Ending[] = [];
  /** Called with every process that is about to start. */
  onBotStart: ((bot: SimBot) => void) | undefined;
  bot: SimBot | undefined;
  /** Of orders: whether this node is to take them. */
  readonly isWanted = new Map<string, boolean>();
  readonly #options: SimOptions;
  readonly #blockMs: number;
  #ended: SimBot | undefined;
  readonly #bots: SimBot[] = [];
  /** Of what was let go so far: later the records that allowed it may say something else, as of a lost file that could not be deleted and came back. */
  #judged = 0;

  private constructor(dir: string, config: Config, options: SimOptions) {
    const { seed = 1, blockMs: everyMs = blockMs } = options;
    this.#blockMs = everyMs;
    this.dir = dir;
    this.config = config;
    this.#options = options;
    this.clock = new SimClock(startMs);
    this.desk = new CallDesk(this.clock);
    this.random = new SeededRandom(seed);
    this.chain = new ChainModel({
      name: `simulation ${seed}`,
      firstBlock,
      genesisMs: startMs - firstBlock * everyMs,
      blockTimeMs: everyMs,
      keepBlocks: options.keepBlocks ?? 256,
      specVersion: options.specVersion ?? 25,
      rules: options.rules ?? quickRules,
      finalityLag: options.finalityLag ?? 0,
    });
    this.network = putNetwork(this.chain, { seed, members, activeNodes: options.activeNodes ?? 40, goneNodes: 3 });
    this.chain.advance(1);
    const names = Array.from({ length: options.chainNodes ?? 1 }, (_, i) => `ws://node-${i}`);
    this.chainNodes = names.map((name) => ({ name, rpc: new ChainRpc(this.chain), isReachable: true }));
    this.sworker = new SworkerModel({
      clock: this.clock,
      blockNumber: () => this.chain.head.number,
      report: reportToChain(this.chain, this.network.account, () => this.sworker.files),
      unpin: async (cid) => {
        // sWorker asks for it when it has forgotten the file.
        this.watch.wasDeleted(cid);
        await this.#unpin(cid);
      },
      account: toAddress(this.network.account),
    });
    reportEverySlot(this.chain, this.sworker);
    this.ipfs = new IpfsModel({
      clock: this.clock,
      sworker: this.sworker,
      sworkerReachable: () => this.isSworkerReachable,
      storageMaxBytes: options.storageMaxBytes,
      seed: String(seed),
    });
    const { endOrphanSeals: endsOrphanSeals } = config.cleanup;
    this.watch = new Watch(this.chain, this.sworker, { endsOrphanSeals, nowMs: () => this.clock.nowMs() });
    this.desk.onSent = (call) => this.watch.sent(call);
    this.desk.onLate = (call) => this.watch.carriedOutLate(call);
    this.cids = this.cidsOf(seed);
    this.#nextBlock();
  }

  static async create(options: SimOptions = {}): Promise<SimWorld> {
    installDriverGate();
    const dir = await mkdtemp(path.join(os.tmpdir(), 'smanager-sim-'));
    const { hasCoordinator = false, hasTelemetry = false, config = {} } = options;
    const account = namedAccount(`storage node ${options.seed ?? 1}`);
    try {
      return new SimWorld(dir, await simConfig(dir, account, { hasCoordinator, hasTelemetry, config }), options);
    } catch (error) {
      await rm(dir, { recursive: true, force: true });
      throw error;
    }
  }

  get head(): number {
    return this.chain.head.number;
  }

  get databaseFile(): string {
    return path.join(this.config.dataDir, 'smanager-db.sqlite');
  }

  cidsOf(seed: number): SimCids {
    return new SimCids({ seed, members, ownIndex: this.network.members.indexOf(this.network.account) });
  }

  /** Puts an order into the next block, and its file on the network. */
  order(order: {
    readonly cid: string;
    readonly sizeBytes?: number;
    readonly tipsPico?: bigint;
    readonly payer?: AccountId;
    readonly memo?: string;
    readonly file?: Partial<ModelFile>;
  }): string {
    const { cid, sizeBytes = 1024 ** 2, payer = namedAccount('customer'), file, ...rest } = order;
    this.ipfs.putFile({ cid, sizeBytes, ...file });
    this.chain.submit(payer, placeStorageOrder({ cid, sizeBytes, ...rest }));
    return cid;
  }

  /** Somebody calls `calculate_reward` in the next block: closes an expired order. */
  calculate(cid: string): void {
    this.chain.submit(namedAccount('liquidator'), calculateReward(cid));
  }

  startBot(): SimBot {
    const bot = new SimBot();
    this.bot = bot;
    this.#bots.push(bot);
    this.onBotStart?.(bot);
    bot.start({
      config: this.config,
      clock: this.clock,
      logger: this.logger,
      outside: (life) => this.#outside(life),
      random: () => this.random.fraction(),
      pulling: () => this.watch.pulling,
    });
    return bot;
  }

  /** As SIGTERM; the world goes on meanwhile. Returns the exit code; throws when it takes too long. */
  async stopBot(): Promise<number> {
    const { bot } = this;
    if (bot === undefined || !bot.isUp) throw new Error('no bot runs');
    const fromMs = this.clock.monotonicMs();
    this.isSupervised = false;
    bot.askToStop();
    await this.#settle();
    while (bot.ending === undefined) {
      if (!this.clock.wakeNext(fromMs + stopWithinMs)) break;
      await this.#settle();
    }
    const ending: Ending | undefined = bot.ending;
    if (ending === undefined) throw new Error('the bot did not stop within 8 s');
    if (openConnections(bot.life) > 0) throw new Error('the bot ended and left its database open');
    return ending === 'killed' ? 137 : ending.exitCode;
  }

  /** As SIGKILL, at this moment. */
  async killBot(): Promise<void> {
    await this.bot?.bury();
    await this.#settle();
  }

  /** Lets so many blocks pass. */
  async run(blocks: number): Promise<void> {
    await this.runMs(blocks * this.#blockMs);
  }

  async runMs(durationMs: number): Promise<void> {
    const endMs = this.clock.monotonicMs() + durationMs;
    await this.#settle();
    while (this.clock.wakeNext(endMs)) await this.#settle();
  }

  /** Lets time pass while the machine of the bot stands still: its timers come late, each once. */
  async leapMs(durationMs: number): Promise<void> {
    const endMs = this.clock.monotonicMs() + durationMs;
    await this.#settle();
    while (this.clock.wakeWorld(endMs)) await this.#settle();
  }

  /** Lets blocks pass until the condition holds after one of them; throws after `maxBlocks`. */
  async runUntil(what: string, condition: () => boolean | Promise<boolean>, maxBlocks = 400): Promise<void> {
    for (let i = 0; i < maxBlocks; i += 1) {
      await this.run(1);
      if (await condition()) return;
    }
    throw new Error(`not within ${maxBlocks} blocks: ${what}`);
  }

  async rows<T>(sql: string, ...bindings: readonly unknown[]): Promise<T[]> {
    return await readRows<T>(this.databaseFile, sql, bindings);
  }

  /** What does not hold that must; see `brokenInvariants`. */
  async broken(options: Settled = {}): Promise<readonly string[]> {
    const reader = await openReader(this.databaseFile);
    try {
      const view = this.viewOf(async (sql, bindings) => await reader.rows(sql, bindings));
      const broken = await brokenInvariants(view, options);
      this.#judged = this.watch.lettingGo.length;
      return broken;
    } finally {
      await reader.close();
    }
  }

  /** What the invariants are asked of; `read` reads the database. */
  viewOf(read: <T>(sql: string, bindings: readonly unknown[]) => Promise<T[]>): InvariantView {
    const { chain, watch, bot, config, sworker, clock, logger } = this;
    return {
      chain,
      rows: async <T>(sql: string, ...bindings: readonly unknown[]) => await read<T>(sql, bindings),
      isBotUp: bot?.isUp === true,
      pulling: watch.pulling,
      pullsBegun: watch.pullsBegun,
      closes: watch.closes,
      seen: watch.violations,
      lettingGo: watch.lettingGo.slice(this.#judged),
      deleted: watch.deleted,
      maxPercentPerDay: config.cleanup.maxPercentPerDay,
      held: [...sworker.files.list('valid'), ...sworker.files.list('lost')].map(({ cid }) => cid),
      lost: sworker.files.list('lost').map(({ cid }) => cid),
      pinned: this.ipfs.pinnedCids,
      wanted: this.#wanted(true),
      unwanted: this.#wanted(false),
      exits: this.endings.filter((ending) => ending !== 'killed'),
      maxOutageMs: config.runtime.maxOutageMs,
      lostGraceBlocks: config.seal.lostGraceBlocks,
      maxPendingTasks: config.scheduler.maxPendingTasks,
      maxAttempts: config.pull.maxAttempts,
      timers: clock.sleeping,
      printed: logger.text,
      secrets: [coordinatorToken],
    };
  }

  #wanted(isWanted: boolean): readonly string[] {
    return [...this.isWanted].flatMap(([cid, wanted]) => (wanted === isWanted ? cid : []));
  }

  /** Where the orders are, by CID. */
  async statuses(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.rows<{ cid: string; status: string; verdict: string | null }>(
      'SELECT cid, status, verdict FROM file_record ORDER BY cid',
    );
    return new Map(rows.map(({ cid, status, verdict }) => [cid, status === 'waiting' ? `waiting ${verdict}` : status]));
  }

  async statusOf(cid: string): Promise<string | undefined> {
    return (await this.statuses()).get(cid);
  }

  /** Ends everything and removes the folder. */
  async close(): Promise<void> {
    this.isSupervised = false;
    if (this.bot?.isUp === true) await this.killBot();
    for (const bot of this.#bots) bot.forget();
    await untilAtRest();
    await rm(this.dir, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Answers questions until the bot waits for time alone. */
  async #settle(): Promise<void> {
    for (;;) {
      await untilAtRest();
      await this.#noteEnd();
      if (!this.desk.answerNext()) return;
    }
  }

  async #noteEnd(): Promise<void> {
    const { bot } = this;
    if (bot === undefined) return;
    if (bot.life.isDead && bot.ending === undefined) await bot.bury();
    if (bot.ending === undefined || this.#ended === bot) return;
    this.#ended = bot;
    this.endings.push(bot.ending);
    this.clock.after(1_000, () => {
      if (this.isSupervised && this.bot === bot) this.startBot();
    });
  }

  #outside(life: Life): Outside {
    const { hasCoordinator, hasTelemetry } = this.#options;
    const sworker = sworkerService(this.sworker, () => this.isSworkerReachable);
    return {
      chainEndPoints: this.chainNodes.map((node) => {
        return { name: node.name, transport: new SimChainTransport(node, this.desk, life) };
      }),
      decodingLibrary: new KeptLibrary(),
      sworker: new SimHttpTransport(sworker, this.desk, life),
      ipfs: new SimIpfs(this.ipfs, this.desk, life, this.watch),
      coordinator: hasCoordinator ? new SimHttpTransport(this.coordinator.service(), this.desk, life) : undefined,
      telemetry: hasTelemetry ? new SimHttpTransport(this.telemetry.service(), this.desk, life) : undefined,
    };
  }

  #nextBlock(): void {
    this.clock.after(this.#blockMs, () => {
      if (this.makesBlocks) this.chain.produceBlock();
      this.#nextBlock();
    });
  }

  async #unpin(cid: string): Promise<void> {
    const timeout = new AbortController();
    const cancel = this.clock.after(unpinTimeoutMs, () => timeout.abort(new Error('timeout')));
    try {
      await this.ipfs.pinRm(cid, timeout.signal);
    } finally {
      cancel();
    }
  }
}
