import { describe, expect, it } from 'vitest';
import type { Decision, DecisionFacts, JudgedOrder } from '../../../../src/domain/decision.ts';
import type { DecisionBasis } from '../../../../src/domain/strategy.ts';
import { DAY_BLOCKS } from '../../../../src/domain/units.ts';
import { decide } from '../../../../src/decide/rules/decide.ts';
import { basisWith, dbOrderWith, factsWith, headBlock, orderWith } from './judged.ts';

function verdict(
  order: JudgedOrder,
  basis: Partial<DecisionBasis> = {},
  facts: Partial<DecisionFacts> = {},
): Decision['verdict'] {
  return decide(order, factsWith(facts), basisWith(basis)).verdict;
}

function classOf(order: JudgedOrder): string {
  return decide(order, factsWith(), basisWith()).orderClass;
}

function turnOf(order: JudgedOrder): number | null {
  return decide(order, factsWith(), basisWith()).turnBlock;
}

const noLimits = { minFileSizeBytes: 0, maxFileSizeBytes: 0, minReplicas: 0, maxReplicas: 0 };

describe('the class', () => {
  it('is new for 432,000 blocks after the newest event', () => {
    expect(classOf(orderWith({ successBlock: headBlock - 431_999 }))).toBe('new');
    expect(classOf(orderWith({ successBlock: headBlock - 432_000 }))).toBe('db');
    expect(classOf(orderWith({ successBlock: null }))).toBe('db');
  });

  it('is new while nobody holds the file', () => {
    expect(classOf(orderWith({ successBlock: null, expiryBlock: 0 }))).toBe('new');
    expect(classOf(orderWith({ successBlock: headBlock - 999_999, expiryBlock: 0 }))).toBe('new');
  });
});

describe('bad-size', () => {
  it('is nothing ordered and held by nobody', () => {
    expect(verdict(orderWith({ sizeBytes: 0, replicas: 0 }))).toBe('bad-size');
    expect(verdict(orderWith({ sizeBytes: 0, replicas: 1 }))).toBe('take');
    expect(verdict(orderWith({ sizeBytes: 1, replicas: 0 }))).toBe('take');
  });

  it('is a file found larger than ordered, or larger than a number can say', () => {
    expect(verdict(orderWith({ oversize: true }))).toBe('bad-size');
    expect(verdict(orderWith({ sizeBytes: Number.MAX_SAFE_INTEGER }))).toBe('bad-size');
    expect(verdict(orderWith({ sizeBytes: Number.MAX_SAFE_INTEGER - 1 }))).toBe('take');
  });
});

describe('dice', () => {
  it('fails at its threshold, and 160 instead of 300 nodes are wanted of db files', () => {
    expect(verdict(orderWith({ draw: 0.3 - 1e-9 }))).toBe('take');
    expect(verdict(orderWith({ draw: 0.3 }))).toBe('dice');
    expect(verdict(dbOrderWith({ draw: 0.16 - 1e-9 }))).toBe('take');
    expect(verdict(dbOrderWith({ draw: 0.16 }))).toBe('dice');
  });

  it('never fails where the chain has no more nodes than are wanted', () => {
    expect(verdict(orderWith({ draw: 1 - 2 ** -52 }), { nodeCount: 300 })).toBe('take');
  });
});

describe('size limits', () => {
  const limits = { ...noLimits, minFileSizeBytes: 100, maxFileSizeBytes: 200 };

  it.each([
    [99, 'too-small'],
    [100, 'take'],
    [200, 'take'],
    [201, 'too-large'],
  ])('%i bytes between 100 and 200: %s', (sizeBytes, expected) => {
    expect(verdict(orderWith({ sizeBytes }), { limits })).toBe(expected);
  });

  it('0 is no limit', () => {
    expect(verdict(orderWith({ sizeBytes: 1 }), { limits: noLimits })).toBe('take');
    expect(verdict(orderWith({ sizeBytes: 2 ** 52 }), { limits: noLimits })).toBe('take');
  });
});

describe('replica limits', () => {
  it('few-replicas holds for db orders below the minimum only', () => {
    expect(verdict(dbOrderWith({ replicas: 39 }))).toBe('few-replicas');
    expect(verdict(dbOrderWith({ replicas: 40 }))).toBe('take');
    expect(verdict(orderWith({ replicas: 0 }))).toBe('take');
    expect(verdict(dbOrderWith({ replicas: 0 }), { limits: noLimits })).toBe('take');
  });

  it('many-replicas begins at the maximum, and at 200 whatever the setting', () => {
    expect(verdict(orderWith({ replicas: 99 }))).toBe('take');
    expect(verdict(orderWith({ replicas: 100 }))).toBe('many-replicas');
    for (const maxReplicas of [0, 500]) {
      const limits = { ...noLimits, maxReplicas };
      expect(verdict(orderWith({ replicas: 199 }), { limits })).toBe('take');
      expect(verdict(orderWith({ replicas: 200 }), { limits })).toBe('many-replicas');
    }
  });
});

describe('group-has-it', () => {
  it('holds when another member reported the file, or this account holds it', () => {
    expect(verdict(orderWith({ groupHold: 1 }))).toBe('group-has-it');
    expect(verdict(orderWith({ groupHold: 1 }), {}, { heldHere: true })).toBe('group-has-it');
    expect(verdict(orderWith({ groupHold: 2 }), {}, { heldHere: true })).toBe('group-has-it');
  });

  it('does not hold for an own entry whose copy is gone', () => {
    expect(verdict(orderWith({ groupHold: 2 }))).toBe('take');
  });

  it('is unknown, and so does not hold, for a map that was asked about another owner', () => {
    expect(verdict(orderWith({ groupHold: 1, groupOwner: 'cTFormerOwner' }))).toBe('take');
    expect(verdict(orderWith({ groupHold: 1, groupOwner: null }))).toBe('take');
  });
});

describe('removed-by-hand', () => {
  it('is a second time gone', () => {
    expect(verdict(orderWith({ goneCount: 1 }))).toBe('take');
    expect(verdict(orderWith({ goneCount: 2 }))).toBe('removed-by-hand');
  });
});

describe('lifetime', () => {
  const nobody = { expiryBlock: 0, replicas: 0 };

  it('abandoned is more than 144,000 blocks without anybody holding it', () => {
    expect(verdict(orderWith({ ...nobody, successBlock: null, calculatedBlock: headBlock - 144_000 }))).toBe('take');
    expect(verdict(orderWith({ ...nobody, successBlock: null, calculatedBlock: headBlock - 144_001 }))).toBe(
      'abandoned',
    );
  });

  it('abandoned counts from the newest order known', () => {
    const ordered = { ...nobody, calculatedBlock: headBlock - 200_000, successBlock: headBlock - 1 };
    expect(verdict(orderWith(ordered))).toBe('take');
  });

  it('expired begins at the expiry block, for new and db orders', () => {
    expect(verdict(orderWith({ expiryBlock: headBlock }))).toBe('expired');
    expect(verdict(orderWith({ expiryBlock: headBlock + 1 }))).toBe('take');
    expect(verdict(dbOrderWith({ expiryBlock: headBlock }))).toBe('expired');
  });

  it('expiring is under 1,728,000 blocks for db orders', () => {
    expect(verdict(dbOrderWith({ expiryBlock: headBlock + 1_727_999 }))).toBe('expiring');
    expect(verdict(dbOrderWith({ expiryBlock: headBlock + 1_728_000 }))).toBe('take');
    expect(verdict(orderWith({ expiryBlock: headBlock + 1_727_999 }))).toBe('take');
  });
});

describe('the turn', () => {
  it.each<[string, JudgedOrder, number | null]>([
    ['a new order becomes db', orderWith({ successBlock: headBlock - 10 }), headBlock - 10 + 30 * DAY_BLOCKS],
    ['a new order expires first', orderWith({ expiryBlock: headBlock + 5 }), headBlock + 5],
    [
      'an order nobody holds is abandoned',
      orderWith({ expiryBlock: 0, replicas: 0, calculatedBlock: headBlock - 10 }),
      headBlock - 10 + 144_001,
    ],
    ['a db order nears its end', dbOrderWith({ expiryBlock: headBlock + 1_728_000 }), headBlock + 1],
    ['an expiring order expires', dbOrderWith({ expiryBlock: headBlock + 1000 }), headBlock + 1000],
    ['a passed-by new order becomes db', orderWith({ draw: 0.9 }), headBlock - 10 + 30 * DAY_BLOCKS],
    ['an expired db order stays so', dbOrderWith({ expiryBlock: headBlock - 1 }), null],
    ['a passed-by db order stays so', dbOrderWith({ draw: 0.9 }), null],
    ['an abandoned order stays so', orderWith({ expiryBlock: 0, calculatedBlock: 1, successBlock: null }), null],
  ])('%s', (_name, order, expected) => {
    expect(turnOf(order)).toBe(expected);
  });

  it('is the first block at which the decision differs', () => {
    const orders = [
      orderWith(),
      orderWith({ expiryBlock: headBlock + 500 }),
      orderWith({ draw: 0.2 }),
      orderWith({ expiryBlock: 0, replicas: 0 }),
      dbOrderWith({ expiryBlock: headBlock + 1_728_100 }),
      dbOrderWith({ expiryBlock: headBlock + 100 }),
      orderWith({ expiryBlock: headBlock + 1_900_000 }),
    ];
    for (const order of orders) {
      const at = (block: number): string => {
        const { verdict: found, orderClass } = decide(order, factsWith({ headBlock: block }), basisWith());
        return `${found} ${orderClass}`;
      };
      const turn = turnOf(order);
      if (turn === null) throw new Error('expected a turn');
      expect(at(turn - 1)).toBe(at(headBlock));
      expect(at(turn)).not.toBe(at(headBlock));
    }
  });
});
