import { DAY_BLOCKS, MINUTE_BLOCKS } from '../../domain/units.ts';
import type { Random } from './draw-source.ts';

const FIRST_BLOCKS = 30 * MINUTE_BLOCKS;
const SPREAD = 0.2;

/** Blocks until the next attempt after `attempts` failed ones: 30 min × 2ⁿ ± 20 %, at most 24 h. */
export function backOffBlocks(attempts: number, random: Random): number {
  const doublings = Math.min(Math.max(0, attempts - 1), 16);
  const spread = 1 - SPREAD + 2 * SPREAD * random();
  return Math.min(DAY_BLOCKS, Math.round(FIRST_BLOCKS * 2 ** doublings * spread));
}

const COORDINATOR_BLOCKS = 5 * MINUTE_BLOCKS;

/** Blocks until the coordinator is asked again about one order after `refusals` in a row: 5 min, doubling, at most 24 h. */
export function coordinatorBackOffBlocks(refusals: number): number {
  return Math.min(DAY_BLOCKS, COORDINATOR_BLOCKS * 2 ** Math.min(Math.max(0, refusals - 1), 16));
}
