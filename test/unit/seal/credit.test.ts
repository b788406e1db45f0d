import { describe, expect, it } from 'vitest';
import { groupOwner } from '../../support/chain-room-world.ts';
import { CREDIT_BLOCKS } from '../../../src/seal/slice-plan.ts';
import { cidOf, heldWorld } from '../../support/held-world.ts';

const fullRoundMs = 31 * 60_000;

describe('copies that earn nothing', () => {
  it('are counted when the map was read 12 hours after sealing and lacks our group, and nothing is deleted for it', async () => {
    const world = await heldWorld();
    for (const name of ['credited', 'uncredited', 'young']) {
      await world.heldOrder(cidOf(name));
      await world.order(cidOf(name));
    }
    world.chain.block((block) => block.set(cidOf('credited'), { groupHold: 2, replicas: 1, groupOwner }));
    await world.mine(CREDIT_BLOCKS);
    await world.update('pin_record', cidOf('young'), { sealed_block: world.chain.head - CREDIT_BLOCKS + 1 });
    const running = await world.start(world.sealUpdater());
    expect(await world.facts.find('held-report')).toMatchObject({ uncredited: 0 });
    await running.after(fullRoundMs);
    expect(await world.facts.find('held-report')).toMatchObject({ uncredited: 1 });
    expect(world.said('warn').filter((text) => text.includes('earn nothing'))).toHaveLength(1);
    expect(world.deletions).toEqual([]);
  });
});
