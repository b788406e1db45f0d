import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refreshTurns } from '../../../../src/chain/walk/refresh-turns.ts';
import { DAY_BLOCKS } from '../../../../src/domain/units.ts';

const positions = 2 ** 48;
const week = 7 * DAY_BLOCKS;

/** Whether a walk at `anchorBlock` reads an order again, as the statement that compares rows has it. */
function isDue(position: number, readBlock: number, anchorBlock: number, refreshBlocks = week): boolean {
  const turns = refreshTurns(anchorBlock, refreshBlocks, DAY_BLOCKS);
  const inCycle = turns.startBlock + (position * turns.cycleBlocks) / positions;
  return readBlock < inCycle - (position > turns.throughPosition ? turns.cycleBlocks : 0);
}

describe('the turns by which orders are read again', () => {
  it('come within the refresh time of every order, whatever blocks they were read at', () => {
    const order = fc.record({ position: fc.integer({ min: 0, max: positions - 1 }), read: fc.nat(week) });
    const late = fc.array(fc.nat(60), { minLength: 30, maxLength: 30 });
    fc.assert(
      fc.property(order, fc.integer({ min: week, max: 2 ** 31 }), late, ({ position, read }, begin, lateness) => {
        let readBlock = begin - read;
        let anchor = begin;
        const ages: number[] = [];
        for (const more of lateness) {
          if (isDue(position, readBlock, anchor)) readBlock = anchor;
          anchor += DAY_BLOCKS + more;
          ages.push(anchor - readBlock);
        }
        // An order that was read long before these walks may have waited for the first of them.
        expect(Math.max(...ages.slice(1))).toBeLessThanOrEqual(week);
      }),
    );
  });

  it('spread the orders of one walk over the days that follow, no day much more than its share', () => {
    const orders = Array.from({ length: 7000 }, (_, index) => (index / 7000) * positions);
    const readBlocks = orders.map(() => 20_000_000);
    for (let day = 1; day <= 21; day += 1) {
      const anchor = 20_000_000 + day * (DAY_BLOCKS + 3);
      const due = orders.flatMap((position, index) => (isDue(position, readBlocks[index] ?? 0, anchor) ? [index] : []));
      for (const index of due) readBlocks[index] = anchor;
      expect(due.length / orders.length).toBeGreaterThan(1 / 7);
      expect(due.length / orders.length).toBeLessThan(1 / 5.5);
    }
  });

  it('come at each walk when walks are as far apart as the refresh time', () => {
    for (const position of [0, 2 ** 47, positions - 1]) {
      expect(isDue(position, 999_999 - DAY_BLOCKS, 1_000_000, DAY_BLOCKS)).toBe(true);
    }
  });
});
