import type { AccountId } from '../../chain/accounts.ts';
import { replicaOf, strangers } from '../../chain/model-files.ts';
import type { FileInfo } from '../../chain/records/file-info.ts';
import type { SeededRandom } from '../../chain/seeded-random.ts';

const DAY_BLOCKS = 14_400;
const MIB = 1024 ** 2;

/** Lowest and highest, both included. */
type Range = readonly [low: number, high: number];

/** What the figures of a sort of orders are drawn from. */
export interface FigureRanges {
  /** `null`: nobody ever held it. Negative: its time is over. */
  readonly expiresInBlocks: Range | null;
  readonly orderedBlocksAgo: Range;
  readonly replicas: Range;
  readonly sizeBytes?: Range;
}

/** Nobody has served it yet. */
export const FRESH: FigureRanges = {
  expiresInBlocks: null,
  orderedBlocksAgo: [0, 5 * DAY_BLOCKS],
  replicas: [0, 0],
};

/** Ordered more than a month ago, held by enough to be worth taking and paid for long enough. */
export const OLD: FigureRanges = {
  expiresInBlocks: [125 * DAY_BLOCKS, 150 * DAY_BLOCKS],
  orderedBlocksAgo: [31 * DAY_BLOCKS, 55 * DAY_BLOCKS],
  replicas: [45, 90],
};

/** Blocks are counted from the one the order is written into. */
export interface Figures {
  readonly sizeBytes: number;
  readonly amountPico: number;
  readonly expiresInBlocks: number | null;
  readonly orderedBlocksAgo: number;
  readonly replicas: number;
}

export function drawFigures(ranges: FigureRanges, random: SeededRandom): Figures {
  const between = ([low, high]: Range) => Math.floor(random.between(low, high));
  return {
    sizeBytes: between(ranges.sizeBytes ?? [2048, 64 * MIB]),
    amountPico: random.between(1_000_000, 1_000_000_000),
    expiresInBlocks: ranges.expiresInBlocks === null ? null : between(ranges.expiresInBlocks),
    orderedBlocksAgo: between(ranges.orderedBlocksAgo),
    replicas: between(ranges.replicas),
  };
}

/** The entry written into a block; with `own`, one of its replicas is that group's, reported by that member. */
export function entryAt(
  block: number,
  figures: Figures,
  own?: { readonly owner: AccountId; readonly who: AccountId },
): Partial<FileInfo> {
  const orderedAtBlock = block - figures.orderedBlocksAgo;
  const ours = own === undefined ? [] : [replicaOf(own.owner, orderedAtBlock, own.who)];
  return {
    sizeBytes: BigInt(figures.sizeBytes),
    amountPico: BigInt(figures.amountPico),
    calculatedAtBlock: orderedAtBlock,
    expiresAtBlock: figures.expiresInBlocks === null ? 0 : block + figures.expiresInBlocks,
    replicas: [...ours, ...strangers(figures.replicas - ours.length, orderedAtBlock)],
  };
}
