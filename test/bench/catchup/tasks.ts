import type { ChainShape } from './block-mix.ts';

/** What the measured processes are given. */
export interface ChildTask {
  readonly url: string;
  readonly shape: ChainShape;
}

export interface BotTask extends ChildTask {
  readonly dataDir: string;
}

/** How fast the blocks went by, and what of the processor they took, threads included. */
export interface Pace {
  readonly blocksPerSecond: number;
  readonly cpuUsPerBlock: number;
}

export interface LimitResult extends Pace {
  readonly events: number;
  readonly orders: number;
}

export interface BotResult extends Pace {
  /** The newest block whose events are in the tables. */
  readonly cursor: number;
}

/** Begins to measure; the result ends it. */
export function measurePace(blocks: number): () => Pace {
  const startedMs = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    const blocksPerSecond = (blocks * 1000) / (performance.now() - startedMs);
    return { blocksPerSecond, cpuUsPerBlock: (user + system) / blocks };
  };
}
