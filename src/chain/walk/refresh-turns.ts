import { HOUR_BLOCKS } from '../../domain/units.ts';
import type { RefreshTurns } from '../../store/walk-pages.ts';

const positions = 2 ** 48;
/** Walks begin a few blocks later than they are due. */
const lateBlocks = HOUR_BLOCKS;

/**
 * The turns by which a walk at `anchorBlock` reads values again. An order whose turn comes right behind one walk is read by the next, so a cycle is
 * an interval shorter than the time in which every order is to be read. With walks further apart than that, all are read each time.
 */
export function refreshTurns(anchorBlock: number, refreshBlocks: number, intervalBlocks: number): RefreshTurns {
  const cycleBlocks = Math.max(1, refreshBlocks - intervalBlocks - lateBlocks);
  const startBlock = Math.floor(anchorBlock / cycleBlocks) * cycleBlocks;
  return {
    startBlock,
    cycleBlocks,
    throughPosition: Math.floor(((anchorBlock - startBlock) / cycleBlocks) * positions),
  };
}
