import type { Ask } from '../../clients/chain/ask.ts';
import type { KeyStream } from './key-stream.ts';
import type { PageReader, WalkPage } from './page-reader.ts';

/** Pages under way besides those that are written: enough for the chain to be asked while rows are compared and written. */
const pagesAhead = 8;

interface Reading {
  readonly page: Promise<WalkPage | undefined>;
  /** Once it was read. */
  done: WalkPage | undefined;
}

/**
 * The pages of a walk in order, several being read at once. A page that failed is told in its turn, so that those before it are not lost; behind it
 * nothing more is begun.
 */
export class PagesAhead {
  readonly #keys: KeyStream;
  readonly #reader: PageReader;
  readonly #ask: Ask;
  readonly #reading: Reading[] = [];
  #stopped = false;

  constructor(keys: KeyStream, reader: PageReader, ask: Ask) {
    this.#keys = keys;
    this.#reader = reader;
    this.#ask = ask;
  }

  /** The next page and those behind it that have been read meanwhile; none behind the last one. */
  async next(): Promise<readonly WalkPage[]> {
    this.#begin();
    await this.#reading[0]?.page;
    const pages: WalkPage[] = [];
    while (this.#reading[0]?.done !== undefined) {
      pages.push(this.#reading[0].done);
      this.#reading.shift();
    }
    this.#begin();
    return pages;
  }

  /** Waits until nothing is under way; the signal should have been aborted before. */
  async settle(): Promise<void> {
    this.#stopped = true;
    await this.#keys.settle();
    await Promise.allSettled(this.#reading.map(async ({ page }) => await page));
  }

  #begin(): void {
    while (!this.#stopped && this.#reading.length < pagesAhead) {
      const reading: Reading = { page: this.#read(), done: undefined };
      // A failure is thrown in its turn.
      reading.page.then(
        (page) => (reading.done = page),
        () => (this.#stopped = true),
      );
      this.#reading.push(reading);
    }
  }

  async #read(): Promise<WalkPage | undefined> {
    const keys = await this.#keys.next();
    if (keys === undefined) return undefined;
    if (keys.isLast) this.#stopped = true;
    return await this.#reader.read(keys, this.#ask);
  }
}
