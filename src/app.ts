import { careTasks } from './app-care.ts';
import { type BotTime, botTime } from './app-clock.ts';
import type { BotOptions, Clients, OpenedOverview, Outside } from './app-parts.ts';
import { areOrdersKnown, pinKeeperTask, reconcileTask } from './app-reconcile.ts';
import { reportTasks } from './app-report.ts';
import { ActiveNodesTask } from './chain/active-nodes-task.ts';
import { ChainTimeTask } from './chain/chain-time-task.ts';
import { EventIndexerTask } from './chain/events/event-indexer-task.ts';
import { GroupTask } from './chain/group-task.ts';
import { establishIdentity } from './chain/identity.ts';
import { OrderReadings } from './chain/order-readings.ts';
import { syncedHead } from './chain/synced-head.ts';
import { WalkTask } from './chain/walk/walk-task.ts';
import { WorkloadReader } from './chain/workload-reader.ts';
import { WorkloadTask } from './chain/workload-task.ts';
import { CleanupTask } from './cleanup/cleanup-task.ts';
import { FileRemover } from './cleanup/file-remover.ts';
import { IpfsGcTask } from './cleanup/ipfs-gc-task.ts';
import { ChainClient } from './clients/chain/chain-client.ts';
import { wsEndPoint } from './clients/chain/connection/ws-transport.ts';
import { ChildLibrary } from './clients/chain/events/library/child-library.ts';
import { FinalizedReads } from './clients/chain/orders/finalized-reads.ts';
import { CoordinatorClient } from './clients/coordinator/coordinator-client.ts';
import { UndiciTransport } from './clients/http/undici-transport.ts';
import { IpfsClient } from './clients/ipfs/ipfs-client.ts';
import { SworkerClient } from './clients/sworker/sworker-client.ts';
import type { Config } from './config/config.ts';
import { OrderListSource } from './config/lists.ts';
import { BasisKeeper } from './decide/basis/basis-keeper.ts';
import { DecideTask } from './decide/decide-task.ts';
import { Judge } from './decide/judge.ts';
import { LookTask } from './decide/look-task.ts';
import { RevisionWalk } from './decide/revision-walk.ts';
import { isAbort, type SmError } from './domain/errors.ts';
import { SECOND_MS } from './domain/units.ts';
import { GATHER_MS, PullTask } from './pull/pull-task.ts';
import { type Clock, SystemClock } from './runtime/clock.ts';
import { Conditions } from './runtime/conditions.ts';
import type { Logger } from './runtime/log.ts';
import { OutageWatch } from './runtime/outage-watch.ts';
import { type Question, ReadyTask } from './runtime/ready-task.ts';
import { ReleaseStack } from './runtime/release-stack.ts';
import { RightOfWay } from './runtime/right-of-way.ts';
import { supervise } from './runtime/supervise.ts';
import type { Task } from './runtime/task.ts';
import { programVersion } from './runtime/version.ts';
import { SealUpdaterTask } from './seal/seal-updater-task.ts';
import { Absences } from './store/absences.ts';
import { Candidates } from './store/candidates.ts';
import { Cleanups } from './store/cleanups.ts';
import { CoordinatorMarks } from './store/coordinator-marks.ts';
import { Database } from './store/database.ts';
import { DecisionBases } from './store/decision-bases.ts';
import { Facts } from './store/facts.ts';
import { Gaps } from './store/gaps.ts';
import { HeldFiles } from './store/held-files.ts';
import { HeldListing } from './store/held-listing.ts';
import { InstanceLock } from './store/lock.ts';
import { LostFiles } from './store/lost-files.ts';
import { OrderIngest } from './store/order-ingest.ts';
import { readOrderStory } from './store/order-story.ts';
import { Overview } from './store/overview.ts';
import { PendingSeals } from './store/pending-seals.ts';
import { PinRows } from './store/pin-rows.ts';
import { PullRecords } from './store/pull-records.ts';
import { Pulls } from './store/pulls.ts';
import { Tally } from './store/tally.ts';
import { Walks } from './store/walks.ts';
import { ProgressBarTask } from './telemetry/progress-bar-task.ts';
import { StateTask } from './telemetry/state-task.ts';
import { StatusLineTask } from './telemetry/status-line-task.ts';

const lockWaitMs = 15 * SECOND_MS;
const never = new AbortController().signal;

function connect(config: Config, clock: Clock, logger: Logger, rightOfWay?: RightOfWay): Outside {
  const { sealCoordinator, telemetry } = config;
  return {
    chainEndPoints: config.chain.endPoints.map((endPoint) => wsEndPoint(endPoint.reveal(), { rightOfWay })),
    decodingLibrary: new ChildLibrary(clock, logger.child('chain')),
    sworker: new UndiciTransport(config.sworker.endPoint),
    ipfs: new IpfsClient({
      endPoint: config.ipfs.endPoint,
      transport: new UndiciTransport(config.ipfs.endPoint),
      clock,
    }),
    coordinator: sealCoordinator === undefined ? undefined : new UndiciTransport(sealCoordinator.endPoint),
    telemetry: telemetry === undefined ? undefined : new UndiciTransport(telemetry.endPoint),
  };
}

interface ClientsOptions {
  readonly config: Config;
  readonly time: Omit<BotTime, 'genesisHash'>;
  readonly logger: Logger;
  readonly outside: Outside;
  /** Of the database; null lets the first end point that answers decide. */
  readonly genesisHash: string | null;
}

/** Connects nowhere until something is asked. */
function createClients({ config, time, logger, outside, genesisHash }: ClientsOptions): Clients {
  const releases = new ReleaseStack();
  const { clock, answerClock } = time;
  const answering = { clock: answerClock };
  const chain = new ChainClient({
    endPoints: outside.chainEndPoints,
    genesisHash,
    clock,
    answerClock,
    logger: logger.child('chain'),
    limits: { maxRequestsInFlight: config.chain.maxRequestsInFlight },
    library: outside.decodingLibrary,
  });
  releases.add(async () => await chain.close());
  const sworker = new SworkerClient({ endPoint: config.sworker.endPoint, transport: outside.sworker, ...answering });
  releases.add(async () => await sworker.close());
  releases.add(async () => await outside.ipfs.close());
  const { sealCoordinator } = config;
  const coordinator =
    sealCoordinator === undefined || outside.coordinator === undefined
      ? undefined
      : new CoordinatorClient({ ...sealCoordinator, transport: outside.coordinator, ...answering });
  if (coordinator !== undefined) releases.add(async () => await coordinator.close());
  return {
    account: config.chain.account,
    chain,
    sworker,
    ipfs: outside.ipfs,
    coordinator,
    close: async () => await releases.releaseAll(),
  };
}

export function openClients(config: Config, logger: Logger, genesisHash: string | null): Clients {
  const clock = new SystemClock();
  const outside = connect(config, clock, logger);
  return createClients({ config, time: { clock, answerClock: clock }, logger, outside, genesisHash });
}

/** @throws SmError DATABASE_MISSING, DATABASE_OLDER, DATABASE_FOREIGN, DATABASE_NEWER, DATABASE_DAMAGED */
export async function openOverview(config: Config): Promise<OpenedOverview> {
  const database = await Database.openExisting(config.dataDir);
  return {
    overview: new Overview(database),
    clock: new SystemClock(),
    story: async (key) => await readOrderStory(database, key),
    close: async () => await database.close(),
  };
}

/**
 * The whole bot: resolves when it was told to stop and everything has settled and is closed.
 * @throws SmError with its destiny, or a defect
 */
export async function runBot(options: BotOptions): Promise<void> {
  const { logger, signal } = options;
  const releases = new ReleaseStack();
  const run = async (): Promise<void> => {
    try {
      await runReleasing(options, releases);
    } catch (error) {
      if (!(signal.aborted && isAbort(error))) throw error;
    }
  };
  await releases.around(run, (error) => logger.warn('Not everything could be closed', {}, error));
}

async function runReleasing(
  { config, logger, signal, ...replaced }: BotOptions,
  releases: ReleaseStack,
): Promise<void> {
  const time = await botTime({ config, logger, signal, ...replaced });
  const { clock, answerClock } = time;
  const lock = await InstanceLock.acquire(config.dataDir, lockWaitMs);
  releases.add(async () => await lock.release());
  const storeLogger = logger.child('store');
  const watch = {
    monotonicMs: () => clock.monotonicMs(),
    onSlowBulk: (tookMs: number) => storeLogger.debug('A bulk write took long', { tookMs: Math.round(tookMs) }),
  };
  const rightOfWay = new RightOfWay(answerClock);
  const keptBackups = config.database.backups;
  const onOldBackupLeft = (error: SmError): void =>
    storeLogger.warn('An old backup of the database could not be removed', { code: error.code, ...error.data }, error);
  const database = await Database.open(config.dataDir, { watch, rightOfWay, keptBackups, onOldBackupLeft, signal });
  releases.add(async () => await database.close());
  const facts = new Facts(database);
  const outside = replaced.outside ?? connect(config, answerClock, logger, rightOfWay);
  const clients = createClients({
    config,
    time,
    logger,
    outside,
    genesisHash: time.genesisHash ?? (await facts.find('identity'))?.genesisHash ?? null,
  });
  releases.add(async () => await clients.close());
  const conditions = new Conditions(clock);
  await establishIdentity(
    {
      clock,
      conditions,
      logger: logger.child('chain'),
      database,
      facts,
      account: config.chain.account.address,
      maxOutageMs: config.runtime.maxOutageMs,
      genesisHash: async (stop) => await clients.chain.blocks.genesisHash({ signal: stop }),
    },
    signal,
  );
  const tasks = composeTasks({
    config,
    logger,
    clock,
    answerClock,
    conditions,
    database,
    facts,
    clients,
    random: replaced.random ?? Math.random,
    outside,
    showProgress: replaced.showProgress,
  });
  logger.info('Started', {
    version: programVersion(),
    account: config.chain.account.address,
    dataDir: config.dataDir,
    role: config.node.role,
  });
  await supervise(tasks, signal, replaced.onFailure);
}

interface Composition {
  readonly config: Config;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly answerClock: Clock;
  readonly conditions: Conditions;
  readonly database: Database;
  readonly facts: Facts;
  readonly clients: Clients;
  readonly outside: Outside;
  readonly random: () => number;
  readonly showProgress: BotOptions['showProgress'];
}

/** Every task of the bot, in the order in which an order travels. */
function composeTasks(parts: Composition): readonly Task[] {
  const { config, logger, clock, answerClock, conditions, database, facts, clients, outside, random, showProgress } =
    parts;
  const { account, chain, sworker, ipfs, coordinator } = clients;
  const room = (name: string) => ({ clock, conditions, logger: logger.child(name), database, facts });
  const [chainRoom, decideRoom, pullRoom, sealRoom, cleanupRoom, telemetryRoom] = [
    { ...room('chain'), chain, account },
    room('decide'),
    room('pull'),
    room('seal'),
    room('cleanup'),
    room('telemetry'),
  ];

  // store
  const gaps = new Gaps(database);
  const tally = new Tally(database);
  const overview = new Overview(database);
  const ingest = new OrderIngest({ database, clock });
  const marks = new CoordinatorMarks(database);
  const pins = new PinRows(database);

  // chain
  const reads = new FinalizedReads({ chain, facts, account });
  const readings = new OrderReadings({ reads, ingest });
  const workload = new WorkloadReader({ sworker, database, facts, clock });

  const remover = new FileRemover({ sworker, ipfs, pins });

  // decide
  const keeper = new BasisKeeper({
    ...decideRoom,
    bases: new DecisionBases(database),
    settings: { accountHex: account.publicKeyHex, limits: config.scheduler, weights: config.scheduler.strategy },
    lists: { deny: new OrderListSource(config.scheduler.deny), allow: new OrderListSource(config.scheduler.allow) },
    heldFilesKnown: () => sealUpdater.heldFilesKnown(),
  });
  const judge: Judge = new Judge({ database, keeper, clock, onQueued: () => pull.notify() });
  const revision = new RevisionWalk({ database, facts, judge });

  // seal
  const sealUpdater: SealUpdaterTask = new SealUpdaterTask({
    ...sealRoom,
    sworker,
    reads,
    ingest,
    remover,
    store: {
      database,
      facts,
      pins,
      listing: new HeldListing(database),
      held: new HeldFiles(database),
      lost: new LostFiles(database),
      pending: new PendingSeals(database),
    },
    settings: { ...config.seal, ...config.cleanup },
    decideAsNotHeld: async (order) => await judge.verdictOf(order.id, { heldHere: false }),
  });

  // care
  const pinKeeper = pinKeeperTask({ ...room('care'), ...clients });
  const areFilesKnown = async () => sealUpdater.heldFilesKnown() && (await areOrdersKnown(cleanupRoom));

  // pull
  const pull: PullTask = new PullTask({
    ...pullRoom,
    ipfs,
    sworker,
    coordinator,
    random,
    store: {
      database,
      facts,
      marks,
      pulls: new Pulls(database, marks, async () => await clock.sleep(GATHER_MS, never)),
      records: new PullRecords(database, marks),
      candidates: new Candidates(database),
    },
    settings: {
      maxPendingTasks: config.scheduler.maxPendingTasks,
      minSrdRatioPercent: config.scheduler.minSrdRatioPercent,
      weights: config.scheduler.strategy,
      stallMs: config.pull.stallMs,
      maxAttempts: config.pull.maxAttempts,
    },
    readAgain: async (orders, signal) => await readings.readAgain(orders, signal),
    decideAgain: async (orders) => await judge.decideAgain(orders),
    refreshWorkload: async (signal) => await workload.refresh(signal),
    pinsInDoubt: () => pinKeeper.notify(),
  });

  return [
    new ReadyTask({ ...room('runtime'), questions: firstQuestions(clients) }),
    new ChainTimeTask(chainRoom),
    new EventIndexerTask({ ...chainRoom, gaps, ...config.indexer }),
    new WalkTask({
      ...chainRoom,
      gaps,
      tally,
      walks: new Walks(database),
      absences: new Absences(database),
      ...config.indexer,
    }),
    new GroupTask(chainRoom),
    new ActiveNodesTask(chainRoom),
    new WorkloadTask({ ...chainRoom, reader: workload }),
    new DecideTask({ ...decideRoom, keeper, judge, revision }),
    new LookTask({ ...decideRoom, keeper, judge, reading: readings }),
    pull,
    sealUpdater,
    new CleanupTask({
      ...cleanupRoom,
      cleanups: new Cleanups(database),
      gaps,
      reads,
      ingest,
      remover,
      coordinator,
      settings: config.cleanup,
    }),
    new IpfsGcTask({ ...cleanupRoom, ipfs, pins, pinKeeper, areFilesKnown, settings: config.gc }),
    pinKeeper,
    ...careTasks(room('care'), config),
    reconcileTask({ ...room('care'), ...clients, intervalMs: config.reconcile.intervalMs }),
    new StatusLineTask({ ...telemetryRoom, overview }),
    new StateTask(telemetryRoom),
    ...(showProgress === undefined ? [] : [new ProgressBarTask({ ...telemetryRoom, overview, show: showProgress })]),
    ...reportTasks({ ...telemetryRoom, config, answerClock, collector: outside.telemetry, overview, tally }),
    new OutageWatch({
      ...room('runtime'),
      maxOutageMs: config.runtime.maxOutageMs,
      runningPulls: () => pull.runningCount,
    }),
  ];
}

/** What a ready bot has had an answer to. A chain end point counts only when it is not syncing. */
function firstQuestions({ chain, sworker, ipfs, coordinator }: Clients): Readonly<Record<string, Question>> {
  return {
    'the chain': async (signal) => await syncedHead(chain, { signal }),
    sWorker: async (signal) => await sworker.workload(signal),
    IPFS: async (signal) => await ipfs.version(signal),
    ...(coordinator === undefined
      ? {}
      : { 'the seal coordinator': async (signal: AbortSignal) => await coordinator.ping(signal) }),
  };
}
