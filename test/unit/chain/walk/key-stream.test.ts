import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KeyPage, KeyStream } from '../../../../src/chain/walk/key-stream.ts';
import { Pace } from '../../../../src/chain/walk/pace.ts';
import type { Chain, PageKey } from '../../../../src/chain/ports.ts';
import { chainOrderKey, prefixOf } from '../../../../src/clients/chain/keys/order-key.ts';
import { SmError } from '../../../../src/domain/errors.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const at = { number: 7, hash: `0x${'07'.repeat(32)}` };
const bits = 2 ** 24;

interface NodeOptions {
  readonly keys: readonly PageKey[];
  /** Keys of the nth answer: at most so many, though more were asked for. */
  readonly whim?: (asked: number) => number;
  readonly failAt?: number;
}

/** A node with these keys, and the questions it was asked. */
function model({ keys, whim = () => 1000, failAt }: NodeOptions) {
  const asked: { after: string | null; limit: number }[] = [];
  let underWay = 0;
  let mostUnderWay = 0;
  const chain = {
    orders: {
      keysPage: async (page: { afterStorageKey: string | null; limit: number }) => {
        asked.push({ after: page.afterStorageKey, limit: page.limit });
        const turn = asked.length;
        underWay += 1;
        mostUnderWay = Math.max(mostUnderWay, underWay);
        await Promise.resolve();
        underWay -= 1;
        if (turn === failAt) throw new SmError('CHAIN_UNREACHABLE', 'away');
        const from = keys.findIndex((key) => key.storageKey > (page.afterStorageKey ?? ''));
        const count = Math.max(1, Math.min(page.limit, whim(turn)));
        return { value: from < 0 ? [] : keys.slice(from, from + count), endPoint: 'one' };
      },
      readOrders: async () => ({ value: [], endPoint: 'one' }),
    },
  };
  return { chain, asked, mostUnderWay: () => mostUnderWay };
}

function streamOf(node: { readonly chain: Pick<Chain, 'orders'> }, cursor: string | null = null): KeyStream {
  const pace = new Pace(new ManualClock(), 0);
  const ask = { signal: new AbortController().signal };
  return new KeyStream({ chain: node.chain, pace, source: () => ({ value: at, endPoint: 'one' }), ask, cursor });
}

/** Keys at these positions; their texts differ, their hashes are not the real ones. */
function keysAt(positions: readonly number[]): readonly PageKey[] {
  return positions
    .map((position, index) => {
      const text = `cid-${index}`;
      const rest = Buffer.from(text).toString('hex');
      return { text, position, storageKey: `${prefixOf(position)}0000${rest}` };
    })
    .sort((a, b) => (a.storageKey < b.storageKey ? -1 : 1));
}

interface Walked {
  readonly keys: readonly PageKey[];
  /** Whether each page begins where the one before ended, holds a key, and nothing comes behind the end. */
  readonly isSound: boolean;
}

async function all(stream: KeyStream): Promise<Walked> {
  const pages: KeyPage[] = [];
  for (let page = await stream.next(); page !== undefined; page = await stream.next()) pages.push(page);
  const isSound = pages.every((page, index) => {
    const before = pages[index - 1]?.keys.at(-1)?.storageKey ?? page.afterCursor;
    const isEnd = index === pages.length - 1;
    return page.isLast === isEnd && (page.keys.length === 0) === isEnd && page.afterCursor === before;
  });
  return { keys: pages.flatMap((page) => page.keys), isSound: isSound && pages.length > 0 };
}

const even = (count: number): readonly PageKey[] =>
  Array.from({ length: count }, (_, index) => chainOrderKey(`cid-${index}`)).sort((a, b) =>
    a.storageKey < b.storageKey ? -1 : 1,
  );

describe('the keys of the map', () => {
  it('come each once and in order, whatever their density and the whims of the node', async () => {
    const position = fc.oneof(
      fc.nat(2 ** 31 - 1).map((part) => part * 2 ** 17),
      // A cluster: many keys on few positions.
      fc.nat(3000).map((part) => 123 * bits * 1000 + part),
      fc.constantFrom(0, 1, 2 ** 48 - 1, 2 ** 47),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(position, { maxLength: 4000, size: 'max' }),
        fc.infiniteStream(fc.constantFrom(1, 3, 50, 400, 1000, 1000, 1000)),
        async (positions, whims) => {
          const keys = keysAt(positions);
          const sizes = whims[Symbol.iterator]();
          const node = model({ keys, whim: () => sizes.next().value ?? 1000 });
          const found = await all(streamOf(node));
          expect(found.isSound).toBe(true);
          expect(found.keys.map((key) => key.text)).toEqual(keys.map((key) => key.text));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('go on behind any cursor', async () => {
    const keys = keysAt(Array.from({ length: 3000 }, (_, index) => index * 2 ** 36 + (index % 7)));
    const real = even(2500);
    for (const [index, key] of [real[0], real[1234], real[2499]].entries()) {
      const rest = await all(streamOf(model({ keys: real }), key?.storageKey ?? null));
      expect(rest.keys.length).toBe([2499, 1265, 0][index]);
    }
    expect((await all(streamOf(model({ keys })))).keys.length).toBe(3000);
  });

  it('are asked for by several questions at once, and hardly more often than page by page', async () => {
    const node = model({ keys: even(40_000) });
    const found = await all(streamOf(node));
    expect(found.keys.length).toBe(40_000);
    expect(node.mostUnderWay()).toBeGreaterThanOrEqual(3);
    expect(node.asked.length).toBeLessThan(56);
  });

  it('of an empty map are none, by one question', async () => {
    const node = model({ keys: [] });
    expect(await all(streamOf(node))).toEqual({ keys: [], isSound: true });
    expect(node.asked).toEqual([{ after: null, limit: 1000 }]);
  });

  it('read before a question failed are handed out, then it is told', async () => {
    const keys = even(6000);
    const stream = streamOf(model({ keys, failAt: 4 }));
    const found: PageKey[] = [];
    const read = async (): Promise<void> => {
      for (;;) found.push(...((await stream.next())?.keys ?? []));
    };
    await expect(read()).rejects.toMatchObject({ code: 'CHAIN_UNREACHABLE' });
    expect(found.length).toBeGreaterThan(2000);
    expect(found.map((key) => key.text)).toEqual(keys.slice(0, found.length).map((key) => key.text));
    await stream.settle();
  });

  it('out of order, or not behind what was asked for, are a wrong answer', async () => {
    const keys = even(3);
    const answering = (answer: readonly PageKey[], cursor: string | null): KeyStream => {
      const node = model({ keys });
      const keysPage = async () => ({ value: answer, endPoint: 'one' });
      return streamOf({ ...node, chain: { orders: { ...node.chain.orders, keysPage } } }, cursor);
    };
    await expect(answering(keys.toReversed(), null).next()).rejects.toMatchObject({ code: 'CHAIN_BAD_ANSWER' });
    const cursor = keys[0]?.storageKey ?? '';
    await expect(answering(keys, cursor).next()).rejects.toMatchObject({ code: 'CHAIN_BAD_ANSWER' });
  });
});
