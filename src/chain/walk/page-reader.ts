import chunk from 'lodash/chunk.js';
import type { Account } from '../../domain/account.ts';
import type { Ask, BlockRef } from '../../clients/chain/ask.ts';
import { parseStorageKey } from '../../clients/chain/keys/order-key.ts';
import { SmError } from '../../domain/errors.ts';
import type { OrderRead } from '../../domain/order.ts';
import type { Database } from '../../store/database.ts';
import { comparePage, type PageComparison, type ReadingRule } from '../../store/walk-pages.ts';
import type { Chain, PageKey } from '../ports.ts';

const pageKeys = 1000;
const sliceKeys = 500;
const positions = 2 ** 48;

/** The keys of one write: what they say about the rows of their range, and the values read. */
export interface PageSlice {
  readonly keys: number;
  readonly comparison: PageComparison;
  readonly reads: readonly OrderRead[];
  /** Storage key of the last one, where the walk goes on; the old cursor when there was none. */
  readonly toCursor: string | null;
}

export interface WalkPage {
  readonly slices: readonly PageSlice[];
  readonly at: BlockRef;
  readonly endPoint: string;
  readonly fromCursor: string | null;
  readonly toCursor: string | null;
  /** No key comes behind `fromCursor`. */
  readonly isLast: boolean;
}

interface PageReaderParts {
  readonly chain: Chain;
  readonly database: Database;
  readonly view: { readonly owner: string | null; readonly account: Account };
  readonly rule: ReadingRule;
}

/** Reads page after page of one walk: all keys, and those values that the rule asks for. Writes nothing. */
export class PageReader {
  readonly #parts: PageReaderParts;

  constructor(parts: PageReaderParts) {
    this.#parts = parts;
  }

  async read(at: BlockRef, cursor: string | null, ask: Ask): Promise<WalkPage> {
    const { value: keys, endPoint } = await this.#parts.chain.orders.keysPage(
      { at, afterStorageKey: cursor, limit: pageKeys },
      ask,
    );
    assertAscending(keys, cursor, { endPoint, block: at.number });
    const isLast = keys.length === 0;
    const slices: PageSlice[] = [];
    let from = cursor;
    for (const slice of isLast ? [[]] : chunk(keys, sliceKeys)) {
      const read = await this.#slice(at, from, slice, ask);
      slices.push(read);
      from = read.toCursor;
    }
    return { slices, at, endPoint, fromCursor: cursor, toCursor: from, isLast };
  }

  async #slice(at: BlockRef, from: string | null, keys: readonly PageKey[], ask: Ask): Promise<PageSlice> {
    const { chain, database, view, rule } = this.#parts;
    const last = keys.at(-1);
    const range = {
      keys,
      afterPosition: from === null ? -1 : parseStorageKey(from).position,
      beforePosition: last === undefined ? positions : last.position,
      atBlock: at.number,
    };
    const comparison = await comparePage(database, range, rule);
    const toRead = comparison.toRead.flatMap((index) => keys[index] ?? []);
    const reads = toRead.length === 0 ? [] : await readValues(chain, toRead, at, view, ask);
    return { keys: keys.length, comparison, reads, toCursor: last?.storageKey ?? from };
  }
}

async function readValues(
  chain: Chain,
  keys: readonly PageKey[],
  at: BlockRef,
  view: PageReaderParts['view'],
  ask: Ask,
): Promise<readonly OrderRead[]> {
  const { value: reads, endPoint } = await chain.orders.readOrders(keys, at, view, ask);
  const absent = reads.find((read) => read.figures === undefined);
  if (absent === undefined) return reads;
  throw new SmError('CHAIN_BAD_ANSWER', 'an order has a key but no value at one and the same block', {
    endPoint,
    block: at.number,
    field: 'Market.FilesV2',
    cid: absent.key.text,
  });
}

// An end point that ignores the start key would be walked for ever.
function assertAscending(
  keys: readonly PageKey[],
  cursor: string | null,
  source: { readonly endPoint: string; readonly block: number },
): void {
  let before = cursor ?? '';
  for (const key of keys) {
    if (key.storageKey <= before) {
      throw new SmError('CHAIN_BAD_ANSWER', 'the keys of a page do not ascend', { ...source, field: key.storageKey });
    }
    before = key.storageKey;
  }
}
