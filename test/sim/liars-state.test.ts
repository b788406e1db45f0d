import { describe, expect, test } from 'vitest';
import {
  keysEndBefore,
  type Lie,
  noOrders,
  ordersHaveNoValues,
  stateOf,
  statesAreEmpty,
} from '../../devnet/chain/rpc/lies.ts';
import { itemKey } from '../../devnet/chain/storage-keys.ts';
import {
  conditionsOf,
  expectRecovery,
  expectSaid,
  expectUnharmed,
  type LiarStory,
  liarWorld,
  settledStory,
  untilNextWalk,
  untilSettled,
} from '../support/sim/liar-story.ts';

const middleOfMap = `${itemKey('Market', 'FilesV2')}80`;

const lies: Readonly<Record<string, (story: LiarStory) => Lie>> = {
  'has no orders, though the chain counts them': () => noOrders({ hasCount: true }),
  'has no orders and counts none': () => noOrders({ hasCount: false }),
  'has no keys behind the middle of the map': () => keysEndBefore(middleOfMap),
  'has keys of orders and no values': () => ordersHaveNoValues,
  'is that of a much older block': ({ emptyBlock }) => stateOf(emptyBlock),
  'is empty': () => statesAreEmpty,
};

describe.each(Object.entries(lies))('A state that %s, answered by a node', (_, lieOf) => {
  test('for the time of three walks: nothing is taken for closed, and all is well when it is', async () => {
    const story = await settledStory();
    const { world, node } = story;
    node.rpc.lie = lieOf(story);
    const ordered: string[] = [];
    for (let walk = 0; walk < 3; walk += 1) {
      ordered.push(world.order({ cid: world.cids.ours() }));
      await untilNextWalk(story);
      await expectUnharmed(story);
      expect(await conditionsOf(story)).toMatchObject({ ready: false });
    }
    node.rpc.lie = undefined;
    await expectRecovery(story, ordered);
  });

  test('is passed over when there is another end point', async () => {
    const story = await settledStory({ chainNodes: 2 });
    const { world, node } = story;
    node.rpc.lie = lieOf(story);
    const ordered = world.order({ cid: world.cids.ours() });
    // After a walk that nobody believes the next one begins ten minutes later.
    await untilNextWalk(story);
    await world.runUntil('pulled', async () => (await world.statusOf(ordered)) === 'handled', 150);
    await expectUnharmed(story);
    expectSaid(story, 'CHAIN_BAD_ANSWER');
    // A close waits a day for a second end point to agree.
    node.rpc.lie = undefined;
    await expectRecovery(story);
    expect(world.endings).toEqual([]);
  });
});

describe('A first start', () => {
  // Nothing tells a state that has no orders and counts none from that of a chain on which nobody has ordered yet.
  const told = Object.entries(lies).filter(([what]) => what !== 'has no orders and counts none');
  test.each(told)('on a node whose state %s does not take it for the chain', async (_, lieOf) => {
    const story = await liarWorld();
    const { world, node } = story;
    node.rpc.lie = lieOf(story);
    world.startBot();
    await world.run(40);
    await expectUnharmed(story);
    expect(await world.rows("SELECT 1 FROM walk WHERE status = 'complete'")).toEqual([]);
    node.rpc.lie = undefined;
    // What closes before the first walk is no order that anybody knew.
    await untilSettled(story);
    await expectRecovery(story);
  });
});
