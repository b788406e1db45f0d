import { base32 } from 'multiformats/bases/base32';
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';

import { toHex } from './hex.ts';
import type { AccountId } from './accounts.ts';
import type { ChainModel } from './model.ts';
import { replicaOf } from './model-files.ts';
import { decodeFileInfo, encodeFileInfo } from './records/file-info.ts';
import type { FileInfo } from './records/file-info.ts';
import { madeUpReplicas } from './records/made-up-replicas.ts';
import { MAX_REPLICAS } from './rules.ts';
import { textBytes } from './runtime/call.ts';
import { addToFileCount } from './runtime/market-files.ts';
import { REWARDED_REPLICAS } from './runtime/market-orders.ts';
import { concat } from './scale/write.ts';
import { SeededRandom } from './seeded-random.ts';
import { fileKey } from './storage-keys.ts';

const DAY_BLOCKS = 14_400;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** What makes an order one of its kind; everything else is drawn. */
type Shape = {
  readonly expiresInBlocks: 'never held' | readonly [low: number, high: number];
  readonly orderedBlocksAgo: readonly [low: number, high: number];
  readonly replicas: readonly [low: number, high: number];
  readonly sizeBytes?: readonly [low: number, high: number];
  readonly cid?: 'not canonical' | 'not a CID';
};

const LIVE: Shape = {
  expiresInBlocks: [120 * DAY_BLOCKS, 180 * DAY_BLOCKS],
  orderedBlocksAgo: [0, 60 * DAY_BLOCKS],
  replicas: [1, 120],
};

const SHAPES = {
  live: LIVE,
  pending: { expiresInBlocks: 'never held', orderedBlocksAgo: [0, 9 * DAY_BLOCKS], replicas: [0, 0] },
  abandoned: { expiresInBlocks: 'never held', orderedBlocksAgo: [11 * DAY_BLOCKS, 300 * DAY_BLOCKS], replicas: [0, 0] },
  expiring: { ...LIVE, expiresInBlocks: [1, 119 * DAY_BLOCKS], orderedBlocksAgo: [61 * DAY_BLOCKS, 180 * DAY_BLOCKS] },
  expired: { ...LIVE, expiresInBlocks: [-90 * DAY_BLOCKS, -1], orderedBlocksAgo: [180 * DAY_BLOCKS, 270 * DAY_BLOCKS] },
  /** Paid for and once held, but every replica was taken away. */
  deserted: { ...LIVE, replicas: [0, 0] },
  full: { ...LIVE, replicas: [MAX_REPLICAS, MAX_REPLICAS] },
  large: { ...LIVE, sizeBytes: [5 * GIB, 8 * GIB - 1] },
  empty: { expiresInBlocks: 'never held', orderedBlocksAgo: [0, 0], replicas: [0, 0], sizeBytes: [0, 0] },
  notCanonical: { ...LIVE, cid: 'not canonical' },
  notCid: { ...LIVE, cid: 'not a CID' },
} as const satisfies Record<string, Shape>;

export type OrderKind = keyof typeof SHAPES;

/** In how many of a thousand orders each kind stands, unless told otherwise. */
const USUAL_MIX: Record<OrderKind, number> = {
  live: 580,
  pending: 60,
  abandoned: 60,
  expiring: 200,
  expired: 50,
  deserted: 10,
  full: 10,
  large: 20,
  empty: 4,
  notCanonical: 3,
  notCid: 3,
};

export type SeedOptions = {
  readonly seed?: number;
  /** Relative frequencies; a kind that is not named does not occur. */
  readonly mix?: Partial<Record<OrderKind, number>>;
  /** This owner's group is in the replica map of one held file in `every`, reported by `who`. */
  readonly group?: { readonly owner: AccountId; readonly who: AccountId; readonly every: number };
};

export type SeededOrder = { readonly cid: string; readonly kind: OrderKind };

/**
 * Writes n orders into the next block's state, the same ones for the same seed and block. Values with many replicas
 * are made again from the seed whenever they are read, so that even a million orders fit in memory. Old orders need a
 * chain that is old enough: begin it at block 5,000,000 or later.
 */
export function seedOrders(chain: ChainModel, count: number, options: SeedOptions = {}): SeededOrder[] {
  const random = new SeededRandom(options.seed ?? 1);
  const mix = Object.entries(options.mix ?? USUAL_MIX) as [OrderKind, number][];
  const block = chain.head.number + 1;
  const orders = Array.from({ length: count }, (_, i) => {
    const kind = draw(mix, random);
    const cid = makeCid(SHAPES[kind], random);
    const seed = random.next();
    const group = options.group !== undefined && i % options.group.every === 0 ? options.group : undefined;
    const value = () => makeValue(SHAPES[kind], new SeededRandom(seed), block, group);
    chain.storage.put(fileKey(textBytes(cid)), value);
    return { cid, kind };
  });
  addToFileCount(chain.storage, count);
  return orders;
}

function draw(mix: readonly [OrderKind, number][], random: SeededRandom): OrderKind {
  let rest = random.fraction() * mix.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [kind, weight] of mix) {
    rest -= weight;
    if (rest < 0) return kind;
  }
  return 'live';
}

function makeCid(shape: Shape, random: SeededRandom): string {
  const hash = random.bytes(32);
  if (shape.cid === 'not a CID') return `not a cid ${toHex(hash).slice(2, 18)}`;
  const digest = Digest.create(0x12, hash);
  if (shape.cid === 'not canonical') return CID.createV1(0x70, digest).toString(base32).toUpperCase();
  return random.fraction() < 0.7 ? CID.createV0(digest).toString() : CID.createV1(0x55, digest).toString(base32);
}

function makeValue(
  shape: Shape,
  random: SeededRandom,
  block: number,
  group: SeedOptions['group'] | undefined,
): Uint8Array {
  const calculatedAtBlock = Math.max(1, block - random.between(...shape.orderedBlocksAgo));
  const expiresAtBlock =
    shape.expiresInBlocks === 'never held' ? 0 : Math.max(1, block + random.between(...shape.expiresInBlocks));
  const count = random.between(...shape.replicas);
  const file: FileInfo = {
    sizeBytes: BigInt(random.between(...(shape.sizeBytes ?? sizeClass(random)))),
    spower: 0n,
    expiresAtBlock,
    calculatedAtBlock,
    amountPico: BigInt(random.between(1, 2 ** 31)) * BigInt(random.between(1, 1000)),
    prepaidPico: random.fraction() < 0.05 ? 10n ** 10n : 0n,
    reportedReplicaCount: count,
    remainingPaidCount: Math.max(0, REWARDED_REPLICAS - count),
    replicas: [],
  };
  const noReplicas = encodeFileInfo(file);
  const replicas = madeUpReplicas(count, calculatedAtBlock, random);
  const value = concat([noReplicas.subarray(0, -1), replicas]);
  if (group === undefined || count === 0) return value;
  const { replicas: strangers, ...rest } = decodeFileInfo(value);
  const ours = replicaOf(group.owner, calculatedAtBlock, group.who);
  return encodeFileInfo({ ...rest, replicas: [ours, ...strangers.slice(1)] });
}

function sizeClass(random: SeededRandom): readonly [number, number] {
  const draws = random.fraction();
  if (draws < 0.5) return [1, MIB];
  return draws < 0.95 ? [MIB, 256 * MIB] : [256 * MIB, 5 * GIB - 1];
}
