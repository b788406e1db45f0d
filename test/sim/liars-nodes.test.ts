import { describe, expect, test } from 'vitest';
import { seedOrders } from '../../devnet/chain/model-seed.ts';
import { ChainModel } from '../../devnet/chain/model.ts';
import { passedOnTo, refuses } from '../../devnet/chain/rpc/lies.ts';
import { ChainRpc } from '../../devnet/chain/rpc.ts';
import { firstBlock } from '../support/sim/sim-options.ts';
import {
  conditionsOf,
  expectRecovery,
  expectSaid,
  expectUnharmed,
  liarOptions,
  liarWorld,
  settledStory,
  untilSettled,
} from '../support/sim/liar-story.ts';

/** What every node offers to everybody (Substrate 3): none of it is refused by `--rpc-methods safe`. */
const safeMethods = [
  'chain_getBlock',
  'chain_getBlockHash',
  'chain_getFinalizedHead',
  'chain_getHeader',
  'state_getKeysPaged',
  'state_getMetadata',
  'state_getRuntimeVersion',
  'state_getStorage',
  'state_queryStorageAt',
  'system_health',
];

/** A chain whose orders nobody here knows. */
function anotherChain(): ChainRpc {
  const chain = new ChainModel({ name: 'another', firstBlock, genesisMs: Date.UTC(2026, 0, 1) - firstBlock * 6000 });
  chain.advance(500);
  return new ChainRpc(chain);
}

describe('A node of another chain', () => {
  test('behind the same address after a reconnect is left out until the right one is back', async () => {
    const story = await settledStory();
    const { world, node } = story;
    const other = anotherChain();
    const ordered = [world.order({ cid: world.cids.ours() })];
    node.isReachable = false;
    await world.run(1);
    node.isReachable = true;
    node.rpc.lie = passedOnTo(() => other);
    await world.run(60);
    await expectUnharmed(story);
    expect(world.logger.lines).toContainEqual({
      level: 'error',
      message: 'Chain end point left out',
      context: expect.objectContaining({ endPoint: node.name, found: other.chain.history.at(0)?.hash }),
    });
    expect((await conditionsOf(story)).ready).toBe(false);
    node.rpc.lie = undefined;
    await expectRecovery(story, ordered);
  });

  test('is passed over when there is another end point', async () => {
    const story = await settledStory({ chainNodes: 2 });
    const { world, node } = story;
    const other = anotherChain();
    node.isReachable = false;
    await world.run(1);
    node.isReachable = true;
    node.rpc.lie = passedOnTo(() => other);
    await expectRecovery(story);
    expect(world.endings).toEqual([]);
  });
});

describe('A node that offers fewer methods', () => {
  test('lacks none that the bot uses when it refuses the unsafe ones', async () => {
    const story = await settledStory();
    await expectRecovery(story);
    const asked = [...story.world.desk.counts.keys()].flatMap((call) => /^chain (.*)$/u.exec(call)?.[1] ?? []);
    expect(safeMethods).toEqual(expect.arrayContaining(asked));
    expect(asked.length).toBeGreaterThan(5);
  });

  test.each(safeMethods)('is passed over when there is another end point (without %s)', async (method) => {
    const story = await liarWorld({ chainNodes: 2 });
    const { world, node } = story;
    node.rpc.lie = refuses(method);
    world.startBot();
    await world.run(5);
    const ordered = world.order({ cid: world.cids.ours() });
    await world.runUntil('pulled', async () => (await world.statusOf(ordered)) === 'handled', 150);
    await untilSettled(story);
    expectSaid(story, 'CHAIN_RPC_ERROR');
    await expectUnharmed(story);
    // A close waits a day for a second end point to agree.
    node.rpc.lie = undefined;
    await expectRecovery(story);
    expect(world.endings).toEqual([]);
  });

  test('keeps the bot waiting when it is the only one, who says what is missing', async () => {
    const story = await settledStory();
    const { world, node } = story;
    node.rpc.lie = refuses('state_queryStorageAt', 'state_getKeysPaged');
    const ordered = [world.order({ cid: world.cids.ours() })];
    world.chain.advance(600);
    await world.run(60);
    await expectUnharmed(story);
    expectSaid(story, 'CHAIN_RPC_ERROR');
    expect((await conditionsOf(story)).ready).toBe(false);
    node.rpc.lie = undefined;
    await expectRecovery(story, ordered);
  });
});

test('A walk whose block is pruned under it again and again goes on at newer ones and misses nothing', async () => {
  const config = { ...liarOptions.config, indexer: { maxOrdersPerSecond: 5 } };
  const story = await liarWorld({ keepBlocks: 40, config });
  const { world } = story;
  seedOrders(world.chain, 3_000, { seed: 12, mix: { expired: 1, abandoned: 1 } });
  await world.run(1);
  world.startBot();
  const ordered: string[] = [];
  for (let block = 0; block < 60; block += 1) {
    if (block % 20 === 5) ordered.push(world.order({ cid: world.cids.ours() }));
    await world.run(1);
  }
  await expectUnharmed(story);
  await untilSettled(story);
  const anchors = world.logger.lines.filter(({ message }) => message.startsWith('The walk goes on at a newer block'));
  expect(anchors.length).toBeGreaterThan(0);
  expect(await world.rows('SELECT reason FROM gap')).toEqual([]);
  await expectRecovery(story, ordered);
});

test('A walk that was interrupted keeps nobody waiting while it goes on', async () => {
  const config = { ...liarOptions.config, indexer: { maxOrdersPerSecond: 20 } };
  const story = await liarWorld({ config });
  const { world, node } = story;
  seedOrders(world.chain, 6_000, { seed: 12, mix: { expired: 1, abandoned: 1 } });
  await world.run(1);
  world.startBot();
  await world.runUntil(
    'under way',
    async () => (await world.rows('SELECT 1 FROM walk WHERE orders > 0')).length > 0,
    60,
  );
  node.rpc.lie = refuses('state_getKeysPaged', 'state_queryStorageAt');
  const isSaid = async (): Promise<boolean> => (await conditionsOf(story)).names.includes('outage:walk');
  await world.runUntil('said', isSaid, 60);
  node.rpc.lie = undefined;
  const ordered = world.order({ cid: world.cids.ours() });
  await world.runUntil('pulled', async () => (await world.statusOf(ordered)) === 'handled', 40);
  expect(await world.rows('SELECT status FROM walk')).toEqual([{ status: 'running' }]);
  expect(world.endings).toEqual([]);
  await expectUnharmed(story);
  await untilSettled(story);
});
