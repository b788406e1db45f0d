import type { Decision, JudgedOrder } from '../domain/decision.ts';
import type { Order, VerdictInputs } from '../domain/order.ts';
import type { DecisionBasis, ListMatch } from '../domain/strategy.ts';
import { decide } from './rules/decide.ts';

/** The columns of a decided order that its verdict can be derived from again. */
export type DecidedOrder = JudgedOrder & Pick<Order, 'verdict' | 'verdictInputs' | 'decidedBlock'>;

/**
 * The decision that an order's row and the basis it was decided by give once more; undefined for one never decided. A verdict of the pick was
 * `take` by the rules. Holds for rows without a mark: a marked row's figures are newer than its verdict.
 */
export function rederive(order: DecidedOrder, basis: DecisionBasis): Decision | undefined {
  if (order.decidedBlock === null || order.verdict === null) return undefined;
  const inputs = order.verdictInputs ?? {};
  const facts = {
    headBlock: order.decidedBlock,
    // Only `group-has-it` can rest on a held copy, and then it says so.
    heldHere: inputs['heldHere'] === true,
    listMatch: order.verdict === 'denied' ? listMatchOf(inputs) : null,
  };
  return decide(order, facts, basis);
}

function listMatchOf(inputs: VerdictInputs): ListMatch {
  const { list, by, entry } = inputs;
  if (list !== 'deny') return { list: 'allow' };
  return { list, by: by === 'owner' || by === 'memo' ? by : 'cid', entry: String(entry) };
}
