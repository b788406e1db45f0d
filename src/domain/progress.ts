import type { EventProgress } from './facts.ts';
import { BLOCK_MS, MINUTE_MS, SECOND_MS } from './units.ts';

/** How the running walk gets on since it was last begun or resumed; shares are of the key space, 0 to 1. */
export interface WalkRun {
  readonly walkId: number;
  readonly sinceMs: number;
  readonly fromOrders: number;
  readonly fromShare: number;
  readonly atMs: number;
  readonly orders: number;
  readonly share: number;
}

export interface WalkPace {
  readonly ordersPerSecond: number;
  /** In the whole map: keys are spread evenly, so the part that was walked tells. */
  readonly expectedOrders: number;
  /** Unix ms. */
  readonly expectedEndMs: number;
}

export interface CatchUp {
  readonly blocksBehind: number;
  readonly blocksPerSecond: number;
  /** Unix ms; null while the chain grows as fast as it is followed. */
  readonly expectedEndMs: number | null;
}

/** A note older than this tells of something that stands still, or was ended. */
const staleMs = 2 * MINUTE_MS;
/** A walk notes how far it is at most so many orders apart, which takes long when it is slowed down. */
const ordersBetweenNotes = 4000;

/** The pace of this run of a walk; null before it has one, and when it stands still. */
export function walkPace(run: WalkRun, nowMs: number): WalkPace | null {
  const { sinceMs, atMs, fromOrders, orders, fromShare, share } = run;
  const tookMs = atMs - sinceMs;
  const walked = share - fromShare;
  if (tookMs <= 0 || walked <= 0) return null;
  const noteMs = (ordersBetweenNotes * tookMs) / Math.max(1, orders - fromOrders);
  if (nowMs - atMs > Math.max(staleMs, 2 * noteMs)) return null;
  return {
    ordersPerSecond: ((orders - fromOrders) * SECOND_MS) / tookMs,
    expectedOrders: Math.max(orders, Math.round(orders / share)),
    expectedEndMs: Math.round(atMs + (tookMs * (1 - share)) / walked),
  };
}

/** How far the event indexer is behind and when it will have caught up; null when it stands still. */
export function catchUpOf(progress: EventProgress, nowMs: number): CatchUp | null {
  const { atBlock, headBlock, blocksPerSecond, atMs } = progress;
  if (nowMs - atMs > staleMs) return null;
  const blocksBehind = Math.max(0, headBlock - atBlock);
  const gainedPerSecond = blocksPerSecond - SECOND_MS / BLOCK_MS;
  return {
    blocksBehind,
    blocksPerSecond,
    expectedEndMs: gainedPerSecond > 0 ? Math.round(atMs + (blocksBehind * SECOND_MS) / gainedPerSecond) : null,
  };
}
