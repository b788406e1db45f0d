import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SmError } from '../../../src/domain/errors.ts';
import { DAY_BLOCKS } from '../../../src/domain/units.ts';
import { orderStatuses } from '../../../src/domain/statuses.ts';
import { ChainRoom } from '../../support/chain-room.ts';
import type { ChainWorld } from '../../support/chain-room-world.ts';

let room: ChainRoom;
let world: ChainWorld;
const orders = 400;

beforeEach(async () => {
  room = await ChainRoom.open();
  world = room.world;
  world.block((block) => {
    for (let index = 0; index < orders; index += 1) block.set(`cid-${index}`, { expiryBlock: 9_000_000 });
  });
  await room.round('group');
  await walk(0);
});

afterEach(async () => {
  await room.close();
});

async function walk(blocks = DAY_BLOCKS): Promise<void> {
  world.mine(blocks);
  await room.round('chain-time');
  await room.round('walk');
}

/** A round without a walk, one block later: the third read. */
async function thirdRead(): Promise<void> {
  await walk(1);
}

function drop(...cids: string[]): void {
  world.block((block) => {
    for (const cid of cids) block.drop(cid);
  });
}

describe('an order gone from the chain without an event', () => {
  it.each(orderStatuses)(
    'that is %s is settled by two walks and a read at a newer block, not before',
    async (status) => {
      await room.set('cid-1', { status });
      drop('cid-1');
      await walk();
      expect(await room.absentCids()).toEqual(status === 'closed' ? [] : ['cid-1']);
      expect(await room.order('cid-1')).toMatchObject({ status });
      await thirdRead();
      expect(await room.order('cid-1')).toMatchObject({ status });
      await walk();
      expect(await room.order('cid-1')).toMatchObject({ status });
      await thirdRead();
      const held = status === 'pulling' || status === 'handled';
      expect(await room.order('cid-1')).toMatchObject({ status: held ? status : 'closed' });
      expect(await room.cleanups()).toMatchObject(
        held ? [{ cid: 'cid-1', status: 'seen', cause: 'absence', seen_block: world.head }] : [],
      );
      expect(await room.absentCids()).toEqual([]);
    },
  );

  it('is settled in the process that walked, too', async () => {
    drop('cid-1');
    const task = room.task('walk');
    for (const blocks of [DAY_BLOCKS, DAY_BLOCKS, 1]) {
      world.mine(blocks);
      await room.round('chain-time');
      await room.roundOf(task);
    }
    expect(await room.order('cid-1')).toMatchObject({ status: 'closed' });
  });

  it('stays when the third read finds it', async () => {
    drop('cid-1');
    await walk();
    await walk();
    world.block((block) => block.set('cid-1', { replicas: 5 }));
    await room.round('walk');
    expect(await room.order('cid-1')).toMatchObject({ status: 'new', replicas: 5 });
    expect(await room.absentCids()).toEqual([]);
  });

  it('starts from the beginning when a walk between finds its key', async () => {
    await room.set('cid-1', { status: 'waiting', verdict: 'dice' });
    drop('cid-1');
    await walk();
    world.block((block) => block.set('cid-1', {}));
    await walk();
    expect(await room.absentCids()).toEqual([]);
    drop('cid-1');
    await walk();
    await thirdRead();
    expect(await room.order('cid-1')).toMatchObject({ status: 'waiting' });
  });

  it('starts from the beginning when any newer read finds it', async () => {
    drop('cid-1');
    await walk();
    world.block((block) => block.order('cid-1'));
    await room.round('events');
    expect(await room.absentCids()).toEqual([]);
  });

  it('is not closed by an end point that is syncing or away', async () => {
    drop('cid-1');
    await walk();
    await walk();
    world.mine(1);
    world.syncing = true;
    await room.round('walk');
    expect(await room.order('cid-1')).toMatchObject({ status: 'new' });
    world.syncing = false;
    await room.round('walk');
    expect(await room.order('cid-1')).toMatchObject({ status: 'closed', readBlock: world.head });
  });

  it('does not count a walk that was given up', async () => {
    drop('cid-1');
    world.mine(DAY_BLOCKS);
    await room.round('chain-time');
    world.before = (call) => {
      if (call === 'keysPage' && ++pages === 2) throw new SmError('CHAIN_UNREACHABLE', 'away');
    };
    let pages = 0;
    await room.round('walk');
    expect(await room.absentCids()).toEqual(['cid-1']);
    world.group = { ...world.group, owner: 'cTNewOwner' };
    await room.round('group');
    await walk(1);
    expect(await room.walks.findLastComplete()).toMatchObject({ id: 3, reason: 'new-group-owner' });
    await thirdRead();
    expect(await room.order('cid-1')).toMatchObject({ status: 'new' });
    expect(await room.absentCids()).toEqual(['cid-1']);
  });
});

describe('many orders gone at once', () => {
  const many = Array.from({ length: 10 }, (_, index) => `cid-${index}`);

  it('are closed only after the next walk agrees', async () => {
    drop(...many);
    await walk();
    await walk();
    await thirdRead();
    expect(await room.walks.findLastComplete()).toMatchObject({ suspect: true });
    expect(await room.tally.openOrders()).toBe(orders);
    drop('cid-50');
    await walk();
    await thirdRead();
    expect(await room.tally.openOrders()).toBe(orders - many.length);
    expect(await room.order('cid-50')).toMatchObject({ status: 'new' });
    expect(await room.walks.findLastComplete()).toMatchObject({ suspect: false });
  });

  it('up to one in a hundred are closed at once', async () => {
    drop('cid-1', 'cid-2', 'cid-3', 'cid-4');
    await walk();
    await walk();
    await thirdRead();
    expect(await room.tally.openOrders()).toBe(orders - 4);
  });

  it('come back after a walk that was wrong', async () => {
    drop(...many);
    await walk();
    await walk();
    world.block((block) => {
      for (const cid of many) block.set(cid, {});
    });
    await walk();
    await thirdRead();
    expect(await room.tally.openOrders()).toBe(orders);
    expect(await room.absentCids()).toEqual([]);
  });

  it('are an outage when most of what is known seems gone, and nothing is remembered of it', async () => {
    drop(...Array.from({ length: orders - 20 }, (_, index) => `cid-${index}`));
    for (let round = 0; round < 4; round += 1) await walk();
    expect(await room.tally.openOrders()).toBe(orders);
    expect(await room.absentCids()).toEqual([]);
    expect(room.conditions.list()).toMatchObject([{ name: 'chain-lost-orders', kind: 'outage' }]);
    expect(await room.walks.findLastComplete()).toMatchObject({ id: 1 });
    world.block((block) => {
      for (let index = 0; index < orders; index += 1) block.set(`cid-${index}`, {});
    });
    await walk();
    expect(room.conditions.ready).toBe(true);
  });
});
