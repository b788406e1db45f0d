import type { Decision, DecisionFacts, JudgedOrder } from '../../domain/decision.ts';
import type { OrderClass } from '../../domain/statuses.ts';
import type { DecisionBasis } from '../../domain/strategy.ts';
import type { RuleVerdict } from '../../domain/verdicts.ts';
import { badCidReason, isNeverSealed } from './bad-cid.ts';
import { parseSealableCid } from './cid.ts';
import { diceThreshold, drawFor } from './dice.ts';
import type { Finding } from './finding.ts';
import { lifetime, lifetimeTurnBlock } from './lifetime.ts';
import { classAt, classTurnBlock } from './order-class.ts';
import { fewReplicas, groupHasIt, isLeaving, manyReplicas } from './replicas.ts';
import { shareIndex } from './share.ts';
import { badSize, sizeLimit } from './size.ts';

/**
 * Should this node take this file? The rules are asked in their order and the first that fails names the verdict; `take` when none does.
 * Pure and total: a row of any content gets a verdict.
 */
export function decide(order: JudgedOrder, facts: DecisionFacts, basis: DecisionBasis): Decision {
  const orderClass = classAt(order, facts.headBlock);
  const early = denied(facts) ?? cidRules(order, basis);
  if (early !== undefined) return settle(order, facts, orderClass, order.draw, early);

  const draw = order.draw ?? drawFor(basis.accountHex, order.key.text);
  const late =
    dice(draw, orderClass, basis) ??
    sizeLimit(order, basis.limits) ??
    fewReplicas(order, orderClass, basis.limits) ??
    manyReplicas(order, basis.limits) ??
    groupHasIt(order, facts, basis) ??
    removedByHand(order) ??
    lifetime(order, orderClass, facts.headBlock) ??
    take(order, facts, basis);
  return settle(order, facts, orderClass, draw, late);
}

function denied(facts: DecisionFacts): Finding | undefined {
  return facts.listMatch === null ? undefined : { verdict: 'denied', inputs: { ...facts.listMatch } };
}

/** `bad-cid`, `bad-size`, `not-ours`: what the CID's bytes are needed for, and the rule that stands between. */
function cidRules(order: JudgedOrder, basis: DecisionBasis): Finding | undefined {
  const bytes = parseSealableCid(order.key.text);
  if (bytes === undefined) return { verdict: 'bad-cid', inputs: { reason: badCidReason(order.key.text) } };
  if (isNeverSealed(bytes)) return { verdict: 'bad-cid', inputs: { reason: 'never-sealed' } };
  return badSize(order) ?? notOurs(bytes, basis);
}

function notOurs(cidBytes: Uint8Array, basis: DecisionBasis): Finding | undefined {
  return shareIndex(cidBytes, basis.members) === basis.ownIndex ? undefined : { verdict: 'not-ours', inputs: null };
}

function dice(draw: number, orderClass: OrderClass, basis: DecisionBasis): Finding | undefined {
  return draw < diceThreshold(orderClass, basis) ? undefined : { verdict: 'dice', inputs: null };
}

/** The second time a file is gone from sWorker without our doing, a person wanted it gone. */
function removedByHand(order: JudgedOrder): Finding | undefined {
  return order.goneCount < 2 ? undefined : { verdict: 'removed-by-hand', inputs: { goneCount: order.goneCount } };
}

function take(order: JudgedOrder, facts: DecisionFacts, basis: DecisionBasis): Finding {
  return { verdict: 'take', inputs: isLeaving(order, facts, basis) ? { heldHere: false } : null };
}

function settle(
  order: JudgedOrder,
  facts: DecisionFacts,
  orderClass: OrderClass,
  draw: number | null,
  finding: Finding,
): Decision {
  const { verdict, inputs } = finding;
  return { verdict, inputs, orderClass, draw, turnBlock: turnBlock(order, facts.headBlock, orderClass, verdict) };
}

function turnBlock(order: JudgedOrder, headBlock: number, orderClass: OrderClass, verdict: RuleVerdict): number | null {
  const classTurn = classTurnBlock(order, headBlock) ?? Number.POSITIVE_INFINITY;
  // Of the rules that time alone can make fail or pass, only these are reached once the earlier ones have passed.
  const agesOn = verdict === 'take' || verdict === 'expiring';
  const lifetimeTurn = agesOn ? lifetimeTurnBlock(order, orderClass, headBlock) : undefined;
  const turn = Math.min(classTurn, lifetimeTurn ?? Number.POSITIVE_INFINITY);
  return turn === Number.POSITIVE_INFINITY ? null : turn;
}
