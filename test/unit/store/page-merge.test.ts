import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PageMerge, rowBits } from '../../../src/store/page-merge.ts';

interface Row {
  readonly cid: string;
  readonly bits: number;
  readonly id: number;
}

function merged(texts: readonly string[], rows: readonly Row[], chunk: number) {
  const merge = new PageMerge(texts.map((text, position) => ({ text, position })));
  for (let from = 0; from < rows.length; from += chunk) {
    const some = rows.slice(from, from + chunk);
    merge.add({
      cids: some.map((row) => row.cid),
      bits: Uint8Array.from(some, (row) => row.bits),
      ids: some.map((row) => row.id).join(','),
    });
  }
  return merge.end();
}

/** The same by looking everything up by name. */
function plain(texts: readonly string[], rows: readonly Row[]) {
  const byCid = new Map(rows.map((row) => [row.cid, row]));
  const known = texts.flatMap((text) => byCid.get(text) ?? []);
  const ids = (bit: number): number[] => known.filter((row) => (row.bits & bit) !== 0).map((row) => row.id);
  const isUnknown = (text: string): boolean => !byCid.has(text);
  return {
    toRead: texts.flatMap((text, at) => (isUnknown(text) || (byCid.get(text)?.bits ?? 0) & rowBits.due ? [at] : [])),
    unknown: texts.filter(isUnknown).length,
    foundAgain: ids(rowBits.absent),
    unmarked: ids(rowBits.unmarked),
    missing: rows.filter((row) => !texts.includes(row.cid) && (row.bits & rowBits.unjudged) === 0).map((row) => row.id),
  };
}

const sorted = ({ foundAgain, unmarked, missing, ...rest }: ReturnType<typeof plain>) => ({
  ...rest,
  foundAgain: foundAgain.toSorted((a, b) => a - b),
  unmarked: unmarked.toSorted((a, b) => a - b),
  missing: missing.toSorted((a, b) => a - b),
});

describe('keys held against rows', () => {
  it('tell the same as looking each up by name, whatever is new, gone or in another order', () => {
    const order = fc.record({
      onChain: fc.boolean(),
      here: fc.boolean(),
      bits: fc.nat(15),
      // Neighbours may stand in another order here.
      swap: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(order, { maxLength: 120 }), fc.integer({ min: 1, max: 50 }), (orders, chunk) => {
        const texts = orders.flatMap(({ onChain }, index) => (onChain ? [`cid-${index}`] : []));
        const rows = orders.flatMap(({ here, bits }, index) =>
          here ? [{ cid: `cid-${index}`, bits, id: index + 1 }] : [],
        );
        for (let index = 1; index < rows.length; index += 1) {
          const [before, row] = [rows[index - 1], rows[index]];
          if (before !== undefined && row !== undefined && orders[row.id - 1]?.swap === true) {
            rows[index - 1] = row;
            rows[index] = before;
          }
        }
        const found = merged(texts, rows, chunk);
        expect(sorted({ ...found } as ReturnType<typeof plain>)).toEqual(sorted(plain(texts, rows)));
      }),
    );
  });

  it('knows how many rows met no key', () => {
    const merge = new PageMerge([{ text: 'a', position: 1 }]);
    merge.add({ cids: ['a', 'b', 'c'], bits: Uint8Array.from([0, 0, rowBits.unjudged]), ids: '1,2,3' });
    expect(merge.loose).toBe(1);
  });
});
