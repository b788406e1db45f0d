import { DAY_BLOCKS } from '../../domain/units.ts';

export interface NodeCountInUse {
  readonly count: number;
  readonly sinceBlock: number;
}

const nearEnough = 0.02;

/**
 * The node count that verdicts rest on. It follows the real one only when that is 2 % or more away, or after a day, so that the chain's hourly ups and
 * downs do not toss every order's dice again.
 */
export function nodeCountInUse(standing: NodeCountInUse | undefined, real: number, headBlock: number): NodeCountInUse {
  if (standing === undefined) return { count: real, sinceBlock: headBlock };
  const away = Math.abs(real - standing.count) >= nearEnough * standing.count;
  const dayOld = headBlock - standing.sinceBlock >= DAY_BLOCKS;
  return away || dayOld ? { count: real, sinceBlock: headBlock } : standing;
}
