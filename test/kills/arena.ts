import { watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toAddress } from '../../devnet/chain/accounts.ts';
import { seedOrders } from '../../devnet/chain/model-seed.ts';
import { SeededRandom } from '../../devnet/chain/seeded-random.ts';
import { startWorld, type World } from '../../devnet/world/world.ts';
import { HOUR_BLOCKS } from '../../src/domain/units.ts';
import { ReleaseStack } from '../../src/runtime/release-stack.ts';
import { databaseFileName } from '../../src/store/file-names.ts';
import { BotHome } from '../support/e2e/bot-home.ts';
import { watchFiles } from '../support/e2e/file-watch.ts';
import { Moments } from '../support/e2e/moments.ts';
import { LARGEST_MIB, OrderStory } from '../support/e2e/order-story.ts';
import { Pace } from '../support/e2e/pace.ts';
import { PinWatch } from '../support/e2e/pin-watch.ts';
import { realKubo } from '../support/e2e/real-kubo.ts';
import { secretWays } from '../support/e2e/secrets.ts';
import { BLOCK_INTERVAL_MS, SMALL_WORLD } from '../support/e2e/small-world.ts';
import type { Watch } from '../support/sim/watch.ts';
import { writeOldDatabase } from './old-database.ts';

export const maxPendingTasks = 4;
const storyFiles = 40;
/** Never taken: they make a walk long. */
const otherOrders = 2500;
/** One percent of it is little enough to be too much for a node that is to collect garbage. */
const storageMaxBytes = 400_000_000;
export const maxPercentPerDay = 100;

/** The world in which a bot is killed, and everything that looks on. */
export interface Arena {
  readonly world: World;
  readonly home: BotHome;
  /** From the close of an order until its file may go. */
  readonly graceBlocks: number;
  readonly backups: string;
  /** A database of the first schema, to start from. */
  readonly oldDatabase: string;
  readonly pace: Pace;
  readonly pins: PinWatch;
  readonly moments: Moments;
  readonly story: OrderStory;
  /** What the bot did to files. */
  readonly watch: Watch;
  /** CIDs that sWorker was told to seal while it was sealing them. */
  readonly sealedTwice: readonly string[];
  close(): Promise<void>;
}

export async function openArena(seed: number, graceBlocks: number): Promise<Arena> {
  const releases = new ReleaseStack();
  try {
    return await open(new SeededRandom(seed), graceBlocks, releases);
  } catch (error) {
    await releases.releaseAll();
    throw error;
  }
}

async function open(random: SeededRandom, graceBlocks: number, releases: ReleaseStack): Promise<Arena> {
  const blocks = { kind: 'manual', intervalMs: BLOCK_INTERVAL_MS } as const;
  const world = await startWorld({ ...SMALL_WORLD, kubo: realKubo(), blocks, storageMaxBytes });
  releases.add(() => world.stop());
  seedOrders(world.chain, otherOrders, { seed: 3, mix: { abandoned: 8, empty: 1, notCid: 1 } });
  world.chain.advance(1);
  const pace = new Pace(world.chain, BLOCK_INTERVAL_MS);
  releases.add(async () => pace.stop());
  const pins = await PinWatch.start(new URL(world.ipfs.apiUrl).origin);
  releases.add(() => pins.close());
  const moments = new Moments(world, pins, { sealsSlowly: true });
  const story = await OrderStory.write(world, random, storyFiles);
  const home = await makeHome(world, pins, { denied: story.denied, graceBlocks });
  releases.add(() => home.close());
  const backups = join(home.dataDir, 'backups');
  await mkdir(backups, { recursive: true, mode: 0o700 });
  for (const folder of [home.dataDir, backups]) {
    const watcher = watch(folder, (_, name) => moments.tell(`file ${name}`));
    releases.add(async () => watcher.close());
  }
  return {
    world,
    home,
    graceBlocks,
    backups,
    pace,
    pins,
    moments,
    story,
    oldDatabase: await makeOldDatabase(world),
    watch: watchFiles(world, pins),
    sealedTwice: watchSeals(world),
    close: async () => await releases.releaseAll(),
  };
}

async function makeHome(
  world: World,
  pins: PinWatch,
  { denied, graceBlocks }: { readonly denied: readonly string[]; readonly graceBlocks: number },
): Promise<BotHome> {
  return await BotHome.make(world, 'bot', {
    scheduler: { maxPendingTasks, maxFileSize: LARGEST_MIB, deny: { cids: denied } },
    others: {
      ...secretWays(world, { ipfs: pins.origin }),
      indexer: { scanIntervalHours: 1 },
      cleanup: { graceHours: graceBlocks / HOUR_BLOCKS, maxPercentPerDay },
      gc: { thresholdPercent: 100, intervalMinutes: 1 },
    },
  });
}

async function makeOldDatabase(world: World): Promise<string> {
  const folder = join(world.dir, 'old');
  await mkdir(folder);
  const genesis = world.chain.history.at(0);
  if (genesis === undefined) throw new Error('the chain has no genesis block');
  const account = toAddress(world.network.account);
  await writeOldDatabase(folder, { account, genesisHash: genesis.hash, atBlock: world.chain.head.number });
  return join(folder, databaseFileName);
}

function watchSeals({ sworker: { seals, files } }: World): readonly string[] {
  const twice: string[] = [];
  const start = seals.start.bind(seals);
  seals.start = (cid) => {
    if (files.pending.has(cid)) twice.push(`sWorker was told to seal ${cid} while it did`);
    return start(cid);
  };
  return twice;
}
