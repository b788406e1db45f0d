import { setImmediate as nextTurn } from 'node:timers/promises';

interface Entry<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets what comes in short order share one transaction, of which most of a small write's cost is made. Each item is told its own result, and only
 * when everything is committed; a group that fails is done again one by one, so that an item fails for its own reason alone.
 */
export class GroupCommit<T, R> {
  readonly #commit: (items: readonly T[]) => Promise<readonly R[]>;
  readonly #gather: () => Promise<unknown>;
  #entries: Entry<T, R>[] = [];

  /**
   * @param commit writes items in one transaction and gives a result each, in their order
   * @param gather resolves when no more are waited for; never rejects. Without it a group is what comes in one turn of the event loop.
   */
  constructor(
    commit: (items: readonly T[]) => Promise<readonly R[]>,
    gather: () => Promise<unknown> = async () => await nextTurn(),
  ) {
    this.#commit = commit;
    this.#gather = gather;
  }

  async add(item: T): Promise<R> {
    return await new Promise<R>((resolve, reject) => {
      this.#entries.push({ item, resolve, reject });
      if (this.#entries.length === 1) void this.#run();
    });
  }

  async #run(): Promise<void> {
    await this.#gather();
    const entries = this.#entries;
    this.#entries = [];
    try {
      await this.#settle(entries);
    } catch (error) {
      if (entries.length === 1) return entries[0]?.reject(error);
      for (const entry of entries) await this.#settle([entry]).catch(entry.reject);
    }
  }

  async #settle(entries: readonly Entry<T, R>[]): Promise<void> {
    const results = await this.#commit(entries.map(({ item }) => item));
    if (results.length !== entries.length) throw new Error('a group was committed without a result for each of it');
    results.forEach((result, index) => entries[index]?.resolve(result));
  }
}
