import type { DecisionFacts, JudgedOrder } from '../../../../src/domain/decision.ts';
import type { DecisionBasis } from '../../../../src/domain/strategy.ts';
import { DAY_BLOCKS } from '../../../../src/domain/units.ts';
import { cidOf } from '../../../support/decide-world.ts';

export const headBlock = 10_000_000;

/** An order that every rule lets pass: new by its event, held by some, long paid. */
export function orderWith(columns: Partial<JudgedOrder> = {}): JudgedOrder {
  return {
    key: { text: cidOf('a file') },
    sizeBytes: 1_000_000,
    calculatedBlock: headBlock - 10,
    expiryBlock: headBlock + 170 * DAY_BLOCKS,
    replicas: 50,
    groupHold: 0,
    groupOwner: 'cTGroupOwner',
    successBlock: headBlock - 10,
    goneCount: 0,
    oversize: false,
    draw: 0.01,
    ...columns,
  };
}

/** The same order long after its event. */
export function dbOrderWith(columns: Partial<JudgedOrder> = {}): JudgedOrder {
  return orderWith({ successBlock: null, ...columns });
}

export function basisWith(columns: Partial<DecisionBasis> = {}): DecisionBasis {
  return {
    accountHex: 'ab'.repeat(32),
    groupOwner: 'cTGroupOwner',
    members: 1,
    ownIndex: 0,
    nodeCount: 1000,
    limits: { minFileSizeBytes: 0, maxFileSizeBytes: 0, minReplicas: 40, maxReplicas: 100 },
    weights: { dbFilesWeight: 50, newFilesWeight: 50 },
    denyList: null,
    allowList: null,
    ...columns,
  };
}

export function factsWith(columns: Partial<DecisionFacts> = {}): DecisionFacts {
  return { headBlock, heldHere: false, listMatch: null, ...columns };
}
