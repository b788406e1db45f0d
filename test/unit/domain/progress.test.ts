import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catchUpOf, walkPace } from '../../../src/domain/progress.ts';

const run = { walkId: 1, sinceMs: 10_000, fromOrders: 0, fromShare: 0, atMs: 20_000, orders: 30_000, share: 0.25 };

describe('the pace of a walk', () => {
  it('is that of this run, and the share of the keys tells what is still to come', () => {
    expect(walkPace(run, 20_000)).toEqual({ ordersPerSecond: 3000, expectedOrders: 120_000, expectedEndMs: 50_000 });
  });

  it('leaves out what was walked before the walk was resumed', () => {
    const resumed = { ...run, fromOrders: 20_000, fromShare: 0.15 };
    expect(walkPace(resumed, 20_000)).toEqual({
      ordersPerSecond: 1000,
      expectedOrders: 120_000,
      expectedEndMs: 95_000,
    });
  });

  it.each([
    ['has not moved yet', { share: 0, orders: 0 }, 20_000],
    ['has taken no time yet', { atMs: 10_000 }, 10_000],
    ['stands still', {}, 141_000],
  ])('is not told when it %s', (_what, differs, nowMs) => {
    expect(walkPace({ ...run, ...differs }, nowMs)).toBeNull();
  });

  it('is still told between two notes of a walk that is slowed down, but not for ever', () => {
    const slow = { ...run, atMs: 410_000, orders: 10_000 };
    expect(walkPace(slow, 410_000 + 160_000)).toMatchObject({ ordersPerSecond: 25 });
    expect(walkPace(slow, 410_000 + 321_000)).toBeNull();
  });

  it('never ends before now is told, nor has fewer orders than were seen', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, fc.nat(5_000_000), fc.nat(5_000_000), fc.nat(100_000), (a, b, from, more, tookMs) => {
        const [fromShare, at] = [Math.min(a, b), Math.max(a, b)];
        const sample = {
          ...run,
          fromShare,
          share: at,
          fromOrders: from,
          orders: from + more,
          atMs: run.sinceMs + tookMs,
        };
        const pace = walkPace(sample, sample.atMs);
        if (pace === null) return;
        expect(pace.expectedEndMs).toBeGreaterThanOrEqual(sample.atMs);
        expect(pace.expectedOrders).toBeGreaterThanOrEqual(sample.orders);
        expect(pace.ordersPerSecond).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('a catch-up', () => {
  const progress = { atBlock: 1000, headBlock: 13_000, blocksPerSecond: 1000 + 1 / 6, atMs: 5000 };

  it('ends when it has made up for what is behind and for what the chain grows meanwhile', () => {
    const told = catchUpOf(progress, 5000);
    expect(told).toMatchObject({ blocksBehind: 12_000, expectedEndMs: 17_000 });
  });

  it('tells no end while the chain grows as fast as it is followed', () => {
    expect(catchUpOf({ ...progress, blocksPerSecond: 1 / 6 }, 5000)).toMatchObject({ expectedEndMs: null });
  });

  it('that stands still is none', () => {
    expect(catchUpOf(progress, 5000 + 120_001)).toBeNull();
  });
});
