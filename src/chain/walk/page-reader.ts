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

/** What a page of keys says about the rows of its range. The keys themselves are let go: pages wait for others to be written. */
export interface ComparedPage extends Omit<KeyPage, 'keys'> {
  readonly keyCount: number;
  readonly comparison: PageComparison;
  /** The keys whose values are wanted, in the map's order. */
  readonly readKeys: readonly PageKey[];
  /** Storage key of its last key, where the walk goes on; the old cursor when it has none. */
  readonly toCursor: string | null;
}

/** The same with the values. */
export interface WalkPage extends ComparedPage {
  /** One for each of `readKeys`. */
  readonly reads: readonly OrderRead[];
}

interface PageReaderParts {
  readonly chain: Pick<Chain, 'orders'>;
  readonly database: Database;
  readonly view: { readonly owner: string | null; readonly account: Account };
  /** Asked for each page: what is due may become more while a walk takes its time. */
  readonly rule: () => ReadingRule;
}

/** Reads what a walk needs besides the keys: the rows of their range, and those values that the rule asks for. Writes nothing. */
export class PageReader {
  readonly #parts: PageReaderParts;

  constructor(parts: PageReaderParts) {
    this.#parts = parts;
  }

  async compare(page: KeyPage): Promise<ComparedPage> {
    const { database, rule } = this.#parts;
    const { keys, ...rest } = page;
    const { at, afterCursor } = page;
    const last = keys.at(-1);
    const range = {
      keys,
      afterPosition: afterCursor === null ? -1 : parseStorageKey(afterCursor).position,
      beforePosition: last === undefined ? positions : last.position,
      atBlock: at.number,
    };
    const comparison = await comparePage(database, range, rule());
    const readKeys = comparison.toRead.flatMap((index) => ownKey(keys[index]) ?? []);
    return { ...rest, keyCount: keys.length, comparison, readKeys, toCursor: last?.storageKey ?? afterCursor };
  }

  /** Asks for the values of neighbouring pages together: the end point that their keys came from, at their block. */
  async readValues(pages: readonly ComparedPage[], ask: Ask): Promise<readonly WalkPage[]> {
    const first = pages[0];
    const keys = pages.flatMap(({ readKeys }) => readKeys);
    if (first === undefined || keys.length === 0) return pages.map((page) => ({ ...page, reads: [] }));
    const reads = await this.#values(keys, first.at, { ...ask, only: first.endPoint });
    let taken = 0;
    return pages.map((page) => ({ ...page, reads: reads.slice(taken, (taken += page.readKeys.length)) }));
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

/** Its storage key is asked for several times from here on. */
function ownKey(key: PageKey | undefined): PageKey | undefined {
  return key === undefined ? undefined : { text: key.text, position: key.position, storageKey: key.storageKey };
}
