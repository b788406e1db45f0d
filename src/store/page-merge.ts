import type { OrderKey } from '../domain/order.ts';

/** What the statement that reads a page's rows says about each of them. */
export const rowBits = { due: 1, absent: 2, unmarked: 4, unjudged: 8 } as const;

/** Some rows of a page's range in the order of their keys: parallel lists, packed into three texts. */
export interface PackedRows {
  readonly cids: readonly string[];
  /** Bits of `rowBits`. */
  readonly bits: Uint8Array;
  /** Their ids, comma-separated: few of them are ever looked at. */
  readonly ids: string;
}

interface LooseRow {
  readonly cid: string;
  readonly bits: number;
  readonly id: number;
}

export interface MergedPage {
  /** Positions in `keys` of orders that have no row, or one that is due. */
  readonly toRead: readonly number[];
  /** How many of these have no row. */
  readonly unknown: number;
  /** Ids of rows whose key is on the page. */
  readonly foundAgain: readonly number[];
  readonly unmarked: readonly number[];
  /** Ids of rows whose key is not, though it should be. */
  readonly missing: readonly number[];
}

/** So many keys without a row may stand before one that has one, until a table is used instead of a look ahead. */
const lookAhead = 8;

/**
 * Holds the keys of a page against the rows of its range, both in the chain's order. Nearly always the next row belongs to the next key; what does
 * not meet in passing (two orders of one position may stand in another order here than there) is matched by name at the end.
 */
export class PageMerge {
  readonly #keys: readonly OrderKey[];
  readonly #looseKeys: number[] = [];
  readonly #looseRows: LooseRow[] = [];
  readonly #toRead: number[] = [];
  readonly #foundAgain: number[] = [];
  readonly #unmarked: number[] = [];
  #looseCount = 0;
  #next = 0;

  constructor(keys: readonly OrderKey[]) {
    this.#keys = keys;
  }

  /** Rows that should have met a key and met none so far. At most as many as the page has keys can still meet one. */
  get loose(): number {
    return this.#looseCount;
  }

  add({ cids, bits, ids }: PackedRows): void {
    let idTexts: readonly string[] | undefined;
    const idAt = (index: number): number => {
      idTexts ??= ids.split(',');
      return Number(idTexts[index]);
    };
    cids.forEach((cid, index) => {
      const rowBit = bits[index] ?? 0;
      const at = this.#find(cid);
      if (at >= 0) {
        if (rowBit !== 0) this.#meet(at, rowBit, () => idAt(index));
        return;
      }
      const isJudged = (rowBit & rowBits.unjudged) === 0;
      if (isJudged) this.#looseCount += 1;
      if (isJudged || this.#keys.length > 0) this.#looseRows.push({ cid, bits: rowBit, id: idAt(index) });
    });
  }

  end(): MergedPage {
    for (; this.#next < this.#keys.length; this.#next += 1) this.#looseKeys.push(this.#next);
    const rows = new Map(this.#looseRows.map((row) => [row.cid, row]));
    let unknown = 0;
    for (const at of this.#looseKeys) {
      const text = this.#keys[at]?.text ?? '';
      const row = rows.get(text);
      if (row === undefined) {
        this.#toRead.push(at);
        unknown += 1;
      } else this.#meet(at, row.bits, () => row.id);
      rows.delete(text);
    }
    return {
      toRead: this.#toRead.sort((a, b) => a - b),
      unknown,
      foundAgain: this.#foundAgain,
      unmarked: this.#unmarked,
      missing: [...rows.values()].filter(({ bits }) => (bits & rowBits.unjudged) === 0).map(({ id }) => id),
    };
  }

  /** Position of the key that the row belongs to, if it is one of the next ones. */
  #find(cid: string): number {
    const end = Math.min(this.#keys.length, this.#next + lookAhead);
    for (let at = this.#next; at < end; at += 1) {
      if (this.#keys[at]?.text !== cid) continue;
      for (let passed = this.#next; passed < at; passed += 1) this.#looseKeys.push(passed);
      this.#next = at + 1;
      return at;
    }
    return -1;
  }

  #meet(at: number, bits: number, id: () => number): void {
    if ((bits & rowBits.due) !== 0) this.#toRead.push(at);
    if ((bits & rowBits.absent) !== 0) this.#foundAgain.push(id());
    if ((bits & rowBits.unmarked) !== 0) this.#unmarked.push(id());
  }
}
