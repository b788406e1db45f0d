import { describe, expect, it } from 'vitest';
import type { KeyPage } from '../../../../src/chain/walk/key-stream.ts';
import type { ComparedPage, WalkPage } from '../../../../src/chain/walk/page-reader.ts';
import { PagesAhead } from '../../../../src/chain/walk/pages-ahead.ts';

/** A page of the map: how many values are wanted of it, and the block it was read at. */
interface Planned {
  readonly values?: number;
  readonly block?: number;
  readonly failure?: Error;
}

class Reading {
  /** The numbers of the pages of each question for values. */
  readonly questions: string[][] = [];
  readonly pages: PagesAhead;
  asked = 0;

  constructor(planned: readonly Planned[]) {
    const signal = new AbortController().signal;
    const keys = { next: async () => await this.#next(planned), settle: async () => undefined };
    const reader = {
      compare: async (page: KeyPage) => compared(page, planned[Number(page.afterCursor)] ?? {}),
      readValues: async (pages: readonly ComparedPage[]) => {
        if (pages.length > 0) this.questions.push(pages.map(({ afterCursor }) => afterCursor ?? ''));
        return pages.map((page) => ({ ...page, reads: [] }));
      },
    };
    this.pages = new PagesAhead(keys, reader, { signal });
  }

  async all(): Promise<readonly string[]> {
    const found: WalkPage[] = [];
    for (;;) {
      const pages = await this.pages.next();
      if (pages.length === 0) return found.map(({ afterCursor }) => afterCursor ?? '');
      found.push(...pages);
    }
  }

  async #next(planned: readonly Planned[]): Promise<KeyPage | undefined> {
    const index = this.asked;
    const page = planned[index];
    this.asked += 1;
    if (page?.failure !== undefined) throw page.failure;
    if (page === undefined) return undefined;
    const number = page.block ?? 1;
    const at = { number, hash: `0x${number}` };
    return { keys: [], at, endPoint: 'x', afterCursor: String(index), isLast: index === planned.length - 1 };
  }
}

function compared({ keys: _keys, ...page }: KeyPage, { values = 1 }: Planned): ComparedPage {
  const readKeys = Array.from({ length: values }, (_, position) => ({ position, text: '', storageKey: '' }));
  const comparison = { toRead: [], unknown: 0, foundAgain: [], unmarked: [], missing: [] };
  return { ...page, keyCount: values, comparison, readKeys, toCursor: null };
}

describe('the pages of a walk', () => {
  it('share a question for values, four of which little is to be read', async () => {
    const reading = new Reading(Array.from({ length: 10 }, () => ({ values: 200 })));
    expect(await reading.all()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(reading.questions).toEqual([
      ['0', '1', '2', '3'],
      ['4', '5', '6', '7'],
      ['8', '9'],
    ]);
  });

  it('are never asked for more than a thousand values together', async () => {
    const reading = new Reading([{ values: 600 }, { values: 400 }, { values: 1 }, { values: 1000 }, { values: 900 }]);
    await reading.all();
    expect(reading.questions).toEqual([['0', '1'], ['2'], ['3'], ['4']]);
  });

  it('share a question only at one and the same block', async () => {
    const reading = new Reading([{}, {}, { block: 2 }, { block: 2 }]);
    await reading.all();
    expect(reading.questions).toEqual([
      ['0', '1'],
      ['2', '3'],
    ]);
  });

  it('are all told before the one that failed, behind which nothing more is asked', async () => {
    const failure = new Error('gone');
    const planned = [{}, {}, { failure }, ...Array.from({ length: 50 }, () => ({}))];
    const reading = new Reading(planned);
    expect((await reading.pages.next()).map(({ afterCursor }) => afterCursor)).toEqual(['0', '1']);
    const { asked } = reading;
    await expect(reading.pages.next()).rejects.toBe(failure);
    await reading.pages.settle();
    expect(reading.asked).toBe(asked);
    expect(asked).toBeLessThan(20);
  });

  it('are read some way ahead of those that are written, and no further', async () => {
    const reading = new Reading(Array.from({ length: 200 }, () => ({ values: 1000 })));
    await reading.pages.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(reading.asked).toBeGreaterThan(8);
    expect(reading.asked).toBeLessThan(25);
    await reading.pages.settle();
  });
});
