import { describe, expect, it } from 'vitest';
import { explain } from '../../../src/decide/explain.ts';
import { decide } from '../../../src/decide/rules/decide.ts';
import type { Order } from '../../../src/domain/order.ts';
import type { JudgedOrder } from '../../../src/domain/decision.ts';
import { orderStatuses } from '../../../src/domain/statuses.ts';
import type { DecisionBasis } from '../../../src/domain/strategy.ts';
import { pickVerdicts, ruleVerdicts } from '../../../src/domain/verdicts.ts';
import { basisWith, dbOrderWith, factsWith, headBlock, orderWith } from './rules/judged.ts';

function stored(columns: Partial<Omit<Order, 'key'> & JudgedOrder> = {}): Order {
  const judged = orderWith(columns);
  return {
    ...judged,
    id: 1,
    seen: 1,
    rewardPico: '5',
    readBlock: headBlock - 5,
    createdBlock: headBlock - 9,
    orderClass: 'new',
    status: 'queued',
    verdict: 'take',
    verdictInputs: null,
    basisId: 1,
    decidedBlock: headBlock,
    lookBlock: null,
    lookCount: 0,
    turnBlock: null,
    attempts: 0,
    revise: false,
    ...columns,
    key: { ...judged.key, position: 1 },
  };
}

function told(order: Order, decidedBy = basisWith(), newest: DecisionBasis | undefined = decidedBy) {
  return explain(order, { decidedBy, newest, headBlock });
}

describe('an explanation', () => {
  it('has words for every verdict and every status', () => {
    for (const verdict of [...ruleVerdicts, ...pickVerdicts]) {
      const { because, wouldChange } = told(stored({ status: 'waiting', verdict }));
      expect(because).toMatch(/^[A-Z].*\.$/);
      expect(wouldChange).toMatch(/\.$/);
    }
    for (const status of orderStatuses) expect(told(stored({ status })).because).toMatch(/\.$/);
  });

  it('tells the draw and what it had to be below', () => {
    const basis = basisWith({ members: 2, ownIndex: 0, nodeCount: 1000 });
    const order = stored({ status: 'waiting', verdict: 'dice', draw: 0.8 });
    const { values } = explain(order, { decidedBy: basis, newest: basis, headBlock });
    expect(values).toContainEqual({ name: 'draw', value: 0.8 });
    expect(values).toContainEqual({ name: 'must be below', value: 0.6 });
    expect(values).toContainEqual({ name: 'active nodes in use', value: 1000 });
  });

  it('tells whose file it is', () => {
    const basis = basisWith({ members: 20, ownIndex: 3 });
    const { values } = told(stored({ status: 'waiting', verdict: 'not-ours' }), basis);
    expect(values.find(({ name }) => name === 'falls to member')?.value).toBeTypeOf('number');
    expect(values).toContainEqual({ name: 'this node is member', value: 3 });
  });

  it('tells the stored inputs beside the limit', () => {
    const { values } = told(stored({ status: 'waiting', verdict: 'few-replicas', verdictInputs: { replicas: 7 } }));
    expect(values).toEqual([
      { name: 'replicas', value: 7 },
      { name: 'at least', value: 40 },
    ]);
  });

  it('tells the newest basis where it gives the same verdict, else the one that decided', () => {
    const old = basisWith({ nodeCount: 1000 });
    const order = stored({ ...dbOrderWith({ draw: 0.5 }), orderClass: 'db', status: 'waiting', verdict: 'dice' });
    expect(decide(order, factsWith(), old).verdict).toBe('dice');
    const nodes = (newest: DecisionBasis): unknown =>
      explain(order, { decidedBy: old, newest, headBlock }).values.find(({ name }) => name.startsWith('active'))?.value;
    expect(nodes(basisWith({ nodeCount: 900 }))).toBe(900);
    expect(nodes(basisWith({ nodeCount: 200 }))).toBe(1000);
  });

  it('tells the next look: the first of look and turn', () => {
    expect(told(stored({ lookBlock: headBlock + 50, turnBlock: headBlock + 20 })).nextLook).toEqual({
      block: headBlock + 20,
      inBlocks: 20,
    });
    expect(told(stored({ turnBlock: headBlock - 5 })).nextLook).toEqual({ block: headBlock - 5, inBlocks: 0 });
    expect(told(stored({ status: 'handled', turnBlock: headBlock + 20 })).nextLook).toBeNull();
    expect(told(stored()).nextLook).toBeNull();
  });

  it('tells when a weight of 0 keeps a queued order from being pulled', () => {
    const basis = basisWith({ weights: { dbFilesWeight: 0, newFilesWeight: 100 } });
    expect(told(stored({ orderClass: 'db' }), basis).heldBack).toContain('dbFilesWeight');
    expect(told(stored({ orderClass: 'new' }), basis).heldBack).toBeNull();
    const facts = { decidedBy: basis, newest: basis, headBlock, standstill: 'no bot is running' };
    expect(explain(stored({ orderClass: 'db' }), facts).heldBack).toMatch(/dbFilesWeight.*no bot is running/u);
    expect(told(stored({ orderClass: 'db', status: 'waiting', verdict: 'dice' }), basis).heldBack).toBeNull();
  });

  it('of an undecided order points to what is missing', () => {
    const order = stored({ status: 'new', verdict: null, decidedBlock: null });
    const { because, verdict } = explain(order, { decidedBy: undefined, newest: undefined, headBlock: undefined });
    expect(verdict).toBeNull();
    expect(because).toContain('not decided');
  });

  it('tells why nothing is decided and no pull starts, while it is so', () => {
    const facts = { decidedBy: undefined, newest: undefined, headBlock, standstill: 'the account is in no group' };
    const undecided = stored({ status: 'new', verdict: null, decidedBlock: null });
    expect(explain(undecided, facts).because).toBe('The order is not decided yet: the account is in no group.');
    expect(explain(stored(), facts).heldBack).toBe('No pull starts: the account is in no group.');
    expect(explain(stored({ status: 'waiting', verdict: 'dice' }), facts).heldBack).toBeNull();
  });
});
