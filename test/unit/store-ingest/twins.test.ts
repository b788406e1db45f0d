import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OrderRead } from '../../../src/domain/order.ts';
import { OrderIngest } from '../../../src/store/order-ingest.ts';
import { ChainRoom } from '../../support/chain-room.ts';
import { plainFigures } from '../../support/chain-room-world.ts';

let room: ChainRoom;

beforeEach(async () => {
  room = await ChainRoom.open();
});

afterEach(async () => {
  await room.close();
});

/** Keys that share 48 bits of their hash: whoever places orders can find such. */
function read(text: string, position: number, atBlock: number, replicas: number): OrderRead {
  return { key: { text, position }, atBlock, figures: { ...plainFigures, replicas } };
}

async function rows(): Promise<readonly { cid: string; key_position: number; key_twin: number; replicas: number }[]> {
  return await room.database.read(
    async (reader) =>
      await reader('file_record')
        .orderBy(['key_position', 'cid'])
        .select('cid', 'key_position', 'key_twin', 'replicas'),
  );
}

describe('orders whose keys meet in one position', () => {
  it('get a row each, whether they come together or one after the other, and keep it', async () => {
    const ingest = new OrderIngest(room);
    await ingest.ingest([read('a', 5, 10, 1), read('b', 5, 10, 1), read('c', 5, 10, 1)]);
    await ingest.ingest([read('d', 5, 11, 1)]);
    await ingest.ingest([read('c', 5, 12, 7)]);
    const found = await rows();
    expect(found.map(({ cid, replicas }) => [cid, replicas])).toEqual([
      ['a', 1],
      ['b', 1],
      ['c', 7],
      ['d', 1],
    ]);
    expect(new Set(found.map((row) => row.key_twin))).toEqual(new Set([0, 1, 2, 3]));
  });

  it('are told apart in every history: each key has one row, with its newest figures', async () => {
    const sight = fc.record({
      cid: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      position: fc.constantFrom(1, 2),
      replicas: fc.nat(50),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(sight, { maxLength: 6 }), { maxLength: 8 }), async (batches) => {
        await room.database.write('claim', async (tx) => await tx('file_record').delete());
        const ingest = new OrderIngest(room);
        const expected = new Map<string, number>();
        for (const [block, batch] of batches.entries()) {
          const reads = batch.map(({ cid, position, replicas }) => read(cid, position, block + 1, replicas));
          await ingest.ingest(reads);
          for (const { cid, position, replicas } of batch) expected.set(`${position} ${cid}`, replicas);
        }
        const found = new Map((await rows()).map((row) => [`${row.key_position} ${row.cid}`, row.replicas]));
        expect(found).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});
