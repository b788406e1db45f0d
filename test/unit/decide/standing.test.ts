import { describe, expect, it } from 'vitest';
import { fewReplicasLookBlocks, sameStanding, standingAfter } from '../../../src/decide/standing.ts';
import type { DecidableOrder, Decision } from '../../../src/domain/decision.ts';
import { dbOrderWith } from './rules/judged.ts';

const head = 1000;
const month = 432_000;

function row(columns: Partial<DecidableOrder> = {}): DecidableOrder {
  return {
    ...dbOrderWith(),
    id: 1,
    readBlock: 900,
    heldHere: false,
    status: 'waiting',
    verdict: 'dice',
    inputs: null,
    orderClass: 'db',
    lookBlock: null,
    lookCount: 0,
    turnBlock: 5000,
    revise: false,
    ...columns,
  };
}

function decision(columns: Partial<Decision> = {}): Decision {
  return { verdict: 'take', inputs: null, orderClass: 'db', draw: 0.01, turnBlock: null, ...columns };
}

const few = decision({ verdict: 'few-replicas', inputs: { replicas: 3 } });

describe('the doubling of few-replicas', () => {
  it('goes from 30 minutes to 24 hours', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 60].map(fewReplicasLookBlocks)).toEqual([
      300, 600, 1200, 2400, 4800, 9600, 14_400, 14_400,
    ]);
  });

  it('begins at 30 minutes with the first verdict and after another one', () => {
    expect(standingAfter(row({ status: 'new', verdict: null }), few, 'first', head)).toMatchObject({
      lookBlock: head + 300,
      lookCount: 0,
    });
    expect(standingAfter(row({ verdict: 'dice', lookCount: 4 }), few, 'change', head)).toMatchObject({
      lookBlock: head + 300,
      lookCount: 0,
    });
  });

  it('goes on when the look finds the same, and not before it comes', () => {
    const standing = row({ verdict: 'few-replicas', lookBlock: 990, lookCount: 2 });
    expect(standingAfter(standing, few, 'look', head)).toMatchObject({ lookBlock: head + 2400, lookCount: 3 });
    const early = { ...standing, lookBlock: 1700 };
    expect(standingAfter(early, few, 'look', head)).toMatchObject({ lookBlock: 1700, lookCount: 2 });
  });

  it('is kept by a revision that finds the same verdict', () => {
    const standing = row({ verdict: 'few-replicas', lookBlock: 1700, lookCount: 2, inputs: '{"replicas":2}' });
    expect(standingAfter(standing, few, 'change', head)).toMatchObject({
      lookBlock: 1700,
      lookCount: 2,
      inputs: '{"replicas":3}',
    });
  });

  it('ends with the verdict', () => {
    const standing = row({ verdict: 'few-replicas', lookBlock: 990, lookCount: 5 });
    expect(standingAfter(standing, decision(), 'look', head)).toMatchObject({
      status: 'queued',
      lookBlock: null,
      lookCount: 0,
    });
  });
});

describe('a queued order', () => {
  const queued = row({ status: 'queued', verdict: 'take', lookBlock: 1700, lookCount: 1 });

  it('keeps its look while take stays take', () => {
    expect(standingAfter(queued, decision(), 'change', head)).toMatchObject({ status: 'queued', lookBlock: 1700 });
    const due = { ...queued, lookBlock: 990 };
    expect(standingAfter(due, decision(), 'change', head)).toMatchObject({ lookBlock: 990 });
  });

  it('may be picked once its back-off has been looked at', () => {
    const due = { ...queued, lookBlock: 990 };
    expect(standingAfter(due, decision(), 'look', head)).toMatchObject({ status: 'queued', lookBlock: null });
    expect(standingAfter(queued, decision(), 'look', head)).toMatchObject({ lookBlock: 1700 });
  });

  it('waits with another verdict, without a look of its own', () => {
    const next = standingAfter(queued, decision({ verdict: 'expired' }), 'change', head);
    expect(next).toMatchObject({ status: 'waiting', verdict: 'expired', lookBlock: null, lookCount: 0 });
  });
});

describe('an order that the pick put aside', () => {
  const aside = row({ verdict: 'no-space', inputs: '{"freeGib":1}', lookBlock: 1300, lookCount: 1 });

  it('stays aside until its own look', () => {
    const next = standingAfter(aside, decision({ orderClass: 'db' }), 'look', head);
    expect(next).toMatchObject({ status: 'waiting', verdict: 'no-space', inputs: '{"freeGib":1}', lookBlock: 1300 });
  });

  it('is queued again at its look, and what the pick counted is kept', () => {
    const next = standingAfter({ ...aside, lookBlock: 1000 }, decision(), 'look', head);
    expect(next).toMatchObject({ status: 'queued', verdict: 'take', lookBlock: null, lookCount: 1 });
  });

  it('without a look stays until a re-order, however often its turn comes', () => {
    const skipped = row({ verdict: 'coordinator', lookBlock: null, turnBlock: 900 });
    expect(standingAfter(skipped, decision(), 'look', head)).toMatchObject({
      status: 'waiting',
      verdict: 'coordinator',
    });
    expect(standingAfter({ ...skipped, status: 'new' }, decision(), 'first', head)).toMatchObject({ status: 'queued' });
  });
});

describe('the turn of a row', () => {
  it('is at the latest 30 days after the last look', () => {
    expect(standingAfter(row(), decision(), 'look', head).turnBlock).toBe(head + month);
    expect(standingAfter(row(), decision({ turnBlock: 2000 }), 'look', head).turnBlock).toBe(2000);
    expect(standingAfter(row(), decision({ turnBlock: head + month + 1 }), 'first', head).turnBlock).toBe(head + month);
  });

  it('is not put off by a revision, which reads nothing', () => {
    expect(standingAfter(row({ turnBlock: 5000 }), decision(), 'change', head).turnBlock).toBe(5000);
    expect(standingAfter(row({ turnBlock: 5000 }), decision({ turnBlock: 4000 }), 'change', head).turnBlock).toBe(4000);
    expect(standingAfter(row({ turnBlock: 900 }), decision(), 'change', head).turnBlock).toBe(900);
  });

  it('never comes for a CID that can never be sealed', () => {
    expect(standingAfter(row(), decision({ verdict: 'bad-cid' }), 'first', head).turnBlock).toBeNull();
  });
});

describe('a standing', () => {
  it('is the same only when every column is', () => {
    const before = row({ status: 'queued', verdict: 'take', draw: 0.01 });
    const next = standingAfter(before, decision(), 'change', head);
    expect(sameStanding(before, next)).toBe(true);
    const others: Partial<DecidableOrder>[] = [
      { status: 'waiting' },
      { verdict: 'dice' },
      { inputs: '{}' },
      { orderClass: 'new' },
      { draw: null },
      { lookBlock: 1 },
      { lookCount: 1 },
      { turnBlock: 1 },
      { revise: true },
    ];
    for (const other of others) expect(sameStanding({ ...before, ...other }, next)).toBe(false);
  });
});
