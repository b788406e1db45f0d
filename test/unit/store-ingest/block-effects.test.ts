import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import type { OrderFigures, OrderRead } from '../../../src/domain/order.ts';
import { orderStatuses, type OrderStatus } from '../../../src/domain/statuses.ts';
import { applyBlocks, type BlockChanges, type OrderChange } from '../../../src/store/order-events.ts';
import { Owners } from '../../../src/store/owners.ts';
import { ChainRoom } from '../../support/chain-room.ts';
import { plainFigures } from '../../support/chain-room-world.ts';

let room: ChainRoom;

beforeEach(async () => {
  room = await ChainRoom.open();
});

afterEach(async () => {
  await room.close();
});

const key = chainOrderKey('a');
const present = (atBlock: number, figures: Partial<OrderFigures> = {}): OrderRead => ({
  key,
  atBlock,
  figures: { ...plainFigures, ...figures },
});
const memo = (text: string): Uint8Array => Buffer.from(text);
const gone = (atBlock: number): OrderRead => ({ key, atBlock, figures: undefined });

const scanIntervalBlocks = 100;

async function apply(atBlock: number, order: OrderChange, more: Partial<BlockChanges> = {}): Promise<void> {
  const changes = { atBlock, endPoint: 'one', orders: [order], payments: [], replicasUpdated: [], ...more };
  await room.database.write('event', async (tx) => await applyBlocks(tx, [changes], { nowMs: 5, scanIntervalBlocks }));
}

const ordered = async (atBlock: number, figures: Partial<OrderFigures> = {}): Promise<void> =>
  await apply(atBlock, { read: present(atBlock, figures), ordered: true, closed: false });
/** An update of replicas names the order. */
const named = async (atBlock: number): Promise<void> =>
  await apply(atBlock, { read: present(10), ordered: false, closed: false }, { orders: [], replicasUpdated: [key] });
const closed = async (atBlock: number): Promise<void> =>
  await apply(atBlock, { read: gone(atBlock), ordered: false, closed: true });

/** An order read at block 10 that other rooms have brought to `status`. */
async function orderIn(status: OrderStatus): Promise<void> {
  await apply(10, { read: present(10, { expiryBlock: 900 }), ordered: false, closed: false });
  await room.set('a', {
    status,
    class: 'db',
    verdict: 'few-replicas',
    verdict_inputs: '{}',
    decided_block: 10,
    look_block: status === 'waiting' ? 400 : null,
    look_count: 3,
    turn_block: 500,
    attempts: 4,
    gone_count: 1,
    oversize: 1,
    revise: 1,
    draw: 0.5,
  });
}

const afterOrder: Record<OrderStatus, OrderStatus> = {
  new: 'new',
  waiting: 'new',
  queued: 'new',
  pulling: 'pulling',
  handled: 'handled',
  failed: 'new',
  closed: 'new',
};

describe('a FileSuccess', () => {
  it.each(orderStatuses)('meets an order that is %s', async (status) => {
    await orderIn(status);
    await ordered(20, { rewardPico: '77' });
    const order = await room.order('a');
    expect(order).toMatchObject({
      status: afterOrder[status],
      rewardPico: '77',
      successBlock: 20,
      readBlock: 20,
      seen: 2,
      orderClass: 'new',
      attempts: 0,
      goneCount: 0,
      oversize: false,
      lookCount: 0,
      lookBlock: null,
      turnBlock: status === 'handled' ? null : 432_020,
      // Its verdict is one of before the order: decided again should it come back.
      revise: status === 'pulling',
      draw: 0.5,
    });
    expect(order?.verdict).toBe(status === 'pulling' ? 'few-replicas' : null);
  });

  it.each(orderStatuses)('that is older than the figures of an order that is %s still counts', async (status) => {
    await orderIn(status);
    await room.set('a', { read_block: 30 });
    await ordered(20, { rewardPico: '77' });
    expect(await room.order('a')).toMatchObject({
      status: status === 'closed' ? 'closed' : afterOrder[status],
      rewardPico: '1000',
      readBlock: 30,
      successBlock: 20,
      attempts: 0,
    });
  });

  it('does not count twice, nor when a newer one is known', async () => {
    await orderIn('waiting');
    await room.set('a', { success_block: 25 });
    await ordered(20);
    expect(await room.order('a')).toMatchObject({ status: 'waiting', successBlock: 25, attempts: 4, orderClass: 'db' });
  });

  it.each([
    ['seen', 'cancelled'],
    ['confirmed', 'cancelled'],
    ['deleting', 'deleting'],
    ['done', 'done'],
    ['cancelled', 'cancelled'],
  ])('meets a %s cleanup: %s', async (status, after) => {
    await orderIn('handled');
    await room.addCleanup('a', { status, seen: 15 });
    await ordered(20);
    expect(await room.cleanups()).toMatchObject([{ status: after }]);
  });

  it('of an unknown order makes a row', async () => {
    await ordered(20, { sizeBytes: 5 });
    expect(await room.order('a')).toMatchObject({
      status: 'new',
      seen: 2,
      successBlock: 20,
      sizeBytes: 5,
      createdBlock: 20,
    });
  });

  it('keeps every payer with its newest memo that could be told', async () => {
    const owners = new Owners(room.database);
    const change = { read: present(20), ordered: true, closed: false };
    const payments = [
      { key, payer: 'cTAlice', memo: memo('one') },
      { key, payer: 'cTAlice', memo: memo('two') },
      { key, payer: 'cTBob', memo: null },
    ];
    await apply(20, change, { payments });
    const id = (await room.order('a'))?.id ?? 0;
    expect(await owners.list(id)).toEqual([
      { address: 'cTAlice', memo: memo('two') },
      { address: 'cTBob', memo: null },
    ]);
    await apply(
      21,
      { ...change, read: present(21) },
      {
        payments: [
          { key, payer: 'cTAlice', memo: null },
          { key, payer: 'cTBob', memo: memo('') },
        ],
      },
    );
    expect(await owners.list(id)).toEqual([
      { address: 'cTAlice', memo: memo('two') },
      { address: 'cTBob', memo: memo('') },
    ]);
  });
});

describe('a close', () => {
  it.each(orderStatuses)('meets an order that is %s', async (status) => {
    await orderIn(status);
    await closed(20);
    const held = status === 'pulling' || status === 'handled';
    expect(await room.order('a')).toMatchObject(
      held ? { status } : { status: 'closed', readBlock: status === 'closed' ? 10 : 20 },
    );
    expect(await room.cleanups()).toMatchObject(
      held ? [{ cid: 'a', status: 'seen', cause: 'event', seen_block: 20 }] : [],
    );
  });

  it.each(['pulling', 'handled'] as const)(
    'of an order that is %s is not undone by an older read coming late',
    async (status) => {
      await orderIn(status);
      await closed(20);
      await apply(15, { read: present(15, { replicas: 9 }), ordered: false, closed: false });
      expect(await room.order('a')).toMatchObject({ status, readBlock: 20, replicas: 0 });
      expect(await room.cleanups()).toMatchObject([{ status: 'seen' }]);
    },
  );

  it('leaves nothing to look at', async () => {
    await orderIn('waiting');
    await closed(20);
    expect(await room.order('a')).toMatchObject({ lookBlock: null, turnBlock: null, revise: false });
  });

  it.each(orderStatuses)('that is older than the data of an order that is %s changes nothing', async (status) => {
    await orderIn(status);
    await room.set('a', { read_block: 20 });
    const before = await room.order('a');
    await closed(20);
    expect(await room.order('a')).toEqual(before);
    expect(await room.cleanups()).toEqual([]);
  });

  it.each([
    ['seen', 1],
    ['confirmed', 1],
    ['deleting', 1],
    ['done', 2],
    ['cancelled', 2],
  ])('with a %s cleanup of that file leaves %i', async (status, count) => {
    await orderIn('handled');
    await room.addCleanup('a', { status, seen: 5 });
    await closed(20);
    const cleanups = await room.cleanups();
    expect(cleanups).toHaveLength(count);
    expect(cleanups[0]).toMatchObject({ status });
  });

  it('after a re-order in the same block closes it, and the re-order is remembered', async () => {
    await orderIn('failed');
    await apply(20, { read: gone(20), ordered: true, closed: true });
    expect(await room.order('a')).toMatchObject({ status: 'closed', successBlock: 20, readBlock: 20 });
  });

  it('of an order never known leaves nothing', async () => {
    await apply(
      20,
      { read: gone(20), ordered: true, closed: true },
      { payments: [{ key, payer: 'cTAlice', memo: null }] },
    );
    expect(await room.order('a')).toBeUndefined();
  });

  it('forgets that walks missed it', async () => {
    await orderIn('waiting');
    const id = (await room.order('a'))?.id ?? 0;
    await room.database.write('bulk', async (tx) => {
      await room.absences.note(tx, [id], { walkId: 1, atBlock: 15, endPoint: 'one' });
    });
    await closed(20);
    expect(await room.absentCids()).toEqual([]);
  });
});

describe('reported replicas', () => {
  it.each([
    ['waiting', 'few-replicas', 20],
    ['waiting', 'many-replicas', 20],
    ['waiting', 'group-has-it', 20],
    ['waiting', 'dice', 400],
    ['waiting', 'no-space', 400],
    ['queued', 'take', null],
    ['failed', 'take', null],
    ['waiting', 'abandoned', 400],
    ['waiting', 'too-large', 400],
  ])('of an order %s for %s make it looked at at %s', async (status, verdict, look) => {
    await orderIn('waiting');
    await room.set('a', { status, verdict, look_block: status === 'waiting' ? 400 : null });
    await named(20);
    expect(await room.order('a')).toMatchObject({ status, lookBlock: look });
  });

  const rereadBlock = async (): Promise<number | undefined> => {
    const [block] = await room.database.read(
      async (reader) => await reader('file_record').pluck<number[]>('reread_block'),
    );
    return block;
  };

  it.each(orderStatuses)('mark an order that is %s for a read by the next walk', async (status) => {
    await orderIn(status);
    await named(20);
    expect(await rereadBlock()).toBe(status === 'closed' ? 0 : scanIntervalBlocks);
  });

  it('of an order that is not known make no row', async () => {
    await named(20);
    expect(await room.order('a')).toBeUndefined();
  });

  it('that its data knows of mark no order', async () => {
    await orderIn('waiting');
    await room.set('a', { read_block: 20 });
    await named(20);
    expect(await rereadBlock()).toBe(0);
  });

  it('name the walk that can tell of them at the earliest: the newest, the one due an interval later, or one that is overdue', async () => {
    await orderIn('waiting');
    const begin = async (anchorBlock: number): Promise<void> =>
      await room.database.write('event', async (tx) => {
        const walk = { readsAll: false, groupOwner: null, newestGap: 0, anchorBlock, startedMs: 0 };
        await room.walks.begin(tx, { reason: 'interval', ...walk });
      });
    await begin(15);
    await named(14);
    expect(await rereadBlock()).toBe(15);
    await named(15);
    expect(await rereadBlock()).toBe(15);
    await named(16);
    expect(await rereadBlock()).toBe(15 + scanIntervalBlocks);
    await begin(15 + scanIntervalBlocks);
    await named(15 + scanIntervalBlocks);
    expect(await rereadBlock()).toBe(15 + scanIntervalBlocks);
    await named(900);
    expect(await rereadBlock()).toBe(900);
  });

  it.each(['abandoned', 'too-large'])(
    'of an order that nobody held, waiting for %s, may change that',
    async (verdict) => {
      await orderIn('waiting');
      await room.set('a', { verdict, expiry_block: 0, look_block: null });
      await named(20);
      expect(await room.order('a')).toMatchObject({ lookBlock: 20 });
    },
  );
});
