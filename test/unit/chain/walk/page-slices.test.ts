import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WalkPage } from '../../../../src/chain/walk/page-reader.ts';
import { slicesOf } from '../../../../src/chain/walk/page-slices.ts';

const nothing = { toRead: [], unknown: 0, foundAgain: [], unmarked: [], missing: [] };

interface PageSpec {
  readonly keys: number;
  /** Every how many keys one is read. */
  readonly every: number;
  readonly missing: number;
  readonly atBlock: number;
}

function pagesOf(specs: readonly PageSpec[]): readonly WalkPage[] {
  let cursor: string | null = null;
  return specs.map((spec, page) => {
    const keys = Array.from({ length: spec.keys }, (_, index) => {
      const text = `${page}-${index}`;
      return { text, position: page * 2000 + index, storageKey: `0x${text}` };
    });
    const toRead = keys.flatMap((_, index) => (index % spec.every === 0 ? [index] : []));
    const afterCursor = cursor;
    cursor = keys.at(-1)?.storageKey ?? cursor;
    const readKeys = toRead.flatMap((index) => keys[index] ?? []);
    return {
      keyCount: keys.length,
      readKeys,
      at: { number: spec.atBlock, hash: '0x' },
      endPoint: 'one',
      afterCursor,
      isLast: spec.keys === 0,
      comparison: {
        ...nothing,
        toRead,
        unknown: toRead.length,
        missing: Array.from({ length: spec.missing }, () => page),
      },
      reads: readKeys.map((key) => ({ key, atBlock: spec.atBlock, figures: undefined })),
      toCursor: cursor,
    };
  });
}

describe('what is written at once', () => {
  it('follows the keys without a hole, holds each read and each missing row once, and never too many', () => {
    const page = fc.record({
      keys: fc.nat(1400),
      every: fc.constantFrom(1, 2, 7, 100, 5000),
      missing: fc.nat(30),
      atBlock: fc.constantFrom(10, 10, 10, 11),
    });
    fc.assert(
      fc.property(fc.array(page, { minLength: 1, maxLength: 9 }), (specs) => {
        const pages = pagesOf(specs);
        const slices = slicesOf(pages, 500);
        let cursor: string | null = null;
        for (const slice of slices) {
          expect(slice.fromCursor).toBe(cursor);
          cursor = slice.toCursor;
          const rows = slice.reads.length + slice.comparisons.flatMap(({ missing }) => missing).length;
          expect(rows).toBeLessThanOrEqual(slice.pages > 1 ? 500 : 530);
          expect(slice.reads.every((read) => read.atBlock === slice.atBlock)).toBe(true);
          // A slice that ends inside its page ends with the last order it read.
          const ends = [`0x${slice.reads.at(-1)?.key.text}`, ...pages.map((one) => one.toCursor)];
          expect(ends).toContain(slice.toCursor);
        }
        expect(cursor).toBe(pages.at(-1)?.toCursor ?? null);
        expect(slices.flatMap((slice) => slice.reads)).toEqual(pages.flatMap((one) => one.reads));
        expect(slices.flatMap((slice) => slice.comparisons)).toEqual(pages.map((one) => one.comparison));
        expect(slices.reduce((sum, slice) => sum + slice.keys, 0)).toBe(
          specs.reduce((sum, spec) => sum + spec.keys, 0),
        );
        expect(slices.reduce((sum, slice) => sum + slice.pages, 0)).toBe(specs.filter((spec) => spec.keys > 0).length);
      }),
    );
  });

  it('is one transaction for several pages of which little was read', () => {
    expect(
      slicesOf(pagesOf(Array.from({ length: 5 }, () => ({ keys: 940, every: 100, missing: 9, atBlock: 3 }))), 500),
    ).toHaveLength(1);
    expect(slicesOf(pagesOf([{ keys: 1000, every: 1, missing: 0, atBlock: 3 }]), 500)).toHaveLength(2);
  });
});
