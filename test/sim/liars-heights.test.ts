import { describe, expect, test } from 'vitest';
import { oncePerConnection, passedOnTo } from '../../devnet/chain/rpc/lies.ts';
import { ChainRpc } from '../../devnet/chain/rpc.ts';
import { SeededRandom } from '../../devnet/chain/seeded-random.ts';
import { blockMs } from '../support/sim/sim-options.ts';
import {
  conditionsOf,
  expectRecovery,
  expectSaid,
  expectUnharmed,
  type LiarStory,
  liarWorld,
  settledStory,
  untilSettled,
} from '../support/sim/liar-story.ts';

/** Nodes that lack so many of the newest blocks, and a choice among them. */
function nodesBehind({ world }: LiarStory, behind: readonly number[]): () => ChainRpc {
  const nodes = behind.map((blocksBehind) => new ChainRpc(world.chain, { blocksBehind }));
  const random = new SeededRandom(5);
  return () => nodes[random.between(0, nodes.length - 1)] ?? new ChainRpc(world.chain);
}

describe('A load balancer in front of nodes at different heights', () => {
  test('that asks another one with each question slows the bot down and does nothing else', async () => {
    const story = await settledStory();
    const { world, node } = story;
    node.rpc.lie = passedOnTo(nodesBehind(story, [0, 2, 30]));
    const ordered: string[] = [];
    for (let block = 0; block < 150; block += 1) {
      if (block % 30 === 0) ordered.push(world.order({ cid: world.cids.ours() }));
      await world.run(1);
    }
    await expectUnharmed(story);
    // A node that does not have a block yet has not thrown its state away.
    expect(await world.rows('SELECT reason FROM gap')).toEqual([]);
    expectSaid(story, 'CHAIN_SYNCING');
    node.rpc.lie = undefined;
    await expectRecovery(story, ordered);
  });

  test('that asks another one with each connection does no harm, also while a walk is due', async () => {
    const story = await settledStory();
    const { world, node } = story;
    node.rpc.lie = passedOnTo(oncePerConnection(nodesBehind(story, [0, 40, 400])));
    const ordered: string[] = [];
    for (let block = 0; block < 150; block += 1) {
      if (block % 30 === 0) ordered.push(world.order({ cid: world.cids.ours() }));
      if (block === 60) world.chain.advance(600);
      node.isReachable = block % 15 !== 0;
      await world.run(1);
    }
    await expectUnharmed(story);
    expect(await world.rows('SELECT reason FROM gap')).toEqual([]);
    node.rpc.lie = undefined;
    await expectRecovery(story, ordered);
  });
});

describe('A node that was started again and syncs from old blocks', () => {
  test.each([true, false])('is waited for (it says so: %s)', async (isSyncing) => {
    const story = await liarWorld({}, 1_600);
    const { world, node } = story;
    world.startBot();
    await untilSettled(story);
    // It knows nothing of all that is held.
    Object.assign(node.rpc.node, { blocksBehind: 1_500, isSyncing, peers: isSyncing ? 25 : 0 });
    const ordered = [world.order({ cid: world.cids.ours() })];
    for (let block = 0; block < 30; block += 1) {
      await world.run(1);
      node.rpc.node.blocksBehind -= 37;
    }
    await expectUnharmed(story);
    expectSaid(story, 'CHAIN_SYNCING');
    expect((await conditionsOf(story)).ready).toBe(false);
    expect(await world.statusOf(ordered[0] ?? '')).toBeUndefined();
    expect(await world.rows('SELECT reason FROM walk')).toEqual([{ reason: 'first' }]);
    Object.assign(node.rpc.node, { blocksBehind: 0, isSyncing: false, peers: 25 });
    await expectRecovery(story, ordered);
  });

  test('is passed over when there is another end point', async () => {
    const story = await liarWorld({ chainNodes: 2 }, 400);
    const { world, node } = story;
    world.startBot();
    await untilSettled(story);
    node.rpc.node.blocksBehind = 300;
    const ordered = world.order({ cid: world.cids.ours() });
    await world.runUntil('pulled', async () => (await world.statusOf(ordered)) === 'handled', 60);
    expect(world.endings).toEqual([]);
    await expectUnharmed(story);
    await expectRecovery(story);
  });
});

describe('Finality that stands still', () => {
  test.each([
    { keepBlocks: 5_000, gaps: [] },
    // With it most of the blocks of that hour lose their state at once.
    { keepBlocks: 256, gaps: [{ reason: 'pruned' }] },
  ])(
    'for an hour is said, and nothing of later blocks counts before they are final ($keepBlocks states kept)',
    async ({ keepBlocks, gaps }) => {
      const story = await settledStory({ keepBlocks });
      const { world, node } = story;
      world.chain.isFinalityPaused = true;
      const ordered = [world.order({ cid: world.cids.ours() })];
      await world.run(110);
      expect(await conditionsOf(story)).toEqual({ ready: true, names: ['chain-finality'] });
      expect(world.logger.lines).toContainEqual({
        level: 'warn',
        message: 'No further block becomes final',
        context: { endPoint: node.name, block: world.chain.finalized.number, minutes: 10 },
      });
      await world.leapMs(490 * blockMs);
      await world.run(5);
      await expectUnharmed(story);
      expect(await world.statusOf(ordered[0] ?? '')).toBeUndefined();
      world.chain.isFinalityPaused = false;
      await expectRecovery(story, ordered);
      expect(await world.rows('SELECT reason FROM gap')).toEqual(gaps);
    },
  );

  test('at one end point has the other one asked first', async () => {
    const story = await settledStory({ chainNodes: 2 });
    const { world, node } = story;
    const ordered = world.order({ cid: world.cids.ours() });
    for (let block = 0; block < 130; block += 1) {
      node.rpc.node.finalityBehind += 1;
      await world.run(1);
    }
    expect(await world.statusOf(ordered)).toBe('handled');
    expect(await conditionsOf(story)).toEqual({ ready: true, names: [] });
    await expectUnharmed(story);
    await expectRecovery(story);
  });
});
