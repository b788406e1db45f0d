import type { DecidableOrder, Decision, Standing } from '../domain/decision.ts';
import { DAY_BLOCKS, MINUTE_BLOCKS } from '../domain/units.ts';
import { pickVerdicts, type Verdict } from '../domain/verdicts.ts';

/**
 * Why an order is decided: `first`, because it is new or came back; `change`, because what its verdict rests on changed; `look`, because its time came
 * and it was read again from the chain.
 */
export type Occasion = 'first' | 'change' | 'look';

/** An event may have been missed: no order goes without a look for longer. */
const longestWithoutLookBlocks = 30 * DAY_BLOCKS;
const firstLookBlocks = 30 * MINUTE_BLOCKS;
const longestLookBlocks = DAY_BLOCKS;

export function isPickVerdict(verdict: Verdict | null): boolean {
  return pickVerdicts.some((pick) => pick === verdict);
}

/** Blocks until an order with few replicas is looked at again, `looks` being the looks that found it so before. */
export function fewReplicasLookBlocks(looks: number): number {
  return Math.min(longestLookBlocks, firstLookBlocks * 2 ** Math.min(looks, 16));
}

/** What becomes of a row by a decision: only what the decision changes differs from what stands. */
export function standingAfter(
  order: DecidableOrder,
  decision: Decision,
  occasion: Occasion,
  headBlock: number,
): Standing {
  const { orderClass, draw } = decision;
  const turn = turnBlock(order, decision, occasion, headBlock);
  if (waitsForItsPick(order, decision, occasion, headBlock)) {
    const { status, verdict, inputs, lookBlock, lookCount } = order;
    return { status, verdict, inputs, orderClass, draw, lookBlock, lookCount, turnBlock: turn, revise: false };
  }
  const { lookBlock, lookCount } = look(order, decision, occasion, headBlock);
  return {
    status: decision.verdict === 'take' ? 'queued' : 'waiting',
    verdict: decision.verdict,
    inputs: decision.inputs === null ? null : JSON.stringify(decision.inputs),
    orderClass,
    draw,
    lookBlock,
    lookCount,
    turnBlock: turn,
    revise: false,
  };
}

/** An order that the pick put aside stays aside until its own look, or, when it has none, until a re-order. */
function waitsForItsPick(order: DecidableOrder, decision: Decision, occasion: Occasion, headBlock: number): boolean {
  if (occasion === 'first' || order.status !== 'waiting' || !isPickVerdict(order.verdict)) return false;
  return decision.verdict === 'take' && (order.lookBlock === null || order.lookBlock > headBlock);
}

function look(
  order: DecidableOrder,
  decision: Decision,
  occasion: Occasion,
  headBlock: number,
): Pick<Standing, 'lookBlock' | 'lookCount'> {
  const ahead = order.lookBlock !== null && order.lookBlock > headBlock ? order.lookBlock : null;
  if (decision.verdict === 'take') {
    const kept = order.verdict === 'take' || isPickVerdict(order.verdict) ? order.lookCount : 0;
    // A look still ahead of a queued order is a back-off, of a new one a wait that another room set.
    if (order.status === 'waiting') return { lookBlock: null, lookCount: kept };
    return { lookBlock: occasion === 'change' ? order.lookBlock : ahead, lookCount: kept };
  }
  if (decision.verdict !== 'few-replicas') return { lookBlock: null, lookCount: 0 };
  const stillFew = occasion !== 'first' && order.verdict === 'few-replicas' && order.lookBlock !== null;
  if (!stillFew) return { lookBlock: headBlock + fewReplicasLookBlocks(0), lookCount: 0 };
  if (occasion === 'change' || ahead !== null) return { lookBlock: order.lookBlock, lookCount: order.lookCount };
  const lookCount = order.lookCount + 1;
  return { lookBlock: headBlock + fewReplicasLookBlocks(lookCount), lookCount };
}

function turnBlock(order: DecidableOrder, decision: Decision, occasion: Occasion, headBlock: number): number | null {
  // Nothing can ever make a CID another one.
  if (decision.verdict === 'bad-cid') return null;
  const latest =
    occasion === 'change' && order.turnBlock !== null ? order.turnBlock : headBlock + longestWithoutLookBlocks;
  return Math.min(latest, decision.turnBlock ?? latest);
}

export function sameStanding(order: DecidableOrder, next: Standing): boolean {
  return (
    order.status === next.status &&
    order.verdict === next.verdict &&
    order.inputs === next.inputs &&
    order.orderClass === next.orderClass &&
    order.draw === next.draw &&
    order.lookBlock === next.lookBlock &&
    order.lookCount === next.lookCount &&
    order.turnBlock === next.turnBlock &&
    order.revise === next.revise
  );
}
