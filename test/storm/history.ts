import { createHash } from 'node:crypto';
import { fileInfo } from '../../devnet/chain/model-files.ts';
import { seedOrders } from '../../devnet/chain/model-seed.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/units.ts';
import { firstBlock, type SimOptions } from '../support/sim/sim-options.ts';
import { SimWorld } from '../support/sim/sim-world.ts';
import { type Act, sizeLimitsMib } from './acts.ts';
import { closeBacklog, hasBacklog, passDay, putBacklog } from './backlog.ts';
import { Stage } from './stage.ts';

interface Broken {
  readonly afterAct: number;
  /** Whether it broke only when everything was to come to rest after the last act. */
  readonly settles: boolean;
  readonly invariants: readonly string[];
}

/** What came of one history. */
export interface Outcome {
  readonly seed: number;
  /** Of everything that was seen: the same for the same seed and acts. */
  readonly digest: string;
  /** How often what happened. */
  readonly counts: Readonly<Record<string, number>>;
  /** How often each call was asked, by `part name`. */
  readonly asked: Readonly<Record<string, number>>;
  /** How often a fault befell a call, by `part name fault`. */
  readonly faults: Readonly<Record<string, number>>;
  /** How often a statement of the bot failed or was late, by `verb code`. */
  readonly troubles: Readonly<Record<string, number>>;
  /** What did not hold, and after which act. */
  readonly broken: Broken | undefined;
}

/** A block stands for twenty: three days are 2,160 of them. What the bot counts in blocks is configured shorter by as much. */
const stormBlockMs = 2 * MINUTE_MS;
const settleRounds = 75;
/** Of them at the beginning: effects are spoilt still. */
const roughRounds = 10;
/** Each of the bot's loops but the slow ones comes round. */
const settleRunMs = 7 * SECOND_MS;
/** In so many rounds as much of a backlog is gone as may be within a day. */
const dayRounds = 20;
/** A first start: all seeded orders are known and decided. */
const beginMs = 15 * SECOND_MS;
/** See `lieEveryBlocks`. */
const liesSeldom = true;
const otherOrders = 25;
/** Of every kind some; those that have expired can be closed from the beginning. */
const otherKinds = {
  live: 8,
  pending: 2,
  abandoned: 2,
  expiring: 3,
  expired: 6,
  deserted: 1,
  full: 1,
  large: 1,
  empty: 1,
  notCanonical: 1,
  notCid: 1,
};
/** The CIDs of one seed are the same ones wherever they are drawn. */
const otherCids = 1_000_000;

/** In blocks, 0 to 3; real chains have two or three. */
const finalityLagOf = (seed: number): number => (seed >> 2) % 4;

function stormOptions(seed: number): SimOptions {
  return {
    seed,
    blockMs: stormBlockMs,
    keepBlocks: 100,
    chainNodes: 1 + (seed % 2),
    finalityLag: finalityLagOf(seed),
    specVersion: seed % 4 === 0 ? 22 : 25,
    hasCoordinator: seed % 3 === 0,
    hasTelemetry: seed % 3 !== 1,
    rules: { reportSlotBlocks: 30, spowerDelayBlocks: 5, fileDurationBlocks: 350 },
    storageMaxBytes: 300_000_000,
    config: {
      scheduler: { minFileSize: sizeLimitsMib.min, maxFileSize: sizeLimitsMib.max },
      cleanup: { graceHours: 0.25, endOrphanSeals: seed % 5 > 0 },
      // In which the lost list must be looked at without a pause: bots start again often here.
      seal: { lostGraceHours: seed % 2 === 0 ? 0.02 : 0.1 },
      indexer: { scanIntervalHours: 1 },
      pull: { stallMinutes: 5 },
    },
  };
}

/**
 * Tells a history from its beginning until everything has settled, checking what must hold after every act. Without `settles` it ends after the last
 * act, for whoever knows that what broke did so before.
 */
export async function tellHistory(seed: number, acts: readonly Act[], { settles = true } = {}): Promise<Outcome> {
  const world = await SimWorld.create(stormOptions(seed));
  const stage = new Stage(world, seed);
  let afterAct = -1;
  let isSettling = false;
  let invariants: readonly string[] = [];
  try {
    await begin(world, stage, seed);
    for (const [index, act] of acts.entries()) {
      afterAct = index;
      await stage.perform(act);
      if (act.kind === 'run' || act.kind === 'leap') invariants = await world.broken({ liesSeldom });
      if (invariants.length > 0) break;
    }
    isSettling = settles && invariants.length === 0;
    if (isSettling) invariants = await settle(world, stage, seed);
  } catch (error) {
    invariants = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
  try {
    const counts = { ...(await countsOf(world, seed)), ...Object.fromEntries(stage.counts) };
    const digest = await digestOf(world, counts, invariants);
    const faults = Object.fromEntries(world.desk.faultCounts);
    const asked = Object.fromEntries(world.desk.counts);
    return {
      seed,
      digest,
      counts,
      asked,
      faults,
      troubles: Object.fromEntries(stage.troubles.counts),
      broken: invariants.length === 0 ? undefined : { afterAct, settles: isSettling, invariants },
    };
  } finally {
    stage.close();
    await world.close();
  }
}

async function begin(world: SimWorld, stage: Stage, seed: number): Promise<void> {
  for (const { cid } of seedOrders(world.chain, otherOrders, { seed: seed + otherCids, mix: otherKinds })) {
    stage.ordered.set(cid, Number(fileInfo(world.chain, cid)?.sizeBytes ?? 0));
  }
  // They are there without an event, so the bot's first block must have them.
  const backlog = hasBacklog(seed) ? await putBacklog(world) : [];
  await world.run(1 + finalityLagOf(seed));
  world.isSupervised = true;
  world.startBot();
  await world.runMs(beginMs);
  if (backlog.length > 0) await closeBacklog(world, backlog, 2 + finalityLagOf(seed));
}

/** Once everybody is reachable again everything comes to an end in bounded time. */
async function settle(world: SimWorld, stage: Stage, seed: number): Promise<readonly string[]> {
  await stage.calm();
  let open: readonly string[] = [];
  for (let round = 0; round < settleRounds; round += 1) {
    if (round === roughRounds) stage.spare();
    if (hasBacklog(seed) && round % dayRounds === roughRounds) await passDay(world);
    await world.runMs(settleRunMs);
    const wrong = await world.broken({ liesSeldom });
    if (wrong.length > 0) return wrong;
    open = await world.broken({ isSettled: true, isCleanedUp: true });
    if (open.length === 0 && world.desk.late.size === 0) return [];
    if (round < roughRounds) stage.orderWhatIsDeletedLate();
    await world.leapMs(2 * HOUR_MS);
  }
  return open.map((line) => `not settled: ${line}`);
}

async function countsOf(world: SimWorld, seed: number): Promise<Record<string, number>> {
  const one = async (sql: string): Promise<number> => (await world.rows<{ n: number }>(sql))[0]?.n ?? 0;
  return {
    'orders known': await one('SELECT COUNT(*) AS n FROM file_record'),
    pulls: [...world.watch.pullsBegun.values()].reduce((sum, pulls) => sum + pulls, 0),
    seals: await one('SELECT COUNT(*) AS n FROM pin_record WHERE sealed_ms IS NOT NULL'),
    closes: await one('SELECT COUNT(*) AS n FROM cleanup_record WHERE confirmed_block IS NOT NULL'),
    'closes by event': await one("SELECT COUNT(*) AS n FROM cleanup_record WHERE cause = 'event'"),
    'closes by absence': await one("SELECT COUNT(*) AS n FROM cleanup_record WHERE cause = 'absence'"),
    [hasBacklog(seed) ? 'deletions of a backlog' : 'deletions']: world.watch.deletions.length,
    'days at their limit': world.logger.lines.filter(({ message }) => message.startsWith('As many files as may be'))
      .length,
    'deletions of lost files': world.watch.lettingGo.filter(({ how, isLive }) => how === 'storage/delete' && isLive)
      .length,
    unpins: world.watch.lettingGo.filter(({ how }) => how === 'pin/rm').length,
    collections: world.desk.counts.get('ipfs repo/gc') ?? 0,
    'seals ended': world.watch.lettingGo.filter(({ how }) => how === 'seal_end').length,
    'deletions late of what lives': world.watch.lateOnLive,
    'pins made again': world.desk.counts.get('ipfs pin/update') ?? 0,
    reconciliations: world.logger.lines.filter(({ message }) => message.endsWith(' agree')).length,
    backups: world.logger.lines.filter(({ message }) => message === 'Backed up the database').length,
    walks: await one("SELECT COUNT(*) AS n FROM walk WHERE status = 'complete'"),
    gaps: await one('SELECT COUNT(*) AS n FROM gap'),
    restarts: world.endings.length,
    'restarts by outage': world.endings.filter((ending) => ending !== 'killed' && ending.exitCode === 75).length,
    blocks: world.head - firstBlock,
  };
}

async function digestOf(
  world: SimWorld,
  counts: Readonly<Record<string, number>>,
  invariants: readonly string[],
): Promise<string> {
  const hash = createHash('sha256');
  const add = (value: unknown): void => void hash.update(JSON.stringify(value));
  add([counts, invariants, world.bot?.life.steps, world.clock.nowMs()]);
  add([[...world.desk.counts], [...world.desk.faultCounts], world.watch.lettingGo]);
  add(world.logger.lines.map(({ level, message }) => `${level} ${message}`));
  for (const table of ['file_record', 'pin_record', 'cleanup_record', 'walk', 'gap']) {
    add(await world.rows(`SELECT * FROM ${table} ORDER BY id`));
  }
  return hash.digest('hex');
}
