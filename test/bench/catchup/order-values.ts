import { madeUpReplicas } from '../../../devnet/chain/records/made-up-replicas.ts';
import { SeededRandom } from '../../../devnet/chain/seeded-random.ts';
import { storagePrefixes } from '../../../src/clients/chain/keys/storage-prefixes.ts';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { madeCid } from '../database/made-cids.ts';
import { type ChainShape, happeningsOf } from './block-mix.ts';
import { compact, u32, u64 } from './scale-hex.ts';

const maxReplicas = 115;
/** A pool of replica maps, 0 to 114 replicas. */
const maps = Array.from({ length: maxReplicas }, (_, count) =>
  Buffer.from(madeUpReplicas(count, 15_000_000, new SeededRandom(count))).toString('hex'),
);

/** Values of `FilesV2` after each block: an order has an entry at every block but the one that closes it. */
export class OrderValues {
  readonly #shape: ChainShape;
  readonly #known = new Set<string>();

  constructor(shape: ChainShape) {
    this.#shape = shape;
    for (let order = 0; order < shape.knownOrders; order += 1)
      this.#known.add(chainOrderKey(madeCid(order)).storageKey);
  }

  /** Of a storage key in lower-case hex, null for an order closed in the block. */
  at(storageKey: string, block: number): string | null {
    if (!storageKey.startsWith(storagePrefixes.marketFilesV2)) return null;
    const closed = happeningsOf(this.#shape, block).find((happening) => happening.kind === 'closed');
    if (closed?.kind === 'closed' && chainOrderKey(closed.cid).storageKey === storageKey) return null;
    const number = Number.parseInt(storageKey.slice(-6), 16) ^ block;
    // Known ones are held by 40 in the mean, new ones by nobody.
    const isKnown = this.#known.has(storageKey);
    const replicas = isKnown ? Math.floor(((number % 97) / 97) ** 1.2 * 88) : 0;
    const expiry = isKnown ? block + 2_592_000 : 0;
    const figures = u64(4_000_000 + (number % 1000)) + u64(0) + u32(expiry) + u32(block) + compact(2e9 + number) + '00';
    return `0x${figures}${u32(replicas)}04000000${maps[replicas] ?? ''}`;
  }
}
