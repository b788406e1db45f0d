import type { DecisionFacts, JudgedOrder } from '../../domain/decision.ts';
import { groupHolds } from '../../domain/order.ts';
import type { OrderClass } from '../../domain/statuses.ts';
import type { DecisionBasis, StrategyLimits } from '../../domain/strategy.ts';
import type { Finding } from './finding.ts';

/** The chain ignores further replicas of a file (market pallet, MAX_REPLICAS). */
const chainMaxReplicas = 200;

/** The replicas from which an order has enough of them. */
export function replicaCeiling(limits: StrategyLimits): number {
  return limits.maxReplicas === 0 ? chainMaxReplicas : Math.min(limits.maxReplicas, chainMaxReplicas);
}

/** db files few others hold are doubtful: their bytes may be nowhere. */
export function fewReplicas(order: JudgedOrder, orderClass: OrderClass, limits: StrategyLimits): Finding | undefined {
  if (orderClass !== 'db' || order.replicas >= limits.minReplicas) return undefined;
  return { verdict: 'few-replicas', inputs: { replicas: order.replicas } };
}

export function manyReplicas(order: JudgedOrder, limits: StrategyLimits): Finding | undefined {
  if (order.replicas < replicaCeiling(limits)) return undefined;
  return { verdict: 'many-replicas', inputs: { replicas: order.replicas } };
}

/** Whether the replica map, as far as it was asked about the present group owner, has the own group. */
function groupStandsIn(order: JudgedOrder, basis: DecisionBasis): boolean {
  return order.groupHold !== groupHolds.no && order.groupOwner === basis.groupOwner;
}

/**
 * The chain credits one replica a group, so a second copy earns nothing. An entry made by this very account while sWorker has the file no more is
 * about to leave the map and does not count.
 */
export function groupHasIt(order: JudgedOrder, facts: DecisionFacts, basis: DecisionBasis): Finding | undefined {
  if (!groupStandsIn(order, basis)) return undefined;
  if (isLeaving(order, facts, basis)) return undefined;
  return { verdict: 'group-has-it', inputs: { groupHold: order.groupHold, heldHere: facts.heldHere } };
}

/** True when the only entry of the group is the own account's for a copy that is gone. */
export function isLeaving(order: JudgedOrder, facts: DecisionFacts, basis: DecisionBasis): boolean {
  return groupStandsIn(order, basis) && order.groupHold === groupHolds.ownAccount && !facts.heldHere;
}
