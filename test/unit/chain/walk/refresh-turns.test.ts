import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectedReach, refreshTurns } from '../../../../src/chain/walk/refresh-turns.ts';
import { DAY_BLOCKS, HOUR_BLOCKS } from '../../../../src/domain/units.ts';

const positions = 2 ** 48;
const week = 7 * DAY_BLOCKS;
const shares = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1];

interface WalkPlan {
  /** From the moment at which it is due. */
  readonly waitBlocks: number;
  readonly workBlocks: number;
  /** It stands still for so long when this share of its orders was read: the bot is off, or the chain away. */
  readonly stop: { readonly share: number; readonly blocks: number };
  /** It is given up there instead, and another begins. */
  readonly isAborted: boolean;
}

interface Visit {
  /** How old what is known of the order was when the walk came to it. */
  readonly ageBlocks: number;
  /** Since the beginning of the walk that had come to it before. */
  readonly reachBlocks: number;
  /** The same as that walk expected it when it came to the order. */
  readonly expectedBlocks: number;
}

/** Whether a walk at `anchorBlock` reads an order again, as the statement that compares rows has it. */
function isDue(share: number, readBlock: number, anchorBlock: number, reachBlocks: number): boolean {
  const position = Math.floor(share * (positions - 1));
  const turns = refreshTurns(anchorBlock, week, reachBlocks);
  const inCycle = turns.startBlock + (position * turns.cycleBlocks) / positions;
  return readBlock < inCycle - (position > turns.throughPosition ? turns.cycleBlocks : 0);
}

/** Lets walks come as planned, with a day between them, and notes each of their visits to one order. */
function visitsOf(share: number, plans: readonly WalkPlan[]): readonly Visit[] {
  let nowBlock = 20_000_000;
  let readBlock = nowBlock;
  let before = { begunBlock: nowBlock, expectedBlocks: DAY_BLOCKS };
  const complete = [{ begunBlock: nowBlock, durationBlocks: 0 }];
  const visits: Visit[] = [];
  for (const { waitBlocks, workBlocks, stop, isAborted } of plans) {
    const [last, older] = complete.slice(-2).reverse();
    const begunBlock = Math.max(nowBlock, (last?.begunBlock ?? 0) + DAY_BLOCKS) + waitBlocks;
    const stoppedBlocks = share > stop.share && !isAborted ? stop.blocks : 0;
    if (!isAborted || share <= stop.share) {
      const visitBlock = begunBlock + share * workBlocks + stoppedBlocks;
      const distances = [begunBlock - (last?.begunBlock ?? 0)];
      if (last !== undefined && older !== undefined) distances.push(last.begunBlock - older.begunBlock);
      // What a walk knows of its own duration: where it went on.
      const durations = [last?.durationBlocks ?? 0, stoppedBlocks];
      const expectedBlocks = expectedReach({ intervalBlocks: DAY_BLOCKS, distances, durations });
      visits.push({
        ageBlocks: visitBlock - readBlock,
        reachBlocks: visitBlock - before.begunBlock,
        expectedBlocks: before.expectedBlocks,
      });
      if (isDue(share, readBlock, begunBlock, expectedBlocks)) readBlock = begunBlock;
      before = { begunBlock, expectedBlocks };
    }
    nowBlock = begunBlock + (isAborted ? workBlocks * stop.share : workBlocks + stop.blocks);
    if (!isAborted) complete.push({ begunBlock, durationBlocks: nowBlock - begunBlock });
  }
  return visits;
}

const never = { share: 1, blocks: 0 };
const blocks = (days: number): fc.Arbitrary<number> => fc.oneof(fc.nat(100), fc.nat(days * DAY_BLOCKS));
const anyPlan = fc.record({
  waitBlocks: blocks(5),
  workBlocks: blocks(3),
  stop: fc.record({ share: fc.constantFrom(...shares), blocks: blocks(4) }),
  isAborted: fc.boolean(),
});
const anyPlans = fc.array(anyPlan, { minLength: 1, maxLength: 40 });
const anyShare = fc.oneof(fc.constantFrom(...shares), fc.double({ min: 0, max: 1, noNaN: true }));

describe('the turns by which orders are read again', () => {
  it('come too late by no more than a walk comes later than was to be expected, whatever is aborted and taken up again', () => {
    fc.assert(
      fc.property(anyShare, anyPlans, (share, plans) => {
        for (const { ageBlocks, reachBlocks, expectedBlocks } of visitsOf(share, plans)) {
          const unexpected = Math.max(0, reachBlocks - expectedBlocks - HOUR_BLOCKS);
          expect(ageBlocks).toBeLessThanOrEqual(Math.max(week, reachBlocks) + unexpected);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('come within the refresh time while walks are as far apart and as long as those before, and at each walk when that is too long', () => {
    const delays = fc.array(fc.nat(60), { minLength: 30, maxLength: 30 });
    fc.assert(
      fc.property(anyShare, blocks(6), blocks(4), delays, (share, waitBlocks, workBlocks, more) => {
        const plans = more.map((blocksMore) => ({
          waitBlocks: waitBlocks + blocksMore,
          workBlocks: workBlocks + blocksMore,
          stop: never,
          isAborted: false,
        }));
        // The first two walks have yet to find out how it is here.
        const late = visitsOf(share, plans)
          .slice(2)
          .filter(({ ageBlocks, reachBlocks }) => ageBlocks > Math.max(week, reachBlocks));
        expect(late).toEqual([]);
      }),
    );
  });

  it.each([
    { apart: 2.5, long: 0 },
    { apart: 2.9, long: 0 },
    { apart: 4, long: 0 },
    { apart: 2.3, long: 2.3 },
  ])('keep a week with walks $apart days apart that last $long', ({ apart, long }) => {
    const workBlocks = long * DAY_BLOCKS;
    const waitBlocks = apart * DAY_BLOCKS - Math.max(DAY_BLOCKS, workBlocks);
    const plans = Array.from({ length: 40 }, () => ({ waitBlocks, workBlocks, stop: never, isAborted: false }));
    const ages = shares.flatMap((share) => visitsOf(share, plans).map(({ ageBlocks }) => ageBlocks));
    expect(Math.max(...ages)).toBeLessThanOrEqual(week);
  });

  it('spread the orders of one walk over the days that follow, no day much more than its share', () => {
    const orders = Array.from({ length: 7000 }, (_, index) => index / 7000);
    const readBlocks = orders.map(() => 20_000_000);
    for (let day = 1; day <= 21; day += 1) {
      const anchor = 20_000_000 + day * (DAY_BLOCKS + 3);
      const reach = DAY_BLOCKS + (day % 3) * HOUR_BLOCKS;
      const due = orders.flatMap((share, index) =>
        isDue(share, readBlocks[index] ?? 0, anchor, reach) ? [index] : [],
      );
      for (const index of due) readBlocks[index] = anchor;
      expect(due.length / orders.length).toBeGreaterThan(1 / 7);
      expect(due.length / orders.length).toBeLessThan(1 / 5.5);
    }
  });

  it('come at each walk when walks are as far apart as the refresh time', () => {
    for (const share of [0, 0.5, 1]) {
      expect(isDue(share, 999_999, 1_000_000, week)).toBe(true);
    }
  });
});
