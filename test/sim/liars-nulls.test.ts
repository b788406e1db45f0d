import { describe, expect, test } from 'vitest';
import { answersNull } from '../../devnet/chain/rpc/lies.ts';
import { conditionsOf, expectRecovery, expectSaid, expectUnharmed, settledStory } from '../support/sim/liar-story.ts';

/** All that the bot asks once it has walked and knows the runtime. */
const methods = [
  'chain_getBlock',
  'chain_getBlockHash',
  'chain_getFinalizedHead',
  'chain_getHeader',
  'state_getRuntimeVersion',
  'state_getStorage',
  'state_queryStorageAt',
  'system_health',
];

describe.each(methods)('Null to every %s for six minutes', (method) => {
  test('passes over no block, and is told until it is over', async () => {
    const story = await settledStory();
    const { world, node } = story;
    node.rpc.lie = answersNull(method);
    const ordered: string[] = [];
    for (let block = 0; block < 60; block += 1) {
      if (block % 20 === 0) ordered.push(world.order({ cid: world.cids.ours() }));
      // The client keeps its connection, so the hash of the first block would not be asked for.
      if (block === 5) node.isReachable = false;
      if (block === 6) node.isReachable = true;
      await world.run(1);
    }
    await expectUnharmed(story);
    expectSaid(story, 'CHAIN_BAD_ANSWER');
    expect((await conditionsOf(story)).ready).toBe(false);
    expect(await world.rows('SELECT reason FROM gap')).toEqual([]);
    node.rpc.lie = undefined;
    await expectRecovery(story, ordered);
  });

  test('keeps nothing waiting when there is another end point', async () => {
    const story = await settledStory({ chainNodes: 2 });
    const { world, node } = story;
    node.rpc.lie = answersNull(method);
    const ordered = world.order({ cid: world.cids.ours() });
    // Only blocks that become final together are asked for by number.
    world.chain.advance(3);
    await world.runUntil('pulled', async () => (await world.statusOf(ordered)) === 'handled', 60);
    await expectUnharmed(story);
    expectSaid(story, 'CHAIN_BAD_ANSWER');
    // A close waits a day for a second end point to agree.
    node.rpc.lie = undefined;
    await expectRecovery(story);
    expect(world.endings).toEqual([]);
  });
});
