import type { Ask } from '../../clients/chain/ask.ts';
import type { KeyStream } from './key-stream.ts';
import type { ComparedPage, PageReader, WalkPage } from './page-reader.ts';

/** Pages whose keys are asked for and held against their rows at once. */
const comparedAhead = 8;
/** Pages of which little is to be read share one question for values, and then one transaction: of each, most of the cost is the same for one page. */
const pagesTogether = 4;
/** More values than this are not asked for together, or one answer would be too large. */
const valuesTogether = 1000;
/** Groups of pages under way besides those that are written: enough for the chain to be asked while rows are written. */
const groupsAhead = 4;

interface Group {
  readonly pages: Promise<readonly WalkPage[]>;
  /** Once they were read. */
  done: readonly WalkPage[] | undefined;
}

/**
 * The pages of a walk in order, several being read at once. A page that failed is told in its turn, so that those before it are not lost; behind it
 * nothing more is begun.
 */
export class PagesAhead {
  readonly #keys: Pick<KeyStream, 'next' | 'settle'>;
  readonly #reader: Pick<PageReader, 'compare' | 'readValues'>;
  readonly #ask: Ask;
  readonly #comparing: Promise<ComparedPage | undefined>[] = [];
  readonly #groups: Group[] = [];
  #gathering: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(keys: Pick<KeyStream, 'next' | 'settle'>, reader: Pick<PageReader, 'compare' | 'readValues'>, ask: Ask) {
    this.#keys = keys;
    this.#reader = reader;
    this.#ask = ask;
  }

  /** The next pages and those behind them that have been read meanwhile; none behind the last one. */
  async next(): Promise<readonly WalkPage[]> {
    this.#begin();
    await this.#groups[0]?.pages;
    const pages: WalkPage[] = [];
    while (this.#groups[0]?.done !== undefined) {
      pages.push(...this.#groups[0].done);
      this.#groups.shift();
    }
    this.#begin();
    return pages;
  }

  /** Waits until nothing is under way; the signal should have been aborted before. */
  async settle(): Promise<void> {
    this.#stopped = true;
    await this.#keys.settle();
    await Promise.allSettled([...this.#comparing, ...this.#groups.map(async ({ pages }) => await pages)]);
  }

  #begin(): void {
    while (this.#groups.length < groupsAhead) {
      const gathered = this.#gathering.then(async () => await this.#gather());
      // Who waits for that group is told; later groups fail with it.
      this.#gathering = gathered;
      const group: Group = { pages: this.#read(gathered), done: undefined };
      // A failure is thrown in its turn.
      group.pages.then(
        (pages) => (group.done = pages),
        () => (this.#stopped = true),
      );
      this.#groups.push(group);
    }
  }

  async #read(gathered: Promise<readonly ComparedPage[]>): Promise<readonly WalkPage[]> {
    return await this.#reader.readValues(await gathered, this.#ask);
  }

  /** The next pages that may be read together; none at the end. */
  async #gather(): Promise<readonly ComparedPage[]> {
    const pages: ComparedPage[] = [];
    for (;;) {
      this.#compareAhead();
      const next = this.#comparing[0];
      if (next === undefined || (pages.length > 0 && (await hasFailed(next)))) return pages;
      const page = await next;
      if (page === undefined || !goesWith(pages, page)) return pages;
      void this.#comparing.shift();
      pages.push(page);
    }
  }

  #compareAhead(): void {
    while (!this.#stopped && this.#comparing.length < comparedAhead) {
      const page = this.#compare();
      page.catch(() => (this.#stopped = true));
      this.#comparing.push(page);
    }
  }

  async #compare(): Promise<ComparedPage | undefined> {
    const keys = await this.#keys.next();
    if (keys === undefined) return undefined;
    if (keys.isLast) this.#stopped = true;
    return await this.#reader.compare(keys);
  }
}

async function hasFailed(page: Promise<unknown>): Promise<boolean> {
  return await page.then(
    () => false,
    () => true,
  );
}

function goesWith(pages: readonly ComparedPage[], page: ComparedPage): boolean {
  const first = pages[0];
  if (first === undefined) return true;
  if (pages.length === pagesTogether || page.at.hash !== first.at.hash || page.endPoint !== first.endPoint)
    return false;
  return pages.reduce((sum, { readKeys }) => sum + readKeys.length, page.readKeys.length) <= valuesTogether;
}
