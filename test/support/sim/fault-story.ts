import { putFile, replicaOf } from '../../../devnet/chain/model-files.ts';
import { seedOrders } from '../../../devnet/chain/model-seed.ts';
import type { FaultChooser, FaultKind, Part } from './call-desk.ts';
import type { SimOptions } from './sim-options.ts';
import type { SimWorld } from './sim-world.ts';

/** What a bot is to have done at the end of the story, whatever befell it on the way. */
export interface FaultStory {
  /** Ordered, pulled and sealed. */
  readonly kept: readonly string[];
  /** Pulled, closed, and cleaned up. */
  readonly closed: string;
  /** Held before the bot came, and lost. */
  readonly lost: string;
}

const seededOrders = 40;
const patienceBlocks = 1_500;

/** One way in which one of the bot's questions fails for a while. */
export interface FaultRow {
  readonly part: Part;
  readonly name: string;
  readonly kind: FaultKind;
  /** Only the first time, for what is put off for half an hour and longer after each failure. */
  readonly once: boolean;
}

/** Which times it fails: at first and again and again later, so that what is asked before, during and after a pull is hit. */
const failingTimes = [0, 1, 3, 5, 8, 12];

export const storyOptions: SimOptions = {
  storageMaxBytes: 2_150_000,
  hasCoordinator: true,
  hasTelemetry: true,
  config: { cleanup: { graceHours: 0 }, gc: { intervalMinutes: 1 } },
};

/**
 * A short life of a bot in which it asks nearly everything it ever asks: it starts on a chain with orders and a node with files, pulls, seals,
 * closes, cleans up, and collects garbage. Ends when all of that came true and everything is settled; throws when it never does.
 */
export async function tellFaultStory(world: SimWorld, fault?: FaultRow): Promise<FaultStory> {
  if (fault !== undefined) world.desk.chooseFault = failing(fault);
  const { account: who, groupOwner: owner } = world.network;
  seedOrders(world.chain, seededOrders, { seed: 3, mix: { expired: 1, expiring: 1, abandoned: 1, full: 1 } });
  const lost = world.cids.ours();
  const credited = [replicaOf(owner, world.head, who)];
  putFile(world.chain, lost, { sizeBytes: 2000n, replicas: credited, expiresAtBlock: world.head + 2_500_000 });
  world.sworker.preload([{ cid: lost, sizeBytes: 2000, state: 'lost', reported: false }]);
  await world.run(1);
  world.startBot();
  await world.run(2);
  const [first, closed] = [world.order({ cid: world.cids.ours() }), world.order({ cid: world.cids.ours() })];
  await untilHandled(world, [first, closed]);
  putFile(world.chain, closed, {
    sizeBytes: BigInt(1024 ** 2),
    replicas: credited,
    expiresAtBlock: world.head,
    calculatedAtBlock: world.head - 5,
  });
  await world.run(1);
  world.calculate(closed);
  await world.runUntil('closed and let go', async () => (await cleanups(world)).includes('done'), patienceBlocks);
  const second = world.order({ cid: world.cids.ours() });
  await untilHandled(world, [second, lost]);
  await world.runUntil('garbage was collected', () => (world.desk.counts.get('ipfs repo/gc') ?? 0) > 0, patienceBlocks);
  await untilSettled(world);
  return { kept: [first, second], closed, lost };
}

async function untilHandled(world: SimWorld, cids: readonly string[]): Promise<void> {
  await world.runUntil(
    `${cids.join(', ')} handled`,
    async () => {
      const statuses = await world.statuses();
      return cids.every((cid) => statuses.get(cid) === 'handled');
    },
    patienceBlocks,
  );
}

async function untilSettled(world: SimWorld): Promise<void> {
  let broken = await world.broken({ isSettled: true });
  for (let block = 0; block < 60 && broken.length > 0; block += 1) {
    await world.run(1);
    broken = await world.broken({ isSettled: true });
  }
  if (broken.length > 0) throw new Error(`not settled within 60 blocks: ${broken.join('; ')}`);
}

async function cleanups(world: SimWorld): Promise<string[]> {
  const rows = await world.rows<{ status: string }>('SELECT status FROM cleanup_record');
  return rows.map(({ status }) => status);
}

function failing({ part, name, kind, once }: FaultRow): FaultChooser {
  let time = -1;
  return (call) => {
    if (call.part !== part || call.name !== name) return undefined;
    time += 1;
    return (once ? time === 0 : failingTimes.includes(time)) ? kind : undefined;
  };
}
