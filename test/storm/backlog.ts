import { putFile, replicaOf } from '../../devnet/chain/model-files.ts';
import { DAY_BLOCKS, SECOND_MS } from '../../src/domain/units.ts';
import type { SimWorld } from '../support/sim/sim-world.ts';

/** More than may be deleted within a day. */
const files = 230;
const sizeBytes = 2_000;
const heldForBlocks = 20_000;
const roundMs = 7 * SECOND_MS;

/** Such a history costs as much as several others. */
export function hasBacklog(seed: number): boolean {
  return seed % 40 === 7;
}

/** The node holds files whose orders have expired, as one that nobody has cleaned up for long. */
export async function putBacklog(world: SimWorld): Promise<readonly string[]> {
  const { chain, cids, ipfs, network, sworker, head } = world;
  const { account: who, groupOwner: owner } = network;
  const since = head - heldForBlocks;
  const backlog = Array.from({ length: files }, () => cids.ours());
  for (const cid of backlog) {
    const replicas = [replicaOf(owner, since, who)];
    const expiresAtBlock = head - 1;
    putFile(chain, cid, { sizeBytes: BigInt(sizeBytes), replicas, expiresAtBlock, calculatedAtBlock: since });
    await ipfs.pin(cid);
  }
  sworker.preload(backlog.map((cid) => ({ cid, sizeBytes, sealedAtBlock: since })));
  return backlog;
}

/** All at once, each by its event, which the bot reads. */
export async function closeBacklog(world: SimWorld, backlog: readonly string[], blocks: number): Promise<void> {
  for (const cid of backlog) world.calculate(cid);
  await world.run(blocks);
}

/** The day of the rule passes, which is longer than a history. */
export async function passDay(world: SimWorld): Promise<void> {
  world.chain.advance(DAY_BLOCKS);
  await world.runMs(roundMs);
}
