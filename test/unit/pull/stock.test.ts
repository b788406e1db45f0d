import { describe, expect, it } from 'vitest';
import { Stock } from '../../../src/pull/pick/stock.ts';
import { pullWorld } from '../../support/pull-world.ts';

describe('what was asked about ahead', () => {
  it('is taken once, and only while it is fresh', async () => {
    const world = await pullWorld();
    for (const cid of ['a', 'b']) await world.add(cid);
    const [a, b] = [await world.order('a'), await world.order('b')];
    const stock = new Stock();
    stock.put([
      { row: a, pinnedBefore: null, sinceMs: 0 },
      { row: b, pinnedBefore: null, sinceMs: 2000 },
    ]);
    expect([stock.has(a.id, 2999), stock.has(a.id, 3000)]).toEqual([true, false]);
    expect(stock.count(3000)).toBe(1);
    expect(stock.take(a.id, 3000)).toBeUndefined();
    expect(stock.take(b.id, 3000)?.row).toBe(b);
    expect(stock.take(b.id, 3000)).toBeUndefined();
  });
});
