import type { JudgedOrder } from '../../domain/decision.ts';
import type { OrderClass } from '../../domain/statuses.ts';
import { DAY_BLOCKS } from '../../domain/units.ts';
import type { Finding } from './finding.ts';

/** Nobody has reported an order for longer than this: its bytes are probably nowhere. */
const abandonedAfterBlocks = 10 * DAY_BLOCKS;
/** A db file with less paid time than this is not worth its pull. */
const worthwhileBlocks = 120 * DAY_BLOCKS;

/** `calculated_at` is the block of the order until the first replica is accounted; a FileSuccess seen since is newer. */
function orderedBlock(order: JudgedOrder): number {
  return Math.max(order.calculatedBlock, order.successBlock ?? 0);
}

export function lifetime(order: JudgedOrder, orderClass: OrderClass, headBlock: number): Finding | undefined {
  const { expiryBlock } = order;
  if (expiryBlock === 0) {
    const ordered = orderedBlock(order);
    if (headBlock - ordered <= abandonedAfterBlocks) return undefined;
    return { verdict: 'abandoned', inputs: { orderedBlock: ordered } };
  }
  // The chain lets an order be closed from its expiry block on (calculate_reward: now >= expired_at).
  if (headBlock >= expiryBlock) return { verdict: 'expired', inputs: { expiryBlock } };
  if (orderClass !== 'db' || expiryBlock - headBlock >= worthwhileBlocks) return undefined;
  return { verdict: 'expiring', inputs: { expiryBlock } };
}

/** The block at which time alone brings the next finding of `lifetime`; undefined when nothing more comes. */
export function lifetimeTurnBlock(order: JudgedOrder, orderClass: OrderClass, headBlock: number): number | undefined {
  const { expiryBlock } = order;
  if (expiryBlock === 0) return next([orderedBlock(order) + abandonedAfterBlocks + 1], headBlock);
  const expiring = orderClass === 'db' ? [expiryBlock - worthwhileBlocks + 1] : [];
  return next([...expiring, expiryBlock], headBlock);
}

function next(blocks: readonly number[], headBlock: number): number | undefined {
  return blocks.find((block) => block > headBlock);
}
