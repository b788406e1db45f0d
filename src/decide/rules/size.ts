import type { JudgedOrder } from '../../domain/decision.ts';
import type { StrategyLimits } from '../../domain/strategy.ts';
import { MAX_SIZE_BYTES } from '../../domain/units.ts';
import type { Finding } from './finding.ts';

/** Ordered as nothing and held by nobody, larger than a row can say, or larger than it was ordered. */
export function badSize(order: JudgedOrder): Finding | undefined {
  if (order.oversize) return { verdict: 'bad-size', inputs: { sizeBytes: order.sizeBytes, oversize: true } };
  const empty = order.sizeBytes === 0 && order.replicas === 0;
  if (!empty && order.sizeBytes < MAX_SIZE_BYTES) return undefined;
  return { verdict: 'bad-size', inputs: { sizeBytes: order.sizeBytes } };
}

export function sizeLimit(order: JudgedOrder, limits: StrategyLimits): Finding | undefined {
  const { sizeBytes } = order;
  if (sizeBytes < limits.minFileSizeBytes) return { verdict: 'too-small', inputs: { sizeBytes } };
  if (limits.maxFileSizeBytes > 0 && sizeBytes > limits.maxFileSizeBytes) {
    return { verdict: 'too-large', inputs: { sizeBytes } };
  }
  return undefined;
}
