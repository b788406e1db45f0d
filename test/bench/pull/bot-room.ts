import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OrderReadings } from '../../../src/chain/order-readings.ts';
import { WorkloadReader } from '../../../src/chain/workload-reader.ts';
import { ChainClient } from '../../../src/clients/chain/chain-client.ts';
import { wsEndPoint } from '../../../src/clients/chain/connection/ws-transport.ts';
import { ChildLibrary } from '../../../src/clients/chain/events/library/child-library.ts';
import { FinalizedReads } from '../../../src/clients/chain/orders/finalized-reads.ts';
import { UndiciTransport } from '../../../src/clients/http/undici-transport.ts';
import { IpfsClient } from '../../../src/clients/ipfs/ipfs-client.ts';
import { SworkerClient } from '../../../src/clients/sworker/sworker-client.ts';
import { EndPoint } from '../../../src/config/end-point.ts';
import { BasisKeeper } from '../../../src/decide/basis/basis-keeper.ts';
import { DecideTask } from '../../../src/decide/decide-task.ts';
import { Judge } from '../../../src/decide/judge.ts';
import { RevisionWalk } from '../../../src/decide/revision-walk.ts';
import { accountOf } from '../../../src/domain/account.ts';
import { GATHER_MS, PullTask } from '../../../src/pull/pull-task.ts';
import { SystemClock } from '../../../src/runtime/clock.ts';
import { Conditions } from '../../../src/runtime/conditions.ts';
import { ReleaseStack } from '../../../src/runtime/release-stack.ts';
import { RightOfWay } from '../../../src/runtime/right-of-way.ts';
import { createLogger } from '../../../src/runtime/winston-logger.ts';
import { Candidates } from '../../../src/store/candidates.ts';
import { CoordinatorMarks } from '../../../src/store/coordinator-marks.ts';
import { Database } from '../../../src/store/database.ts';
import { DecisionBases } from '../../../src/store/decision-bases.ts';
import { Facts } from '../../../src/store/facts.ts';
import { OrderIngest } from '../../../src/store/order-ingest.ts';
import { PullRecords } from '../../../src/store/pull-records.ts';
import { Pulls } from '../../../src/store/pulls.ts';
import { Confirmations } from './confirmations.ts';
import { nullStream } from './null-stream.ts';
import type { BotPulled } from './ordered-file.ts';
import { assertHandled, queueOrders } from './queued-orders.ts';

export interface BotRun {
  readonly chainUrl: string;
  readonly sworkerUrl: string;
  readonly ipfsUrl: string;
  readonly files: number;
  readonly maxPendingTasks: number;
}

const never = new AbortController().signal;
const account = accountOf('07'.repeat(32));
const unlimited = { minFileSizeBytes: 0, maxFileSizeBytes: 0, minReplicas: 0, maxReplicas: 0 };
const weights = { dbFilesWeight: 0, newFilesWeight: 100 };
const noList = {
  changed: async () => false,
  load: async () => ({
    cids: new Set<string>(),
    owners: new Set<string>(),
    memoPrefixes: [],
    fingerprint: '',
    isEmpty: true,
  }),
};

interface Opened {
  readonly task: PullTask;
  readonly confirmations: Confirmations;
  readonly database: Database;
  readonly queue: () => Promise<void>;
}

/** The rooms of the bot that a pull goes through, on a database of their own: chain reads, rules, pull. */
export class BotRoom {
  readonly #releases: ReleaseStack;
  readonly #opened: Opened;
  readonly #files: number;

  private constructor(releases: ReleaseStack, opened: Opened, files: number) {
    this.#releases = releases;
    this.#opened = opened;
    this.#files = files;
  }

  static async open(run: BotRun): Promise<BotRoom> {
    const releases = new ReleaseStack();
    try {
      return new BotRoom(releases, await open(run, releases), run.files);
    } catch (error) {
      await releases.releaseAll();
      throw error;
    }
  }

  /** From the first page of the chain's keys to handled; nothing is left open afterwards. */
  async pullAll(): Promise<BotPulled> {
    try {
      const { task, confirmations, database, queue } = this.#opened;
      const stop = new AbortController();
      const startedMs = performance.now();
      const startedCpu = process.cpuUsage();
      await queue();
      const queuedInMs = performance.now() - startedMs;
      const running = task.run(stop.signal);
      await Promise.race([confirmations.reach(this.#files), running]);
      const { user, system } = process.cpuUsage(startedCpu);
      const elapsedMs = performance.now() - startedMs;
      stop.abort();
      await running;
      await assertHandled(database, this.#files);
      return {
        elapsedMs,
        cpuMs: (user + system) / 1000,
        allCpuMs: null,
        confirmedMs: confirmations.durationsMs,
        queuedInMs,
        rssMaxMiB: process.resourceUsage().maxRSS / 1024,
      };
    } finally {
      await this.#releases.releaseAll();
    }
  }
}

function endPoint(url: string): EndPoint {
  const parsed = EndPoint.parse(new URL(url).origin, ['http:']);
  if (parsed === undefined) throw new Error(`no end point: ${url}`);
  return parsed;
}

async function open(run: BotRun, releases: ReleaseStack): Promise<Opened> {
  const clock = new SystemClock();
  const conditions = new Conditions(clock);
  // Lines are made as the bot makes them; where they go is not the bot's.
  const settings = { format: 'json', colours: false, level: 'info', moduleLevels: new Map(), secrets: [] } as const;
  const logger = createLogger(settings, nullStream());
  const dataDir = await mkdtemp(path.join(tmpdir(), 'smanager-bench-pull-'));
  releases.add(async () => await rm(dataDir, { recursive: true, force: true }));
  const rightOfWay = new RightOfWay(clock);
  const database = await Database.open(dataDir, { rightOfWay });
  releases.add(async () => await database.close());
  const facts = new Facts(database);
  const chain = new ChainClient({
    endPoints: [wsEndPoint(run.chainUrl, { rightOfWay })],
    genesisHash: null,
    clock,
    logger,
    library: new ChildLibrary(clock, logger),
  });
  releases.add(async () => await chain.close());
  const [sworkerEnd, ipfsEnd] = [endPoint(run.sworkerUrl), endPoint(run.ipfsUrl)];
  const sworker = new SworkerClient({ endPoint: sworkerEnd, transport: new UndiciTransport(sworkerEnd), clock });
  releases.add(async () => await sworker.close());
  const ipfs = new IpfsClient({ endPoint: ipfsEnd, transport: new UndiciTransport(ipfsEnd), clock });
  releases.add(async () => await ipfs.close());

  const marks = new CoordinatorMarks(database);
  const ingest = new OrderIngest({ database, clock });
  const reads = new FinalizedReads({ chain, facts, account });
  const readings = new OrderReadings({ reads, ingest });
  const workload = new WorkloadReader({ sworker, database, facts, clock });
  const room = { clock, conditions, logger, database, facts };
  const keeper = new BasisKeeper({
    ...room,
    bases: new DecisionBases(database),
    settings: { accountHex: account.publicKeyHex, limits: unlimited, weights },
    lists: { deny: noList, allow: noList },
    heldFilesKnown: () => true,
  });
  const judge = new Judge({ database, keeper, clock });
  const decide = new DecideTask({ ...room, keeper, judge, revision: new RevisionWalk({ database, facts, judge }) });
  const confirmations = new Confirmations(
    ipfs,
    new Pulls(database, marks, async () => await clock.sleep(GATHER_MS, never)),
  );
  const task = new PullTask({
    ...room,
    ipfs: confirmations.ipfs,
    sworker,
    coordinator: undefined,
    random: Math.random,
    store: {
      database,
      facts,
      marks,
      pulls: confirmations.pulls,
      records: new PullRecords(database, marks),
      candidates: new Candidates(database),
    },
    settings: {
      maxPendingTasks: run.maxPendingTasks,
      minSrdRatioPercent: 0,
      weights,
      stallMs: 30 * 60_000,
      maxAttempts: 5,
    },
    readAgain: async (orders, signal) => await readings.readAgain(orders, signal),
    decideAgain: async (orders) => await judge.decideAgain(orders),
    refreshWorkload: async (signal) => await workload.refresh(signal),
    pinsInDoubt: () => undefined,
  });

  const parts = { ...room, account, chain, reads, ingest, decide };
  const queue = async (): Promise<void> => await queueOrders(parts, run.files, never);
  return { task, confirmations, database, queue };
}
