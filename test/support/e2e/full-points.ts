import { SeededRandom } from '../../../devnet/chain/seeded-random.ts';

/** When the disk becomes so full: before the first start, while the bot works, or before an old database is brought up to date. */
const whens = ['at the first start', 'while it works', 'during a migration'] as const;

export interface FullPoint {
  readonly when: (typeof whens)[number];
  readonly freeBytes: number;
}

/** Of each kind the most that it fills soon. */
const kinds = [
  { when: 'at the first start', mostBytes: 360 * 1024 },
  { when: 'while it works', mostBytes: 240 * 1024 },
  { when: 'during a migration', mostBytes: 240 * 1024 },
] as const satisfies readonly { readonly when: FullPoint['when']; readonly mostBytes: number }[];

/** `count` points of each kind, at least 2: the disk that is full to the last byte, and the rest all over the range, one in each of its parts. */
export function drawFullPoints(seed: number, count: number): readonly FullPoint[] {
  const random = new SeededRandom(seed);
  return kinds.flatMap(({ when, mostBytes }) =>
    Array.from({ length: count }, (_, part) => {
      const freeBytes = part === 0 ? 0 : Math.floor(((part - 1 + random.fraction()) / (count - 1)) * mostBytes);
      return { when, freeBytes };
    }),
  );
}
