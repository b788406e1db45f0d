import { describe, expect, it } from 'vitest';
import { dueWalk, isOutdated, readsAllValues, type WalkSituation } from '../../../src/chain/walk/due-walk.ts';
import type { Walk } from '../../../src/store/walks.ts';

const complete: Walk = {
  id: 1,
  status: 'complete',
  reason: 'first',
  readsAll: true,
  groupOwner: 'cTOwner',
  newestGap: 0,
  anchorBlock: 120,
  oldestPageBlock: 100,
  newestPageBlock: 120,
  cursor: '0x00',
  orders: 1,
  pages: 1,
  missing: 0,
  suspect: false,
  startedMs: 0,
  endedMs: 1,
};

const calm: WalkSituation = {
  lastComplete: complete,
  lastReadingAll: complete,
  openGaps: [],
  groupOwner: 'cTOwner',
  headBlock: 1099,
  intervalBlocks: 1000,
};
const gap = { id: 4, fromBlock: 900, toBlock: 1099, reason: 'pruned' } as const;

describe('whether a walk is due', () => {
  it.each([
    ['nothing happened', {}, undefined],
    ['none was ever complete', { lastComplete: undefined, lastReadingAll: undefined }, 'first'],
    ['the interval has passed since its first page', { headBlock: 1100 }, 'interval'],
    ['a gap stands open', { openGaps: [gap] }, 'gap'],
    ['a gap stands open whose end is not finalized where we look', { openGaps: [gap], headBlock: 1098 }, undefined],
    ['another owner than the values were read for', { groupOwner: 'cTNew' }, 'new-group-owner'],
    ['the group is gone', { groupOwner: null }, undefined],
    ['no walk read all values for the owner', { lastReadingAll: undefined }, 'new-group-owner'],
  ] satisfies [string, Partial<WalkSituation>, string | undefined][])('%s', (_, change, reason) => {
    expect(dueWalk({ ...calm, ...change })).toBe(reason);
  });

  it('reads all values unless it comes by the clock', () => {
    expect(['first', 'gap', 'new-group-owner', 'interval'].map((reason) => readsAllValues(reason as 'first'))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it('is outdated when the group has another owner, not when it has none', () => {
    expect([isOutdated(complete, 'cTNew'), isOutdated(complete, null), isOutdated(complete, 'cTOwner')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
