import type { PinAnswer } from './end-types.ts';

/**
 * Whether the pin stood when a pull began, as its `pin/add` tells: for a pin that stands the daemon answers at once, walking no block and asking
 * sWorker nothing (chain-facts: `pin/add`). Null when the answer says neither.
 * @param blocks that the daemon reported
 * @param sealed sWorker had no such file before the pull and has it now
 */
export function pinStood(answer: PinAnswer, blocks: number, sealed: boolean): boolean | null {
  if (blocks > 0 || sealed) return false;
  if (answer.kind === 'pinned') return true;
  const reachedSworker = answer.kind === 'refused' && answer.stage !== 'resolve' && answer.stage !== 'other';
  return reachedSworker ? false : null;
}
