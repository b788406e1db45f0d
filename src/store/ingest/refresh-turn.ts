/**
 * Every order has a turn once in `cycleBlocks`, by its position: the one at position 0 when a cycle starts, the last one when it ends. A walk reads
 * those whose turn has come since they were read.
 */
export interface RefreshTurns {
  /** Block at which the running cycle started. */
  readonly startBlock: number;
  readonly cycleBlocks: number;
  /** Orders above this position have yet to have their turn in this cycle. */
  readonly throughPosition: number;
}

const positions = 2 ** 48;

const turnCame =
  'read_block < :startBlock + key_position * :blocksPerPosition - :cycleBlocks * (key_position > :throughPosition)';

/** SQL: whether the turn of a row of `file_record` has come since it was read, or an update of replicas has named the order since. */
export const isStale = `(${turnCame} OR read_block < reread_block)`;

export function turnBindings(turns: RefreshTurns): Readonly<Record<string, number>> {
  return { ...turns, blocksPerPosition: turns.cycleBlocks / positions };
}
