import chunk from 'lodash/chunk.js';
import type { OrderRead } from '../../domain/order.ts';
import type { PageComparison } from '../../store/walk-pages.ts';
import type { WalkPage } from './page-reader.ts';

/** What is written at once: a part of a page, or several pages of which little was read, all from one block and end point. */
export interface PageSlice {
  readonly reads: readonly OrderRead[];
  /** About so many of these are of orders without a row. */
  readonly unknown: number;
  /** Of the pages that begin in this slice: a walk that goes on behind it does not look at the rows before its cursor again. */
  readonly comparisons: readonly PageComparison[];
  readonly keys: number;
  readonly pages: number;
  readonly fromCursor: string | null;
  readonly toCursor: string | null;
  readonly atBlock: number;
  readonly endPoint: string;
}

/** The slices of neighbouring pages in their order, of about `maxRows` rows at most. */
export function slicesOf(pages: readonly WalkPage[], maxRows: number): readonly PageSlice[] {
  const slices: PageSlice[] = [];
  for (const slice of pages.flatMap((page) => cut(page, maxRows))) {
    const before = slices.at(-1);
    const joined = before === undefined ? undefined : join(before, slice, maxRows);
    if (joined === undefined) slices.push(slice);
    else slices[slices.length - 1] = joined;
  }
  return slices;
}

/** Each slice ends with the key of its last read, the last one with the page. */
function cut(page: WalkPage, maxRows: number): readonly PageSlice[] {
  const { keyCount, comparison, reads, readKeys, toCursor, afterCursor, at, endPoint } = page;
  const parts = Math.max(1, Math.ceil(reads.length / maxRows));
  const chunks = parts === 1 ? [reads] : chunk(reads, Math.ceil(reads.length / parts));
  let taken = 0;
  let done = 0;
  let fromCursor = afterCursor;
  return chunks.map((some, index) => {
    taken += some.length;
    const isLast = index === chunks.length - 1;
    const end = isLast ? keyCount : (comparison.toRead[taken - 1] ?? 0) + 1;
    const slice = {
      reads: some,
      unknown: (comparison.unknown * some.length) / Math.max(1, reads.length),
      comparisons: index === 0 ? [comparison] : [],
      keys: end - done,
      pages: index === 0 && keyCount > 0 ? 1 : 0,
      fromCursor,
      toCursor: isLast ? toCursor : (readKeys[taken - 1]?.storageKey ?? null),
      atBlock: at.number,
      endPoint,
    };
    done = end;
    fromCursor = slice.toCursor;
    return slice;
  });
}

function join(first: PageSlice, second: PageSlice, maxRows: number): PageSlice | undefined {
  if (first.atBlock !== second.atBlock || first.endPoint !== second.endPoint) return undefined;
  if (rowsOf(first) + rowsOf(second) > maxRows) return undefined;
  return {
    ...first,
    reads: [...first.reads, ...second.reads],
    unknown: first.unknown + second.unknown,
    comparisons: [...first.comparisons, ...second.comparisons],
    keys: first.keys + second.keys,
    pages: first.pages + second.pages,
    toCursor: second.toCursor,
  };
}

function rowsOf({ reads, comparisons }: PageSlice): number {
  return comparisons.reduce(
    (sum, { missing, foundAgain, unmarked }) => sum + missing.length + foundAgain.length + unmarked.length,
    reads.length,
  );
}
