import type { JudgedOrder } from '../../domain/decision.ts';
import type { OrderClass } from '../../domain/statuses.ts';
import { DAY_BLOCKS } from '../../domain/units.ts';

/** An order is new for this long after its newest FileSuccess. */
const newForBlocks = 30 * DAY_BLOCKS;

type Aging = Pick<JudgedOrder, 'expiryBlock' | 'successBlock'>;

export function classAt(order: Aging, headBlock: number): OrderClass {
  if (order.expiryBlock === 0) return 'new';
  return order.successBlock !== null && headBlock - order.successBlock < newForBlocks ? 'new' : 'db';
}

/** The block at which time alone makes the order db; undefined when it is db already or nobody holds it. */
export function classTurnBlock(order: Aging, headBlock: number): number | undefined {
  if (order.expiryBlock === 0 || order.successBlock === null) return undefined;
  const turn = order.successBlock + newForBlocks;
  return turn > headBlock ? turn : undefined;
}
