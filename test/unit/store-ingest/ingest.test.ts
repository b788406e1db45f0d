import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { seenBy, type OrderFigures, type OrderRead } from '../../../src/domain/order.ts';
import { OrderIngest, ingestReads } from '../../../src/store/order-ingest.ts';
import { ChainRoom } from '../../support/chain-room.ts';
import { plainFigures } from '../../support/chain-room-world.ts';

let room: ChainRoom;
let ingest: OrderIngest;

beforeEach(async () => {
  room = await ChainRoom.open();
  ingest = new OrderIngest(room);
});

afterEach(async () => {
  await room.close();
});

function read(cid: string, atBlock: number, figures: Partial<OrderFigures> = {}): OrderRead {
  return { key: chainOrderKey(cid), atBlock, figures: { ...plainFigures, ...figures } };
}

describe('bringing reads in', () => {
  it('writes fewer of them at a time where transactions take long', async () => {
    const written: number[] = [];
    const { database } = room;
    const write = database.write.bind(database);
    database.write = async (priority, work) =>
      await write(priority, async (tx) => {
        const result = await work(tx);
        const [count] = await tx('file_record').count({ rows: '*' });
        written.push(Number(count?.['rows']) - written.reduce((sum, rows) => sum + rows, 0));
        return result;
      });
    const clock = { nowMs: () => 0, monotonicMs: () => written.length * 100 };
    await new OrderIngest({ database, clock }).ingest(Array.from({ length: 420 }, (_, at) => read(`file-${at}`, 10)));
    expect(written).toEqual([200, 100, 50, 50, 20]);
  });

  it('makes rows of unknown orders, new while nobody holds them, else db', async () => {
    await ingest.ingest([read('a', 10), read('b', 10, { expiryBlock: 99, replicas: 2 })]);
    expect(await room.order('a')).toMatchObject({
      status: 'new',
      orderClass: 'new',
      readBlock: 10,
      createdBlock: 10,
      seen: seenBy.scan,
      rewardPico: '1000',
      groupOwner: plainFigures.groupOwner,
      successBlock: null,
      attempts: 0,
      revise: false,
    });
    expect(await room.order('b')).toMatchObject({ orderClass: 'db', expiryBlock: 99 });
  });

  it('keeps the largest amount and size to the digit', async () => {
    const rewardPico = '340282366920938463463374607431768211455';
    await ingest.ingest([read('a', 10, { rewardPico, sizeBytes: Number.MAX_SAFE_INTEGER })]);
    expect(await room.order('a')).toMatchObject({ rewardPico, sizeBytes: Number.MAX_SAFE_INTEGER });
  });

  it('changes nothing for a read that found nothing', async () => {
    await ingest.ingest([read('a', 10)]);
    const before = await room.order('a');
    await ingest.ingest([{ key: chainOrderKey('a'), atBlock: 20, figures: undefined }]);
    expect(await room.order('a')).toEqual(before);
  });

  it('takes what is new, changed and as known in one slice, and an order twice', async () => {
    await ingest.ingest([read('a', 10), read('b', 10)]);
    await ingest.ingest([read('a', 20, { replicas: 1 }), read('b', 20), read('c', 20), read('c', 20)]);
    expect(await room.order('a')).toMatchObject({ readBlock: 20, replicas: 1 });
    expect(await room.order('b')).toMatchObject({ readBlock: 20 });
    expect(await room.tally.openOrders()).toBe(3);
  });

  it('takes more reads than one slice holds', async () => {
    const reads = Array.from({ length: 1234 }, (_, index) => read(`cid-${index}`, 10));
    await ingest.ingest(reads);
    expect(await room.tally.openOrders()).toBe(1234);
  });

  it.each(['waiting', 'queued'])('marks a %s order whose figures changed, not one that stayed', async (status) => {
    await ingest.ingest([read('a', 10), read('b', 10)]);
    await room.set('a', { status, verdict: 'few-replicas' });
    await room.set('b', { status, verdict: 'few-replicas' });
    await ingest.ingest([read('a', 20, { replicas: 7 }), read('b', 20)]);
    expect(await room.order('a')).toMatchObject({ status, revise: true, replicas: 7 });
    expect(await room.order('b')).toMatchObject({ status, revise: false });
  });

  it('marks an order that is pulled for the case that it comes back', async () => {
    await ingest.ingest([read('a', 10), read('b', 10)]);
    for (const cid of ['a', 'b']) await room.set(cid, { status: 'pulling', verdict: 'take' });
    await ingest.ingest([read('a', 20, { replicas: 7 }), read('b', 20)]);
    expect(await room.order('a')).toMatchObject({ status: 'pulling', revise: true, replicas: 7 });
    expect(await room.order('b')).toMatchObject({ status: 'pulling', revise: false });
  });

  it.each(['handled', 'failed'])('changes only the figures of a %s order', async (status) => {
    await ingest.ingest([read('a', 10)]);
    await room.set('a', { status, attempts: 3 });
    await ingest.ingest([read('a', 20, { replicas: 7 })]);
    expect(await room.order('a')).toMatchObject({ status, revise: false, attempts: 3, replicas: 7, readBlock: 20 });
  });

  it('does not revise a verdict that listens to nothing the change touched', async () => {
    await ingest.ingest([read('a', 10, { expiryBlock: 5 }), read('b', 10), read('c', 10)]);
    for (const cid of ['a', 'b', 'c']) await room.set(cid, { status: 'waiting', verdict: 'dice' });
    await ingest.ingest([
      read('a', 20, { expiryBlock: 9, replicas: 3 }),
      read('b', 20, { expiryBlock: 9 }),
      read('c', 20, { sizeBytes: 1 }),
    ]);
    expect(await room.order('a')).toMatchObject({ revise: false, replicas: 3 });
    expect(await room.order('b')).toMatchObject({ revise: true });
    expect(await room.order('c')).toMatchObject({ revise: true });
  });

  it('opens a closed order found at a newer block, and forgets its decision', async () => {
    await ingest.ingest([read('a', 10), read('b', 10)]);
    const closed = {
      status: 'closed',
      read_block: 30,
      verdict: 'dice',
      verdict_inputs: '{}',
      decided_block: 9,
      look_count: 4,
    };
    await room.set('a', closed);
    await room.set('b', closed);
    await ingest.ingest([read('a', 30), read('b', 31)]);
    expect(await room.order('a')).toMatchObject({ status: 'closed', readBlock: 30 });
    expect(await room.order('b')).toMatchObject({
      status: 'new',
      readBlock: 31,
      verdict: null,
      verdictInputs: null,
      decidedBlock: null,
      lookCount: 0,
      lookBlock: null,
    });
  });

  it('reads anew for another group owner at the same block', async () => {
    await ingest.ingest([read('a', 10, { groupOwner: null })]);
    await ingest.ingest([read('a', 10, { groupOwner: 'cTOther', groupHold: 1 })]);
    expect(await room.order('a')).toMatchObject({ groupOwner: 'cTOther', groupHold: 1 });
  });

  it('tells every way an order was seen, also by an older read', async () => {
    await ingest.ingest([read('a', 20)], { seen: seenBy.event });
    await ingest.ingest([read('a', 10, { replicas: 9 })], { seen: seenBy.scan });
    expect(await room.order('a')).toMatchObject({ seen: 3, replicas: 0, readBlock: 20 });
  });

  it('is no new sight of a known order when it is merely read again', async () => {
    await ingest.ingest([read('a', 20)], { seen: seenBy.event });
    await ingest.ingest([read('a', 30)]);
    await ingest.ingest([read('a', 40, { replicas: 9 })]);
    expect(await room.order('a')).toMatchObject({ seen: seenBy.event, replicas: 9, readBlock: 40 });
  });

  it('lets the newest read win in whatever order reads arrive', async () => {
    const reads = fc.array(fc.record({ block: fc.integer({ min: 1, max: 30 }), cid: fc.constantFrom('a', 'b', 'c') }), {
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(reads, fc.integer({ min: 1, max: 7 }), async (arrivals, slice) => {
        const fresh = await ChainRoom.open();
        try {
          // Figures are a function of the block, as on a chain, and repeat.
          const all = arrivals.map(({ cid, block }) =>
            read(cid, block, { replicas: block % 3, rewardPico: String(block % 2) }),
          );
          for (let index = 0; index < all.length; index += slice) {
            await fresh.database.write(
              'bulk',
              async (tx) => await ingestReads(tx, all.slice(index, index + slice), { seen: 1, nowMs: 0 }),
            );
          }
          for (const cid of new Set(arrivals.map((arrival) => arrival.cid))) {
            const newest = Math.max(
              ...arrivals.filter((arrival) => arrival.cid === cid).map((arrival) => arrival.block),
            );
            expect(await fresh.order(cid)).toMatchObject({
              readBlock: newest,
              replicas: newest % 3,
              rewardPico: String(newest % 2),
            });
          }
        } finally {
          await fresh.close();
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('reads that are expected to tell nothing new', () => {
  it('leave the same rows as any others do', async () => {
    const one = fc.record({
      cid: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      block: fc.integer({ min: 1, max: 12 }),
      replicas: fc.nat(1),
      owner: fc.constantFrom(null, 'cTOwner', 'cTOther'),
    });
    const status = fc.constantFrom('new', 'waiting', 'queued', 'pulling', 'handled', 'failed', 'closed');
    const statuses = fc.array(status, { minLength: 6, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(one, { maxLength: 6 }),
        statuses,
        fc.array(one, { maxLength: 8 }),
        async (first, states, second) => {
          const results = [];
          for (const mostlyAsKnown of [false, true]) {
            const fresh = await ChainRoom.open();
            try {
              const toReads = (list: typeof first): OrderRead[] =>
                list.map(({ cid, block, replicas, owner }) => read(cid, block, { replicas, groupOwner: owner }));
              await new OrderIngest(fresh).ingest(toReads(first));
              for (const [index, cid] of ['a', 'b', 'c', 'd', 'e', 'f'].entries())
                await fresh.set(cid, { status: states[index] ?? 'new', verdict: 'few-replicas' });
              await fresh.database.write(
                'bulk',
                async (tx) => await ingestReads(tx, toReads(second), { seen: 2, nowMs: 0, mostlyAsKnown }),
              );
              const rows = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(async (cid) => await fresh.order(cid)));
              results.push(rows.map((row) => (row === undefined ? row : { ...row, id: 0 })));
            } finally {
              await fresh.close();
            }
          }
          expect(results[1]).toEqual(results[0]);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('reads of a walk that tell nothing new', () => {
  const nobodysTurn = { startBlock: 5, cycleBlocks: 100, throughPosition: -1 };
  const everybodysTurn = { startBlock: 11, cycleBlocks: 100, throughPosition: 2 ** 48 };
  const walk = async (reads: readonly OrderRead[], turns: typeof nobodysTurn): Promise<void> =>
    await room.database.write('bulk', async (tx) => {
      await ingestReads(tx, reads, { seen: seenBy.scan, nowMs: 0, mostlyAsKnown: true, turns });
    });

  it('write nothing before the turn of their order has come', async () => {
    await ingest.ingest([read('a', 10), read('b', 10)]);
    await walk([read('a', 20), read('b', 20, { replicas: 3 })], nobodysTurn);
    expect(await room.order('a')).toMatchObject({ readBlock: 10 });
    expect(await room.order('b')).toMatchObject({ readBlock: 20, replicas: 3 });
    await walk([read('a', 20)], everybodysTurn);
    expect(await room.order('a')).toMatchObject({ readBlock: 20 });
  });

  it('note nevertheless who saw the order', async () => {
    await ingest.ingest([read('a', 10)]);
    await room.set('a', { seen: seenBy.event });
    await walk([read('a', 20)], nobodysTurn);
    expect(await room.order('a')).toMatchObject({ readBlock: 20, seen: seenBy.scan | seenBy.event });
  });

  it('take a cleanup back nevertheless', async () => {
    await ingest.ingest([read('a', 10)]);
    await room.addCleanup('a', { status: 'confirmed', seen: 20, confirmed: 30 });
    await walk([read('a', 25)], nobodysTurn);
    expect(await room.cleanups()).toMatchObject([{ status: 'confirmed' }]);
    await walk([read('a', 40)], nobodysTurn);
    expect(await room.cleanups()).toMatchObject([{ status: 'cancelled' }]);
  });
});

describe('a read that finds an order', () => {
  it.each([
    ['seen', 20, undefined, 21, 'cancelled'],
    ['seen', 20, undefined, 20, 'seen'],
    ['seen', 20, undefined, 15, 'seen'],
    ['confirmed', 20, 30, 31, 'cancelled'],
    ['confirmed', 20, 30, 25, 'confirmed'],
    ['deleting', 20, 30, 40, 'deleting'],
    ['done', 20, 30, 40, 'done'],
  ])('%s cleanup seen at %i, confirmed at %s, found at %i: %s', async (status, seen, confirmed, found, after) => {
    await ingest.ingest([read('a', 10)]);
    await room.set('a', { status: 'handled' });
    await room.addCleanup('a', { status, seen, ...(confirmed === undefined ? {} : { confirmed }) });
    await ingest.ingest([read('a', found)]);
    expect(await room.cleanups()).toMatchObject([{ status: after }]);
  });

  it('cancels a cleanup of a file found here when the closed order comes back, whatever block it was found at', async () => {
    await ingest.ingest([read('a', 10)]);
    await room.set('a', { status: 'closed', read_block: 15 });
    await room.addCleanup('a', { status: 'seen', cause: 'found', seen: 50 });
    await ingest.ingest([read('a', 14)]);
    expect(await room.cleanups()).toMatchObject([{ status: 'seen' }]);
    await ingest.ingest([read('a', 16)]);
    expect(await room.cleanups()).toMatchObject([{ status: 'cancelled' }]);
  });

  it('clears its absence unless the absence began later', async () => {
    await ingest.ingest([read('a', 10), read('b', 10)]);
    const ids = [(await room.order('a'))?.id ?? 0, (await room.order('b'))?.id ?? 0];
    await room.database.write('bulk', async (tx) => {
      await room.absences.note(tx, ids, { walkId: 1, atBlock: 20, endPoint: 'one' });
    });
    await ingest.ingest([read('a', 19), read('b', 21)]);
    expect(await room.absentCids()).toEqual(['a']);
  });
});
