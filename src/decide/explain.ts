import type { Order } from '../domain/order.ts';
import type { OrderStatus } from '../domain/statuses.ts';
import type { DecisionBasis } from '../domain/strategy.ts';
import type { Verdict } from '../domain/verdicts.ts';
import { explainVerdict } from './explain-verdict.ts';
import { rederive } from './rederive.ts';

/** What a person is told about an order. Texts are whole sentences; values come with their units. */
export interface Explanation {
  readonly status: OrderStatus;
  readonly verdict: Verdict | null;
  readonly because: string;
  /** What the rule looked at, and its limits. */
  readonly values: readonly ExplainedValue[];
  readonly wouldChange: string;
  /** The next look or turn, whichever is first; null when only a change can bring one. */
  readonly nextLook: { readonly block: number; readonly inBlocks: number | null } | null;
  /** Why a queued order is nevertheless not pulled: the weight of its source, or that no pull starts at all; null when neither keeps it. */
  readonly heldBack: string | null;
}

export interface ExplainedValue {
  readonly name: string;
  readonly value: string | number | boolean | null;
}

export interface ExplainFacts {
  /** The basis that the order was decided by. */
  readonly decidedBy: DecisionBasis | undefined;
  /** The newest basis: where it gives the same verdict, its values are the ones told. */
  readonly newest: DecisionBasis | undefined;
  readonly headBlock: number | undefined;
  /** Why nothing is decided and no pull starts at present; absent when nothing is known to be in the way. */
  readonly standstill?: string | undefined;
}

/** Explains an order from what is stored, asking nobody. */
export function explain(order: Order, facts: ExplainFacts): Explanation {
  const basis = standingBasis(order, facts);
  const { status, verdict } = order;
  return {
    status,
    verdict,
    ...aboutVerdict(order, basis, facts.standstill),
    nextLook: nextLook(order, facts.headBlock),
    heldBack: heldBack(order, facts.newest ?? facts.decidedBy, facts.standstill),
  };
}

/** A revision leaves a row alone when the new basis changes nothing for it, so the newest basis is the better one to tell. */
function standingBasis(order: Order, facts: ExplainFacts): DecisionBasis | undefined {
  const { decidedBy, newest } = facts;
  if (newest === undefined || decidedBy === undefined) return decidedBy ?? newest;
  return rederive(order, newest)?.verdict === rederive(order, decidedBy)?.verdict ? newest : decidedBy;
}

type About = Pick<Explanation, 'because' | 'values' | 'wouldChange'>;

function undecided(standstill: string | undefined): About {
  return {
    because: `The order is not decided yet${standstill === undefined ? '' : `: ${standstill}`}.`,
    values: [],
    wouldChange:
      'It is decided as soon as the group, the active nodes and the files held here are known; see smanager status.',
  };
}

/** Statuses that no verdict binds. */
const settled: Readonly<Partial<Record<OrderStatus, About>>> = {
  pulling: {
    because: 'The file is being pulled now.',
    values: [],
    wouldChange: 'A verdict ends no pull: it ends by itself, or when the order is closed.',
  },
  handled: {
    because: 'sWorker on this node has the file.',
    values: [],
    wouldChange: 'A verdict lets go of no file: it stays until its order is closed.',
  },
  failed: {
    because: 'Every attempt to pull the file has failed.',
    values: [],
    wouldChange: 'A new order for the file starts its attempts from the beginning.',
  },
  closed: {
    because: 'The order is closed on chain.',
    values: [],
    wouldChange: 'A new order for the file opens it again.',
  },
};

function aboutVerdict(order: Order, basis: DecisionBasis | undefined, standstill: string | undefined): About {
  const bySettled = settled[order.status];
  if (bySettled !== undefined) return bySettled;
  if (order.status === 'new' || order.verdict === null) return undecided(standstill);
  return explainVerdict(order, order.verdict, basis);
}

function nextLook(order: Order, headBlock: number | undefined): Explanation['nextLook'] {
  if (order.status !== 'waiting' && order.status !== 'queued') return null;
  const blocks = [order.lookBlock, order.turnBlock].filter((block) => block !== null);
  if (blocks.length === 0) return null;
  const block = Math.min(...blocks);
  return { block, inBlocks: headBlock === undefined ? null : Math.max(0, block - headBlock) };
}

/** A weight of 0 stays when what stands in every order's way has passed, so both are told. */
function heldBack(order: Order, basis: DecisionBasis | undefined, standstill: string | undefined): string | null {
  if (order.status !== 'queued') return null;
  const reasons = standstill === undefined ? [] : [`No pull starts: ${standstill}.`];
  const key = order.orderClass === 'new' ? 'newFilesWeight' : 'dbFilesWeight';
  if (basis?.weights[key] === 0) {
    reasons.unshift(
      `The order is of the source "${order.orderClass}", whose weight (scheduler.strategy.${key}) is 0: nothing is pulled from it.`,
    );
  }
  return reasons.length === 0 ? null : reasons.join(' ');
}
