import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SmError } from '../../../src/domain/errors.ts';
import { ChainRoom } from '../../support/chain-room.ts';

const cids = ['a', 'b', 'c', 'd', 'e'];

type Step =
  | { readonly kind: 'order' | 'close' | 'closeAndOrder' | 'orderAndClose' | 'vanish' | 'handle'; readonly cid: string }
  | { readonly kind: 'events' | 'walk' | 'prune' | 'empty' }
  | { readonly kind: 'fail'; readonly call: string; readonly round: 'events' | 'walk' };

const cid = fc.constantFrom(...cids);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom(
      'order' as const,
      'close' as const,
      'closeAndOrder' as const,
      'orderAndClose' as const,
      'vanish' as const,
      'handle' as const,
    ),
    cid,
  }),
  fc.record({ kind: fc.constantFrom('events' as const, 'walk' as const, 'prune' as const, 'empty' as const) }),
  fc.record({
    kind: fc.constant('fail' as const),
    call: fc.constantFrom('finalizedHead', 'blockEvents', 'readOrders', 'keysPage', 'syncState', 'readHints'),
    round: fc.constantFrom('events' as const, 'walk' as const),
  }),
);

/** Does a step; events and walks are rounds of tasks made anew, as after a kill. */
async function take(room: ChainRoom, taken: Step): Promise<void> {
  const { world } = room;
  const isPresent = (name: string): boolean => world.read(name, world.head).figures !== undefined;
  switch (taken.kind) {
    case 'order':
      world.block((block) => block.order(taken.cid, { rewardPico: String(world.head) }));
      return;
    case 'close':
      if (isPresent(taken.cid)) world.block((block) => block.close(taken.cid));
      return;
    case 'closeAndOrder':
      if (!isPresent(taken.cid)) return;
      world.block((block) => {
        block.close(taken.cid);
        block.order(taken.cid, { rewardPico: String(world.head) });
      });
      return;
    case 'orderAndClose':
      world.block((block) => {
        block.order(taken.cid);
        block.close(taken.cid, 'IllegalFileClosed');
      });
      return;
    case 'vanish':
      if (isPresent(taken.cid)) world.block((block) => block.drop(taken.cid));
      return;
    case 'handle':
      await room.database.write('claim', async (tx) => {
        await tx('file_record')
          .where({ cid: taken.cid })
          .whereIn('status', ['new', 'waiting', 'failed'])
          .update({ status: 'handled' });
      });
      return;
    case 'prune':
      world.prunedBelow = world.head;
      return;
    case 'empty':
      world.mine(3);
      return;
    case 'events':
      await room.round('events');
      return;
    case 'walk':
      await walk(room);
      return;
    case 'fail':
      world.before = (call) => {
        if (call === taken.call) throw new SmError('CHAIN_UNREACHABLE', 'away');
      };
      if (taken.round === 'walk') await walk(room);
      else await room.round('events');
      world.before = () => undefined;
  }
}

async function walk(room: ChainRoom): Promise<void> {
  room.world.mine(room.scanIntervalBlocks);
  await room.round('chain-time');
  await room.round('walk');
}

/** What the tables say about an order, figures and newest FileSuccess included. */
async function told(room: ChainRoom, name: string): Promise<unknown> {
  const order = await room.order(name);
  const cleanups = (await room.cleanups()).filter((row) => row.cid === name && row.status === 'seen').length;
  if (order === undefined || order.status === 'closed') return { isOpen: false, cleanups };
  const { rewardPico, calculatedBlock, successBlock, status } = order;
  if (status === 'handled' && cleanups > 0) return { isOpen: false, cleanups };
  return { isOpen: true, cleanups, rewardPico, calculatedBlock, successBlock };
}

/** What they should say: a file held of an order that is gone has one cleanup. */
async function expected(room: ChainRoom, name: string): Promise<unknown> {
  const { figures } = room.world.read(name, room.world.head);
  const isHeld = (await room.order(name))?.status === 'handled';
  if (figures === undefined) return { isOpen: false, cleanups: isHeld ? 1 : 0 };
  const { rewardPico, calculatedBlock } = figures;
  return { isOpen: true, cleanups: 0, rewardPico, calculatedBlock, successBlock: calculatedBlock };
}

describe('whatever happens on chain and to the bot', () => {
  it('ends with the tables saying what the chain says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const room = await ChainRoom.open();
        const { world } = room;
        room.scanIntervalBlocks = 20;
        try {
          // A tenth closed at once would make every walk suspect; orders that stay keep that out of this test.
          world.block((block) => {
            for (let index = 0; index < 600; index += 1) block.set(`standing-${index}`, {});
          });
          await room.round('group');
          await room.round('chain-time');
          await room.round('walk');
          for (const taken of steps) await take(room, taken);
          await room.round('events');
          for (let round = 0; round < 4; round += 1) await walk(room);
          world.block();
          await room.round('walk');
          await room.round('events');

          expect(await room.facts.find('event-cursor')).toEqual({ block: world.head });
          expect(await room.gaps.listOpen()).toEqual([]);
          for (const name of cids) expect(await told(room, name)).toEqual(await expected(room, name));
        } finally {
          await room.close();
        }
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});
