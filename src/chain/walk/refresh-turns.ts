import { HOUR_BLOCKS } from '../../domain/units.ts';
import type { RefreshTurns } from '../../store/ingest/refresh-turn.ts';

const positions = 2 ** 48;
/** Walks begin a few blocks later than they are due. */
const lateBlocks = HOUR_BLOCKS;
/**
 * Cycles of ever other lengths would be out of step with each other, and walks read more than their share: the length changes by this part of the
 * refresh time only.
 */
const stepShare = 1 / 28;

/** What walks were like lately, in blocks. */
export interface WalkRhythm {
  readonly intervalBlocks: number;
  /** From the beginning of a walk to that of the next one. */
  readonly distances: readonly number[];
  /** From the beginning of a walk to its end. */
  readonly durations: readonly number[];
}

/** How long after this walk's block the next walk is expected to read its last page. */
export function expectedReach({ intervalBlocks, distances, durations }: WalkRhythm): number {
  const durationBlocks = Math.max(0, ...durations);
  return Math.max(intervalBlocks, durationBlocks, ...distances) + durationBlocks;
}

/**
 * The turns by which a walk at `anchorBlock` reads values again. What it leaves unread is younger than a cycle and grows older by `reachBlocks` until
 * the next walk comes to it: both together are the refresh time. With walks further apart than that, all are read each time.
 */
export function refreshTurns(anchorBlock: number, refreshBlocks: number, reachBlocks: number): RefreshTurns {
  const stepBlocks = refreshBlocks * stepShare;
  const keptBlocks = Math.ceil((reachBlocks + lateBlocks) / stepBlocks) * stepBlocks;
  const cycleBlocks = Math.max(1, Math.floor(refreshBlocks - keptBlocks));
  const startBlock = Math.floor(anchorBlock / cycleBlocks) * cycleBlocks;
  return {
    startBlock,
    cycleBlocks,
    throughPosition: Math.floor(((anchorBlock - startBlock) / cycleBlocks) * positions),
  };
}
