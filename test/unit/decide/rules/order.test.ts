import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DecisionFacts, JudgedOrder } from '../../../../src/domain/decision.ts';
import type { DecisionBasis } from '../../../../src/domain/strategy.ts';
import { ruleVerdicts, type RuleVerdict } from '../../../../src/domain/verdicts.ts';
import { decide } from '../../../../src/decide/rules/decide.ts';
import { parseSealableCid } from '../../../../src/decide/rules/cid.ts';
import { shareIndex } from '../../../../src/decide/rules/share.ts';
import { cidOf } from '../../../support/decide-world.ts';
import { basisWith, dbOrderWith, factsWith, headBlock } from './judged.ts';

interface World {
  order: JudgedOrder;
  facts: DecisionFacts;
  basis: DecisionBasis;
}

const limits = { minFileSizeBytes: 100, maxFileSizeBytes: 1000, minReplicas: 40, maxReplicas: 60 };

/** Each failure as a change to a db order that passes. Where two cannot be had in one order, the one asked last wins. */
const failures: readonly [RuleVerdict, (world: World) => void][] = [
  ['denied', (world) => (world.facts = { ...world.facts, listMatch: { list: 'allow' } })],
  ['bad-cid', (world) => (world.order = { ...world.order, key: { text: 'no cid' } })],
  ['bad-size', (world) => (world.order = { ...world.order, oversize: true })],
  ['not-ours', (world) => (world.basis = { ...world.basis, ownIndex: world.basis.ownIndex + 1 })],
  ['dice', (world) => (world.order = { ...world.order, draw: 0.99 })],
  ['too-small', (world) => (world.order = { ...world.order, sizeBytes: 99 })],
  ['too-large', (world) => (world.order = { ...world.order, sizeBytes: 1001 })],
  ['few-replicas', (world) => (world.order = { ...world.order, replicas: 39 })],
  ['many-replicas', (world) => (world.order = { ...world.order, replicas: 60 })],
  ['group-has-it', (world) => (world.order = { ...world.order, groupHold: 1 })],
  ['removed-by-hand', (world) => (world.order = { ...world.order, goneCount: 2 })],
  ['abandoned', (world) => (world.order = { ...world.order, expiryBlock: 0, calculatedBlock: 1 })],
  ['expired', (world) => (world.order = { ...world.order, expiryBlock: headBlock })],
  ['expiring', (world) => (world.order = { ...world.order, expiryBlock: headBlock + 1 })],
];

/** Pairs that speak of the same column, or that contradict each other (nobody holding it makes an order new). */
const exclusive = [
  ['too-small', 'too-large'],
  ['few-replicas', 'many-replicas'],
  ['few-replicas', 'abandoned'],
  ['abandoned', 'expired'],
  ['abandoned', 'expiring'],
  ['expired', 'expiring'],
];

function passing(): World {
  return {
    order: dbOrderWith({ sizeBytes: 500 }),
    facts: factsWith(),
    basis: basisWith({ members: 10, ownIndex: ownIndex(10), nodeCount: 5000, limits }),
  };
}

function ownIndex(members: number): number {
  return shareIndex(parseSealableCid(cidOf('a file')) ?? new Uint8Array(), members);
}

function verdictOf(world: World): RuleVerdict {
  return decide(world.order, world.facts, world.basis).verdict;
}

describe('the rules', () => {
  it('let the passing order be taken', () => {
    expect(verdictOf(passing())).toBe('take');
  });

  it('are all tried here, in the order of their words', () => {
    expect([...failures.map(([name]) => name), 'take']).toEqual(ruleVerdicts);
  });

  it.each(failures)('%s is named when it alone fails', (name, fail) => {
    const world = passing();
    fail(world);
    expect(verdictOf(world)).toBe(name);
  });

  const pairs = failures.flatMap(([first, failFirst], index) =>
    failures.slice(index + 1).map(([second, failSecond]) => ({ first, failFirst, second, failSecond })),
  );
  it.each(pairs.filter(({ first, second }) => !exclusive.some(([a, b]) => a === first && b === second)))(
    '$first is named before $second',
    ({ first, failFirst, failSecond }) => {
      const world = passing();
      failSecond(world);
      failFirst(world);
      expect(verdictOf(world)).toBe(first);
    },
  );
});

const blocks = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20_000_000 }));
const anyOrder: fc.Arbitrary<JudgedOrder> = fc.record({
  key: fc.record({ text: fc.oneof(fc.string({ maxLength: 128 }), fc.nat().map(cidOf)) }),
  sizeBytes: fc.maxSafeNat(),
  calculatedBlock: blocks,
  expiryBlock: blocks,
  replicas: fc.nat({ max: 300 }),
  groupHold: fc.constantFrom(0, 1, 2),
  groupOwner: fc.constantFrom('cTGroupOwner', 'cTOther', null),
  successBlock: fc.option(blocks),
  goneCount: fc.nat({ max: 3 }),
  oversize: fc.boolean(),
  draw: fc.option(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
});

describe('a decision', () => {
  it('is given for any row, always the same, and its turn lies ahead', () => {
    const setting = fc.record({
      headBlock: blocks,
      heldHere: fc.boolean(),
      members: fc.integer({ min: 1, max: 1000 }),
      nodeCount: fc.integer({ min: 1, max: 20_000 }),
    });
    fc.assert(
      fc.property(anyOrder, setting, (order, { headBlock: head, heldHere, members, nodeCount }) => {
        const facts = factsWith({ headBlock: head, heldHere });
        const basis = basisWith({ members, nodeCount });
        const decision = decide(order, facts, basis);
        expect(ruleVerdicts).toContain(decision.verdict);
        expect(decide(order, facts, basis)).toEqual(decision);
        expect(decision.turnBlock ?? head + 1).toBeGreaterThan(head);
        // A draw once made is the one it would make again.
        expect(decide({ ...order, draw: decision.draw }, facts, basis)).toEqual(decision);
      }),
      { numRuns: 1000 },
    );
  });
});
