import { expect } from 'vitest';
import { putFile, replicaOf } from '../../../devnet/chain/model-files.ts';
import { seedOrders } from '../../../devnet/chain/model-seed.ts';
import type { Hex } from '../../../devnet/chain/hex.ts';
import type { SimChainNode } from './chain-binding.ts';
import { newWorld } from './new-world.ts';
import { blockMs, type SimOptions } from './sim-options.ts';
import type { SimWorld } from './sim-world.ts';

const heldFiles = 12;
/** So many that half of the map is never empty by chance. */
const othersOrders = 150;
const walkEveryBlocks = 600;
const patienceBlocks = 800;

export interface LiarStory {
  readonly world: SimWorld;
  /** The end point that is asked first. */
  readonly node: SimChainNode;
  /** Held, and their orders live. */
  readonly held: readonly string[];
  /** Held, and its order can be closed: it has expired. */
  readonly closing: string;
  /** A block before there was any order. */
  readonly emptyBlock: Hex;
}

/** What a node does about closes and walks at the usual pace takes days; here it takes minutes. */
export const liarOptions: SimOptions = {
  keepBlocks: 5_000,
  config: { cleanup: { graceHours: 0 }, indexer: { scanIntervalHours: walkEveryBlocks / 600 } },
};

/**
 * A chain with orders of others, which nobody pulls, and of files that this node holds. They are so few that no guard against mass deletion holds
 * any of them back.
 * @param emptyBlocks blocks before the first of these orders
 */
export async function liarWorld(options: SimOptions = {}, emptyBlocks = 0): Promise<LiarStory> {
  const world = await newWorld({ ...liarOptions, ...options });
  const { account: who, groupOwner: owner } = world.network;
  const emptyBlock = world.chain.head.hash;
  await world.leapMs(emptyBlocks * blockMs);
  seedOrders(world.chain, othersOrders, { seed: 11, mix: { expired: 1, expiring: 1, abandoned: 1, full: 1 } });
  const held = Array.from({ length: heldFiles }, () => world.cids.ours());
  const closing = world.cids.ours();
  for (const cid of [...held, closing]) {
    const expiresAtBlock = world.head + (cid === closing ? 3 : 2_500_000);
    const replicas = [replicaOf(owner, world.head - 20_000, who)];
    putFile(world.chain, cid, { sizeBytes: 2000n, replicas, expiresAtBlock, calculatedAtBlock: world.head - 20_000 });
    await world.ipfs.pin(cid);
  }
  world.sworker.preload(
    [...held, closing].map((cid) => ({ cid, sizeBytes: 2000, sealedAtBlock: world.head - 20_000 })),
  );
  await world.run(1);
  const [node] = world.chainNodes;
  if (node === undefined) throw new Error('no chain node');
  return { world, node, held, closing, emptyBlock };
}

/** The same with a bot that knows all of it. */
export async function settledStory(options: SimOptions = {}): Promise<LiarStory> {
  const story = await liarWorld(options);
  story.world.startBot();
  await untilSettled(story);
  return story;
}

export async function untilSettled({ world }: LiarStory): Promise<void> {
  // A bot that has just been started has no database yet.
  await world.run(1);
  let broken = await world.broken({ isSettled: true });
  for (let block = 0; block < patienceBlocks && broken.length > 0; block += 1) {
    await world.run(1);
    broken = await world.broken({ isSettled: true });
  }
  expect(broken).toEqual([]);
}

/** Time for a walk to become due, to run, and for the third read that may follow it. */
export async function untilNextWalk({ world }: LiarStory): Promise<void> {
  world.chain.advance(walkEveryBlocks);
  await world.run(15);
}

/** Nothing was let go, nothing is closed, no close is believed, nothing that must hold is broken. */
export async function expectUnharmed({ world }: LiarStory): Promise<void> {
  expect(world.watch.lettingGo).toEqual([]);
  expect(await world.rows("SELECT cid FROM file_record WHERE status = 'closed'")).toEqual([]);
  expect(await world.rows("SELECT cid FROM cleanup_record WHERE status <> 'cancelled'")).toEqual([]);
  expect(world.endings).toEqual([]);
  expect(await world.broken()).toEqual([]);
}

/** A line of the log names the code and the end point. */
export function expectSaid({ world, node }: LiarStory, code: string): void {
  const said = world.logger.lines.filter(({ level }) => level === 'warn' || level === 'error');
  const names = { code, endPoint: node.name };
  expect(said).toContainEqual(expect.objectContaining({ context: expect.objectContaining(names) }));
}

/** What holds the bot back by its own word. */
export async function conditionsOf({ world }: LiarStory): Promise<{ ready: boolean; names: readonly string[] }> {
  const [row] = await world.rows<{ content: string }>("SELECT content FROM config WHERE name = 'conditions'");
  const { ready, list } = JSON.parse(row?.content ?? '{}') as { ready: boolean; list: { name: string }[] };
  return { ready, names: list.map(({ name }) => name) };
}

/**
 * By itself, now that everybody tells the truth: what was ordered meanwhile is pulled, and so is a new order; a real close is cleaned up, and nothing
 * else.
 */
export async function expectRecovery(story: LiarStory, ordered: readonly string[] = []): Promise<void> {
  const { world, held, closing } = story;
  const all = [...ordered, world.order({ cid: world.cids.ours() })];
  world.calculate(closing);
  await world.runUntil(
    'ordered ones are pulled and the closed one is let go',
    async () => {
      const statuses = await world.statuses();
      return all.every((cid) => statuses.get(cid) === 'handled') && world.sworker.files.find(closing) === undefined;
    },
    patienceBlocks,
  );
  await untilSettled(story);
  expect(world.watch.deletions).toEqual([closing]);
  for (const cid of [...held, ...all]) expect(world.sworker.files.find(cid)?.state).toBe('valid');
  expect(await world.broken({ isSettled: true, isCleanedUp: true })).toEqual([]);
  await world.run(2);
  expect(await conditionsOf(story)).toEqual({ ready: true, names: [] });
}
