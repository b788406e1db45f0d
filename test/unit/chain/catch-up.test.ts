import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cutWindow } from '../../../src/chain/events/window-cuts.ts';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { SmError } from '../../../src/domain/errors.ts';
import { ChainRoom } from '../../support/chain-room.ts';
import { type ChainWorld, plainFigures } from '../../support/chain-room-world.ts';

let room: ChainRoom;
let world: ChainWorld;

beforeEach(async () => {
  room = await ChainRoom.open();
  world = room.world;
  await room.round('group');
  await room.database.write('event', async (tx) => await room.facts.set(tx, 'event-cursor', { block: world.head }));
});

afterEach(async () => {
  await room.close();
});

/** The facts as they stand after each transaction that moved the cursor. */
async function watchProgress(
  blocksPerMs: number,
): Promise<readonly (readonly [cursor: number, at: number | undefined, rate: number | undefined])[]> {
  const seen: [number, number | undefined, number | undefined][] = [];
  world.before = (call) => {
    // Time passes with every window that is read.
    if (call === 'blocksBetween') room.clock.ms += 255 / blocksPerMs;
  };
  const { database } = room;
  const written = database.write.bind(database);
  database.write = async (priority, work) => {
    const result = await written(priority, work);
    const [cursor, progress] = await Promise.all([room.facts.find('event-cursor'), room.facts.find('event-progress')]);
    seen.push([cursor?.block ?? 0, progress?.atBlock, progress?.blocksPerSecond]);
    return result;
  };
  await room.round('events');
  return seen;
}

describe('a catch-up', () => {
  it('over many windows skips nothing and applies what happened to one order in its order', async () => {
    for (let index = 0; index < 1000; index += 1) {
      world.block((block) => {
        if (index % 7 === 0) block.order(`new-${index}`, { sizeBytes: index + 1 });
        if (index % 100 === 10) block.order('again', { rewardPico: String(index) });
        if (index % 100 === 60) block.close('again');
      });
    }
    await room.round('events');
    expect(await room.facts.find('event-cursor')).toEqual({ block: world.head });
    expect(await room.tally.openOrders()).toBe(143);
    expect(await room.order('again')).toMatchObject({ status: 'closed', successBlock: 1011, readBlock: 1061 });
    expect(await room.order('new-994')).toMatchObject({ sizeBytes: 995, successBlock: 1095 });
  });

  it('tells how far it is and how fast every few seconds, and nothing any more once it is close behind the head', async () => {
    world.mine(2000);
    const seen = await watchProgress(0.1);
    expect(seen.at(-1)).toEqual([world.head, undefined, undefined]);
    const told = seen.filter(([, at]) => at !== undefined);
    expect(told.length).toBeGreaterThan(2);
    for (const [cursor, at, rate] of told) {
      expect(at).toBeLessThanOrEqual(cursor);
      expect(rate).toBeGreaterThan(20);
      expect(rate).toBeLessThan(200);
    }
    expect(await room.facts.find('event-progress')).toBeUndefined();
  });

  it('takes away what a process before it told', async () => {
    const stale = { atBlock: 7, headBlock: 9000, blocksPerSecond: 3, atMs: 0 };
    await room.database.write('event', async (tx) => await room.facts.set(tx, 'event-progress', stale));
    world.block();
    await room.round('events');
    expect(await room.facts.find('event-progress')).toBeUndefined();
  });

  it('tells nothing of a few blocks', async () => {
    world.mine(30);
    const seen = await watchProgress(0.001);
    expect(seen.map(([, at]) => at)).toEqual([undefined]);
  });

  it('that fails keeps what it has taken in and leaves nothing under way', async () => {
    world.mine(600);
    let underWay = 0;
    const { chain } = room;
    room.chain = {
      ...chain,
      events: {
        ...chain.events,
        blockEvents: async (parent, blocks, ask) => {
          underWay += 1;
          try {
            return await chain.events.blockEvents(parent, blocks, ask);
          } finally {
            underWay -= 1;
          }
        },
      },
    };
    world.before = (call, block) => {
      if (call === 'blockEvents' && block === 400) throw new SmError('CHAIN_UNREACHABLE', 'away');
    };
    await room.round('events');
    expect(await room.facts.find('event-cursor')).toEqual({ block: 399 });
    expect(underWay).toBe(0);
    expect(room.conditions.away('chain')).toBe(true);
  });
});

describe('at the head', () => {
  it('a block costs one question for the head and those about itself, and nothing is looked up between two blocks', async () => {
    const task = room.task('events');
    world.block();
    await room.roundOf(task);
    const asked: string[] = [];
    world.before = (call) => asked.push(call);
    await room.roundOf(task);
    expect(asked).toEqual(['finalizedHead']);
    world.block((block) => block.order('a'));
    await room.roundOf(task);
    expect(asked).toEqual(['finalizedHead', 'finalizedHead', 'blockEvents', 'readHints', 'readOrders']);
    expect(await room.order('a')).toMatchObject({ successBlock: world.head });
  });
});

describe('the transactions of a window', () => {
  const block = (number: number, orders: number, replicas = 0) => {
    const ref = { number, hash: `0x${number}` };
    const key = chainOrderKey('a');
    const order = { read: { key, atBlock: number, figures: plainFigures }, ordered: true, closed: false };
    const changes = {
      atBlock: number,
      endPoint: 'one',
      orders: Array.from({ length: orders }, () => order),
      payments: [],
      replicasUpdated: Array.from({ length: replicas }, () => key),
    };
    return { block: ref, changes, contradictions: [] };
  };
  const cut = (...blocks: ReturnType<typeof block>[]): number[][] =>
    cutWindow(blocks).map((part) => part.map(({ changes }) => changes.atBlock));

  it('are one for a quiet window, and none for no blocks', () => {
    expect(cut(block(1, 0), block(2, 3), block(3, 0, 40))).toEqual([[1, 2, 3]]);
    expect(cut()).toEqual([]);
  });

  it('end before they hold a claim up, and never inside of a block', () => {
    expect(cut(block(1, 200), block(2, 150), block(3, 100), block(4, 900), block(5, 0))).toEqual([
      [1],
      [2, 3],
      [4],
      [5],
    ]);
    expect(cut(block(1, 0, 3000), block(2, 0, 3000))).toEqual([[1], [2]]);
    expect(cut(block(1, 0, 300), block(2, 0, 325), block(3, 0, 1))).toEqual([[1, 2], [3]]);
  });
});
