import { setMaxListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WalkTask } from '../../../src/chain/walk/walk-task.ts';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { SmError } from '../../../src/domain/errors.ts';
import { seenBy } from '../../../src/domain/order.ts';
import { DAY_BLOCKS, MINUTE_MS } from '../../../src/domain/units.ts';
import { ChainRoom } from '../../support/chain-room.ts';
import type { ChainWorld } from '../../support/chain-room-world.ts';
import { ManualClock } from '../../support/manual-clock.ts';

let room: ChainRoom;
let world: ChainWorld;

beforeEach(async () => {
  room = await ChainRoom.open();
  world = room.world;
});

afterEach(async () => {
  await room.close();
});

/** Orders that stood before the first block the tests read. */
function standing(count: number, prefix = 'cid'): void {
  world.block((block) => {
    for (let index = 0; index < count; index += 1)
      block.set(`${prefix}-${index}`, { expiryBlock: 9_000_000, replicas: 4 });
  });
}

async function walkAt(blocks: number): Promise<void> {
  world.mine(blocks);
  await room.round('chain-time');
  await room.round('walk');
}

const firstWalk = async (): Promise<void> => {
  await room.round('group');
  await walkAt(0);
};

const laterWalk = async (): Promise<void> => await walkAt(DAY_BLOCKS);

describe('the first walk', () => {
  it('reads all orders and lets the events begin behind its block', async () => {
    standing(2345);
    await firstWalk();
    expect(await room.tally.counts()).toEqual([
      { status: 'new', verdict: null, orderClass: 'db', orders: 2345, bytes: 2345 * 1024 },
    ]);
    expect(await room.facts.find('event-cursor')).toEqual({ block: world.head });
    expect(await room.walks.findLastComplete()).toMatchObject({
      reason: 'first',
      readsAll: true,
      orders: 2345,
      anchorBlock: world.head,
    });
    expect(await room.order('cid-7')).toMatchObject({ seen: seenBy.scan, readBlock: world.head, replicas: 4 });
  });

  it('pins the cursor before it begins, so that an order placed meanwhile is found by its event', async () => {
    standing(10);
    await room.round('group');
    await room.round('chain-time');
    world.before = (call) => {
      if (call === 'keysPage') throw new SmError('CHAIN_UNREACHABLE', 'away');
    };
    await room.round('walk');
    expect(await room.facts.find('event-cursor')).toEqual({ block: 101 });
    world.before = () => undefined;
    world.block((block) => block.order('late'));
    await room.round('walk');
    expect(await room.order('late')).toBeUndefined();
    await room.round('events');
    expect(await room.order('late')).toMatchObject({ successBlock: 102 });
  });

  it('does not begin on a syncing end point, nor before the group was asked for', async () => {
    standing(3);
    await walkAt(0);
    expect(await room.walks.findRunning()).toBeUndefined();
    await room.round('group');
    await room.round('chain-time');
    world.syncing = true;
    await room.round('walk');
    expect(await room.walks.findLastComplete()).toBeUndefined();
    expect(room.conditions.list().map(({ name, kind }) => [name, kind])).toContainEqual(['outage:walk', 'wait']);
  });

  it.each(['keysPage', 'readOrders', 'blockAt', 'syncState', 'finalizedHead'])(
    'goes on where it was when %s failed again and again',
    async (call) => {
      standing(3100);
      await room.round('group');
      await room.round('chain-time');
      let calls = 0;
      world.before = (name) => {
        calls += name === call ? 1 : 0;
        if (name === call && calls % 2 === 0) throw new SmError('CHAIN_UNREACHABLE', 'away');
      };
      for (let round = 0; round < 12; round += 1) await room.round('walk');
      world.before = () => undefined;
      await room.round('walk');
      expect(await room.walks.findLastComplete()).toMatchObject({ id: 1, orders: 3100 });
      expect(await room.tally.openOrders()).toBe(3100);
      expect(new Set(world.valuesRead).size).toBe(3100);
    },
  );

  it('goes on at a newer block when its own was pruned, keeping its cursor', async () => {
    standing(2500);
    await room.round('group');
    await room.round('chain-time');
    let pages = 0;
    world.before = (call) => {
      pages += call === 'readOrders' ? 1 : 0;
      if (pages === 2 && world.prunedBelow === 0) {
        world.mine(50);
        world.prunedBelow = 120;
      }
    };
    await room.round('walk');
    expect(await room.walks.findLastComplete()).toMatchObject({
      orders: 2500,
      oldestPageBlock: 101,
      newestPageBlock: 151,
      anchorBlock: 151,
    });
    expect(await room.facts.find('event-cursor')).toEqual({ block: 101 });
    expect(world.valuesRead).toHaveLength(2500);
  });

  it('takes a key without a value for a wrong answer, and keys out of order too', async () => {
    standing(3);
    await room.round('group');
    await room.round('chain-time');
    world.readsOf = (reads) => reads.map((read) => ({ ...read, figures: undefined }));
    await room.round('walk');
    expect(room.logger.lines.at(-1)).toMatchObject({ context: { code: 'CHAIN_BAD_ANSWER' } });
    expect(await room.tally.openOrders()).toBe(0);
  });

  it('stands still at a value that cannot be decoded, and asks again after a minute', async () => {
    standing(3);
    await room.round('group');
    await room.round('chain-time');
    const avoided: (string | undefined)[] = [];
    world.before = (call, _block, ask) => {
      if (call === 'syncState') avoided.push(ask.avoid);
      if (call === 'readOrders') throw new SmError('CHAIN_UNDECODABLE', 'damaged', { endPoint: 'one' });
    };
    const task = room.task('walk');
    await room.roundOf(task);
    expect(room.clock.sleptMs).toBe(MINUTE_MS);
    expect(room.conditions.list()).toMatchObject([{ name: 'chain-undecodable-walk', kind: 'wait' }]);
    await room.roundOf(task);
    expect(avoided.at(-1)).toBe('one');
  });
});

describe('a later walk', () => {
  beforeEach(async () => {
    standing(1500);
    await firstWalk();
    await room.database.write('claim', async (tx) => {
      await tx('file_record').update({ status: 'waiting', verdict: 'dice', basis_id: null });
    });
    world.valuesRead.length = 0;
  });

  it('comes after the interval, not before', async () => {
    await walkAt(DAY_BLOCKS - 1);
    expect(await room.walks.findLastComplete()).toMatchObject({ id: 1 });
    await walkAt(1);
    expect(await room.walks.findLastComplete()).toMatchObject({
      id: 2,
      reason: 'interval',
      readsAll: false,
      orders: 1500,
    });
  });

  it('reads values only of new orders and of those the strategy might take soon', async () => {
    room.refreshBlocks = 1e9;
    world.block((block) => block.set('brand-new', {}));
    await room.set('cid-1', { verdict: 'few-replicas' });
    await room.set('cid-2', { verdict: 'no-space' });
    await room.set('cid-3', { status: 'queued', verdict: 'take' });
    await room.set('cid-4', { status: 'new', verdict: null });
    await room.set('cid-5', { status: 'handled' });
    await room.set('cid-6', { status: 'closed' });
    await laterWalk();
    expect(world.valuesRead.sort()).toEqual(['brand-new', 'cid-1', 'cid-2', 'cid-3', 'cid-4', 'cid-6']);
    expect(await room.order('cid-6')).toMatchObject({ status: 'new' });
  });

  it('reads the orders that updates of replicas named, once, and no others before their turn', async () => {
    room.refreshBlocks = 1e9;
    await room.set('cid-4', { status: 'failed', verdict: 'take' });
    world.block((block) => {
      for (const cid of ['cid-1', 'cid-2', 'cid-4']) block.set(cid, { replicas: 9 });
      block.updateReplicas('cid-1', 'cid-3', 'cid-4', 'unknown');
    });
    await room.round('events');
    expect(world.valuesRead).toEqual([]);
    await laterWalk();
    expect(world.valuesRead.sort()).toEqual(['cid-1', 'cid-3', 'cid-4']);
    expect(await room.order('cid-1')).toMatchObject({ replicas: 9, status: 'waiting', verdict: 'dice' });
    expect(await room.order('cid-2')).toMatchObject({ replicas: 4 });
    expect(await room.order('cid-3')).toMatchObject({ replicas: 4 });
    expect(await room.order('cid-4')).toMatchObject({ replicas: 9, status: 'failed' });
    world.valuesRead.length = 0;
    await laterWalk();
    expect(world.valuesRead).toEqual([]);
  });

  it('reads an order again that was named while the walk before it was under way', async () => {
    room.refreshBlocks = 1e9;
    world.before = (call) => {
      if (call === 'keysPage') throw new SmError('CHAIN_UNREACHABLE', 'away');
    };
    await laterWalk();
    const begun = await room.walks.findRunning();
    world.before = () => undefined;
    world.block((block) => {
      block.set('cid-1', { replicas: 9 });
      block.updateReplicas('cid-1');
    });
    await room.round('events');
    await walkAt(0);
    expect(await room.walks.findLastComplete()).toMatchObject({ id: begun?.id });
    expect(await room.order('cid-1')).toMatchObject({ replicas: 4 });
    await laterWalk();
    expect(await room.order('cid-1')).toMatchObject({ replicas: 9 });
    world.valuesRead.length = 0;
    await laterWalk();
    expect(world.valuesRead).toEqual([]);
  });

  it('reads every order again within the refresh period, about the same number each day', async () => {
    const shares: number[] = [];
    for (let day = 1; day <= 13; day += 1) {
      const before = world.valuesRead.length;
      await laterWalk();
      shares.push(world.valuesRead.length - before);
      const [oldest]: { block: number }[] = await room.database.read(
        async (reader) => await reader.raw('SELECT MIN(read_block) AS block FROM file_record'),
      );
      // The next walk comes a day later.
      expect(world.head + DAY_BLOCKS - (oldest?.block ?? 0)).toBeLessThanOrEqual(7 * DAY_BLOCKS);
    }
    expect(Math.min(...shares)).toBeGreaterThan(1500 / 9);
    expect(Math.max(...shares)).toBeLessThan(1500 / 4.5);
  });

  it('finds each changed order within the refresh period, and rewrites nothing but the block of those that stayed', async () => {
    world.block((block) => block.set('cid-9', { replicas: 77 }));
    const before = await room.order('cid-10');
    for (let day = 1; day <= 6; day += 1) await laterWalk();
    expect(await room.order('cid-9')).toMatchObject({ replicas: 77, status: 'waiting' });
    const after = await room.order('cid-10');
    expect(after).toEqual({ ...before, readBlock: after?.readBlock });
    expect(after?.readBlock).toBeGreaterThan(before?.readBlock ?? 0);
  });

  it('notes that a walk saw what only events had told', async () => {
    world.block((block) => block.order('told'));
    await room.round('events');
    expect(await room.order('told')).toMatchObject({ seen: seenBy.event });
    await room.set('told', { status: 'waiting', verdict: 'dice' });
    await laterWalk();
    expect(await room.order('told')).toMatchObject({ seen: seenBy.event | seenBy.scan });
  });

  it('reads all values for a new group owner, at once, and begins anew when the owner changes in its middle', async () => {
    world.group = { ...world.group, owner: 'cTNewOwner' };
    await room.round('group');
    await walkAt(1);
    expect(await room.walks.findLastComplete()).toMatchObject({ reason: 'new-group-owner', groupOwner: 'cTNewOwner' });
    expect(new Set(world.valuesRead).size).toBe(1500);
    expect(await room.order('cid-9')).toMatchObject({ groupOwner: 'cTNewOwner' });

    world.group = { ...world.group, owner: 'cTThird' };
    await room.round('group');
    world.before = (call) => {
      if (call === 'readOrders') throw new SmError('CHAIN_UNREACHABLE', 'away');
    };
    await walkAt(1);
    expect(await room.walks.findRunning()).toMatchObject({ groupOwner: 'cTThird' });
    world.group = { ...world.group, owner: 'cTFourth' };
    world.before = () => undefined;
    await room.round('group');
    await walkAt(1);
    expect(await room.walks.findLastComplete()).toMatchObject({ groupOwner: 'cTFourth', id: 4 });
  });

  it('keeps to what it knew while the group is gone', async () => {
    world.group = { ...world.group, owner: null, trouble: 'no-group' };
    await room.round('group');
    await walkAt(1);
    expect(await room.walks.findLastComplete()).toMatchObject({ id: 1 });
    world.block((block) => block.updateReplicas('cid-9'));
    await room.round('events');
    await laterWalk();
    expect(await room.walks.findLastComplete()).toMatchObject({ id: 2, groupOwner: null });
    expect(await room.order('cid-9')).toMatchObject({ groupOwner: 'cTOwner' });
    expect(world.valuesRead).toEqual([]);
    world.group = { ...world.group, owner: 'cTOwner', trouble: null };
    await room.round('group');
    await laterWalk();
    expect(world.valuesRead).toContain('cid-9');
  });
});

describe('a walk under way', () => {
  beforeEach(() => standing(6000));

  const begin = async (): Promise<void> => {
    await room.round('group');
    await room.round('chain-time');
  };

  it('writes every page before the one that failed and none behind it', async () => {
    await begin();
    const texts = Array.from({ length: 6000 }, (_, index) => chainOrderKey(`cid-${index}`))
      .sort((one, other) => (one.storageKey < other.storageKey ? -1 : 1))
      .map((key) => key.text);
    world.readsOf = (reads) => {
      if (reads.some((read) => read.key.text === texts[2500])) throw new SmError('CHAIN_UNREACHABLE', 'away');
      return reads;
    };
    await room.round('walk');
    const { orders: written = 0 } = (await room.walks.findRunning()) ?? {};
    expect(written).toBeGreaterThan(1400);
    expect(written).toBeLessThanOrEqual(2500);
    expect(await room.tally.openOrders()).toBe(written);
    expect(await room.order(texts[written - 1] ?? '')).toBeDefined();
    expect(await room.order(texts[written] ?? '')).toBeUndefined();
  });

  it('has nothing under way any more when it was stopped', async () => {
    await begin();
    const control = new AbortController();
    setMaxListeners(0, control.signal);
    let underWay = 0;
    let asked = 0;
    const { keysPage, readOrders } = world.orders;
    const counted = async <T>(work: Promise<T>): Promise<T> => {
      underWay += 1;
      asked += 1;
      if (asked === 7) control.abort();
      try {
        return await work;
      } finally {
        await new Promise(setImmediate);
        underWay -= 1;
      }
    };
    const orders = {
      keysPage: async (...page: Parameters<typeof keysPage>) => await counted(keysPage(...page)),
      readOrders: async (...page: Parameters<typeof readOrders>) => await counted(readOrders(...page)),
    };
    const { endPoints, blocks, events, facts } = world;
    room.chain = { endPoints, blocks, events, facts, orders };
    await new WalkTask({ ...room.parts, clock: new ManualClock() }).run(control.signal);
    expect(asked).toBeGreaterThanOrEqual(7);
    expect(underWay).toBe(0);
    const askedThen = asked;
    await new Promise(setImmediate);
    expect(asked).toBe(askedThen);
  });

  it('asks for no more orders a second than it may, those of one page at a time', async () => {
    const clock = new ManualClock();
    room.maxOrdersPerSecond = 500;
    await begin();
    const asked: { atMs: number; keys: number }[] = [];
    world.readsOf = (reads) => {
      asked.push({ atMs: clock.monotonicMs(), keys: reads.length });
      return reads;
    };
    const control = new AbortController();
    const running = new WalkTask({ ...room.parts, clock }).run(control.signal);
    while ((await room.walks.findLastComplete()) === undefined) await clock.advance(200);
    control.abort();
    await running;
    let read = 0;
    for (const { atMs, keys } of asked) {
      expect(read).toBeLessThanOrEqual(1000 + (atMs / 1000) * 500);
      read += keys;
    }
    expect(read).toBe(6000);
    expect(asked.at(-1)?.atMs).toBeGreaterThan(9000);
  });

  it('notes how far this run has come, not the runs before', async () => {
    await begin();
    let calls = 0;
    world.before = (call) => {
      room.clock.ms += call === 'readOrders' ? 2000 : 0;
      calls += call === 'readOrders' ? 1 : 0;
      if (calls === 4) throw new SmError('CHAIN_UNREACHABLE', 'away');
    };
    await room.round('walk');
    const first = await room.facts.find('walk-run');
    expect(first).toMatchObject({ walkId: 1, fromOrders: 0, fromShare: 0 });
    const running = await room.walks.findRunning();
    room.clock.ms += 86_400_000;
    world.before = () => (room.clock.ms += 500);
    const resumedMs = room.clock.ms;
    await room.round('walk');
    const second = await room.facts.find('walk-run');
    expect(second).toMatchObject({ walkId: 1, fromOrders: running?.orders });
    expect(second?.sinceMs).toBeGreaterThanOrEqual(resumedMs);
    expect(second?.atMs).toBeGreaterThan(second?.sinceMs ?? 0);
    expect(second?.orders).toBeGreaterThan(running?.orders ?? 0);
    expect(second?.share).toBeGreaterThan(second?.fromShare ?? 1);
    expect(second?.share).toBeLessThanOrEqual(1);
  });
});

describe('a gap', () => {
  beforeEach(async () => {
    standing(600);
    await firstWalk();
    for (const cid of ['cid-1', 'cid-2']) await room.set(cid, { status: 'failed', attempts: 5, verdict: 'take' });
    world.block((block) => {
      block.order('cid-1', { expiryBlock: 9_500_000 });
      block.order('lost');
      block.close('cid-3');
    });
    world.mine(300);
    world.prunedBelow = 300;
    await room.round('events');
  });

  it('is walked for at once, all values read, and what was ordered inside it counts as ordered then', async () => {
    expect(await room.gaps.listOpen()).toMatchObject([{ fromBlock: 102, toBlock: 299 }]);
    await walkAt(0);
    expect(await room.gaps.listOpen()).toEqual([]);
    expect(await room.walks.findLastComplete()).toMatchObject({ reason: 'gap', readsAll: true, newestGap: 1 });
    expect(await room.order('lost')).toMatchObject({ status: 'new', successBlock: 102, orderClass: 'new', seen: 3 });
    expect(await room.order('cid-1')).toMatchObject({
      status: 'new',
      attempts: 0,
      successBlock: 102,
      expiryBlock: 9_500_000,
    });
    expect(await room.order('cid-2')).toMatchObject({ status: 'failed', attempts: 5, successBlock: null });
    expect(await room.absentCids()).toEqual(['cid-3']);
    await walkAt(1);
    expect(await room.walks.findLastComplete()).toMatchObject({ id: 2 });
  });
});

describe('a gap found while a walk runs', () => {
  it('is closed by the next walk, which follows at once', async () => {
    standing(1500);
    await room.round('group');
    await room.round('chain-time');
    let gapAdded = false;
    world.before = (call) => {
      if (call !== 'readOrders' || gapAdded) return;
      gapAdded = true;
      throw new SmError('CHAIN_UNREACHABLE', 'away');
    };
    await room.round('walk');
    await room.database.write('event', async (tx) => {
      await room.gaps.add(tx, { fromBlock: 50, toBlock: 60, reason: 'pruned' }, 0);
    });
    await room.round('walk');
    expect(await room.walks.findLastComplete()).toMatchObject({ id: 2, reason: 'gap' });
    expect(await room.walks.findCompleteBefore(2)).toMatchObject({ id: 1, newestGap: 0 });
    expect(await room.gaps.listOpen()).toEqual([]);
  });
});
