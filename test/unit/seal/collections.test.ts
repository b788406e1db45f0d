import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdSet } from '../../../src/lib/id-set.ts';
import { PositionList } from '../../../src/seal/position-list.ts';
import { slicesOf } from '../../../src/lib/slices.ts';

const size = fc.integer({ min: 1, max: 40 });

describe('a set of ids', () => {
  it('holds what was added, and gives it back in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50_000 }), { maxLength: 200 }), size, (ids, slice) => {
        const set = new IdSet();
        for (const id of ids) set.add(id);
        const slices = [...set.slices(slice)];
        expect(slices.flat()).toEqual([...new Set(ids)].sort((a, b) => a - b));
        expect(slices.slice(0, -1).every((part) => part.length === slice)).toBe(true);
        for (const id of ids) expect([set.has(id), set.has(id + 50_001)]).toEqual([true, false]);
      }),
    );
  });
});

describe('a list of positions', () => {
  it('gives each back once, in order, and is empty then', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 48 - 1 }), { maxLength: 3000 }), size, (positions, slice) => {
        const list = new PositionList();
        for (const position of positions) list.add(position);
        expect(list.length).toBe(positions.length);
        expect([...list.takeSorted(slice)].flat()).toEqual(positions.toSorted((a, b) => a - b));
        expect(list.length).toBe(0);
        list.add(1);
        expect([...list.takeSorted(slice)]).toEqual([[1]]);
      }),
      { numRuns: 30 },
    );
  });
});

describe('slices of a stream', () => {
  it('carry the same items, all but the last of one size', async () => {
    const lists = fc.array(fc.array(fc.integer(), { maxLength: 50 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(lists, size, async (parts, slice) => {
        async function* source(): AsyncGenerator<number[], void, undefined> {
          yield* parts;
        }
        const slices: (readonly number[])[] = [];
        for await (const part of slicesOf(source(), slice)) slices.push(part);
        expect(slices.flat()).toEqual(parts.flat());
        expect(slices.slice(0, -1).every((part) => part.length === slice)).toBe(true);
        expect(slices.every((part) => part.length > 0)).toBe(true);
      }),
    );
  });
});
