import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertEndOfMap } from '../../../../src/chain/walk/end-of-map.ts';
import { chainOrderKey } from '../../../../src/clients/chain/keys/order-key.ts';

const ask = { signal: new AbortController().signal };
const page = { at: { number: 7, hash: `0x${'07'.repeat(32)}` }, endPoint: 'one' };

/** 'end', or the error that says why it is none. */
async function judged(afterCursor: string | null, orders: number, counted = orders): Promise<unknown> {
  const facts = {
    readGroup: async () => await Promise.reject(new Error('not asked')),
    countActiveNodes: async () => await Promise.reject(new Error('not asked')),
    countOrders: async () => ({ value: counted, endPoint: 'one' }),
  };
  return await assertEndOfMap({ facts }, { ...page, afterCursor }, orders, ask).then(
    () => 'end',
    (error: unknown) => error,
  );
}

describe('the end of the map', () => {
  it('is believed behind all keys there are, however few or many', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 2000 }), async (cids) => {
        const keys = cids.map((cid) => chainOrderKey(cid).storageKey).sort();
        expect(await judged(keys.at(-1) ?? null, keys.length)).toBe('end');
      }),
    );
  });

  it.each([100, 1000, 5_000_000])('is not believed in the middle of %i keys', async (orders) => {
    const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((cid) => chainOrderKey(cid));
    const middle = keys.find(({ position }) => position > 2 ** 46 && position < 0.7 * 2 ** 48);
    expect(await judged(middle?.storageKey ?? '', orders)).toMatchObject({
      code: 'CHAIN_BAD_ANSWER',
      data: { endPoint: 'one', field: 'Market.FilesV2', block: 7, orders },
    });
  });

  it('of a map without keys is believed when the chain counts none', async () => {
    expect(await judged(null, 0, 0)).toBe('end');
    expect(await judged(null, 0, 1)).toMatchObject({ code: 'CHAIN_BAD_ANSWER', data: { endPoint: 'one' } });
  });
});
