import type { Account } from '../../domain/account.ts';
import type { Ask, BlockRef } from '../../clients/chain/ask.ts';
import { parseStorageKey } from '../../clients/chain/keys/order-key.ts';
import { SmError } from '../../domain/errors.ts';
import type { OrderRead } from '../../domain/order.ts';
import type { Database } from '../../store/database.ts';
import { comparePage, type PageComparison, type ReadingRule } from '../../store/walk-pages.ts';
import type { Chain, PageKey } from '../ports.ts';
import type { KeyPage } from './key-stream.ts';

const positions = 2 ** 48;

/** What a page of keys says about the rows of its range, and the values read. The keys themselves are let go: pages wait for others to be written. */
export interface WalkPage extends Omit<KeyPage, 'keys'> {
  readonly keyCount: number;
  readonly comparison: PageComparison;
  /** The keys of `reads`, in the map's order. */
  readonly readKeys: readonly PageKey[];
  readonly reads: readonly OrderRead[];
  /** Storage key of its last key, where the walk goes on; the old cursor when it has none. */
  readonly toCursor: string | null;
}

interface PageReaderParts {
  readonly chain: Pick<Chain, 'orders'>;
  readonly database: Database;
  readonly view: { readonly owner: string | null; readonly account: Account };
  readonly rule: ReadingRule;
}

/** Reads what a walk needs besides the keys: the rows of their range, and those values that the rule asks for. Writes nothing. */
export class PageReader {
  readonly #parts: PageReaderParts;

  constructor(parts: PageReaderParts) {
    this.#parts = parts;
  }

  /** Asks the end point that the keys came from, at their block. */
  async read(page: KeyPage, ask: Ask): Promise<WalkPage> {
    const { database, rule } = this.#parts;
    const { keys, ...rest } = page;
    const { at, afterCursor, endPoint } = page;
    const last = keys.at(-1);
    const range = {
      keys,
      afterPosition: afterCursor === null ? -1 : parseStorageKey(afterCursor).position,
      beforePosition: last === undefined ? positions : last.position,
      atBlock: at.number,
    };
    const comparison = await comparePage(database, range, rule);
    const readKeys = comparison.toRead.flatMap((index) => keys[index] ?? []);
    const found = { ...rest, keyCount: keys.length, comparison, readKeys, toCursor: last?.storageKey ?? afterCursor };
    const reads = readKeys.length === 0 ? [] : await this.#values(readKeys, at, { ...ask, only: endPoint });
    return { ...found, reads };
  }

  async #values(keys: readonly PageKey[], at: BlockRef, ask: Ask): Promise<readonly OrderRead[]> {
    const { chain, view } = this.#parts;
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
}
