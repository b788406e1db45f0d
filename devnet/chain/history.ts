import type { Block } from './block.ts';
import type { Hex } from './hex.ts';

/** The blocks of the chain: one line without forks, finalized up to a block. */
export class History {
  readonly #byNumber = new Map<number, Block>();
  readonly #byHash = new Map<Hex, Block>();
  readonly #keepBlocks: number;
  #head: Block;
  #finalized: Block;
  #oldestState: number;

  /** `keepBlocks`: how many finalized blocks keep their state. `base`: the first block with state. */
  constructor(genesis: Block, base: Block, keepBlocks: number) {
    this.#keepBlocks = keepBlocks;
    this.#head = base;
    this.#finalized = base;
    this.#oldestState = base.number;
    this.#add(genesis);
    this.#add(base);
  }

  get head(): Block {
    return this.#head;
  }

  get finalized(): Block {
    return this.#finalized;
  }

  /** Undefined for a number that the chain has not reached, or that lies before its first block. */
  at(number: number): Block | undefined {
    return this.#byNumber.get(number);
  }

  byHash(hash: string): Block | undefined {
    return this.#byHash.get(hash.toLowerCase() as Hex);
  }

  hasState(block: Block): boolean {
    return block.number >= this.#oldestState;
  }

  append(block: Block): void {
    this.#add(block);
    this.#head = block;
  }

  /** Finalizes every block up to the number; returns the new ones in order. */
  finalizeTo(number: number): readonly Block[] {
    const added: Block[] = [];
    for (let next = this.#finalized.number + 1; next <= number; next += 1) {
      const block = this.#byNumber.get(next);
      if (block === undefined) break;
      added.push(block);
      this.#finalized = block;
    }
    return added;
  }

  /** Calls `prune` with each block whose state is no longer kept. */
  pruneStates(prune: (number: number) => void): void {
    while (this.#oldestState <= this.#finalized.number - this.#keepBlocks) {
      prune(this.#oldestState);
      this.#oldestState += 1;
    }
  }

  #add(block: Block): void {
    this.#byNumber.set(block.number, block);
    this.#byHash.set(block.hash, block);
  }
}
