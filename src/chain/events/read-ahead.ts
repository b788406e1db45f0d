interface Begun<T> {
  readonly from: number;
  readonly window: Promise<T>;
}

/** Begins to read the windows behind the one that is wanted, so that the node works while this one is written. */
export class ReadAhead<T> {
  readonly #depth: number;
  readonly #windowBlocks: number;
  readonly #read: (from: number, to: number) => Promise<T>;
  readonly #end: number;
  #begun: Begun<T>[] = [];

  /**
   * @param read the window of the blocks behind `from` up to `to`
   * @param end the last block to read
   */
  constructor(
    options: { readonly depth: number; readonly windowBlocks: number; readonly end: number },
    read: (from: number, to: number) => Promise<T>,
  ) {
    this.#depth = options.depth;
    this.#windowBlocks = options.windowBlocks;
    this.#end = options.end;
    this.#read = read;
  }

  /** The window behind `from`. What was begun for another place, because a window turned out shorter than planned, is waited for and let go. */
  async next(from: number): Promise<T> {
    if (this.#begun.length > 0 && this.#begun[0]?.from !== from) await this.settle();
    this.#begin(from);
    const [first] = this.#begun;
    if (first === undefined) throw new RangeError(`nothing to read behind block ${from}`);
    const window = await first.window;
    this.#begun.shift();
    // Read while the one that is handed out is written.
    this.#begin(from + this.#windowBlocks);
    return window;
  }

  #begin(from: number): void {
    for (let at = this.#planned(from); at < this.#end && this.#begun.length < this.#depth; at = this.#planned(from)) {
      const window = this.#read(at, Math.min(this.#end, at + this.#windowBlocks));
      // Its failure is told to who asks for it, if anybody does.
      window.catch(() => undefined);
      this.#begun.push({ from: at, window });
    }
  }

  /** Resolves when nothing is under way any more. */
  async settle(): Promise<void> {
    const begun = this.#begun;
    this.#begun = [];
    await Promise.allSettled(begun.map(async ({ window }) => await window));
  }

  /** Where the next window to begin begins. */
  #planned(from: number): number {
    const last = this.#begun.at(-1);
    return last === undefined ? from : last.from + this.#windowBlocks;
  }
}
