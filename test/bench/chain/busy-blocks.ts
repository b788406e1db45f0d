import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { extrinsicsOf } from '../catchup/block-body.ts';
import { eventsOf } from '../catchup/block-events.ts';
import { type ChainShape, happeningsOf } from '../catchup/block-mix.ts';
import { OrderValues } from '../catchup/order-values.ts';
import { FIRST_BLOCK } from './bench-world.ts';

const shape: ChainShape = {
  firstBlock: FIRST_BLOCK + 1,
  blocks: 0,
  // Before the first of them: all are of the runtime that the bench chain has.
  upgradeBlock: FIRST_BLOCK,
  knownOrders: 0,
  seed: 7,
};

/** Blocks with as much in them as the real chain's, as the catch-up has them. Their orders are of files that the map did not have before. */
export class BusyBlocks {
  readonly #blocks = new Set<number>();
  /** By storage key, the block of the order. */
  readonly #ordered = new Map<string, number>();
  readonly #values = new OrderValues(shape);

  add(block: number): void {
    this.#blocks.add(block);
    for (const cid of cidsOrderedIn(block)) this.#ordered.set(chainOrderKey(cid).storageKey, block);
  }

  /** Undefined for a block that is none of these. */
  events(block: number): string | undefined {
    return this.#blocks.has(block) ? eventsOf(shape, block).value : undefined;
  }

  extrinsics(block: number): readonly string[] {
    return this.#blocks.has(block) ? extrinsicsOf(shape, block) : [];
  }

  /** Of an order placed in one of them; undefined for any other key. */
  order(key: string, block: number): string | null | undefined {
    const orderedAt = this.#ordered.get(key);
    return orderedAt === undefined || orderedAt > block ? undefined : this.#values.at(key, block);
  }
}

export function cidsOrderedIn(block: number): readonly string[] {
  return happeningsOf(shape, block).flatMap((happening) => (happening.kind === 'order' ? happening.cids : []));
}
