import { describe, expect, it } from 'vitest';
import { Pace } from '../../../../src/chain/walk/pace.ts';
import { ManualClock, settle } from '../../../support/manual-clock.ts';

const signal = new AbortController().signal;

describe('a walk held to so many orders a second', () => {
  it('lets the first page go at once and each further one when its time has come', async () => {
    const clock = new ManualClock();
    const pace = new Pace(clock, 500);
    const entered: number[] = [];
    const all = Promise.all(
      [1000, 1000, 1000].map(async (orders) => {
        await pace.enter(orders, signal);
        entered.push(clock.monotonicMs());
      }),
    );
    await clock.advance(10_000);
    await all;
    expect(entered).toEqual([0, 2000, 4000]);
  });

  it('does not make up for time in which less was read', async () => {
    const clock = new ManualClock();
    const pace = new Pace(clock, 1000);
    await pace.enter(1000, signal);
    await clock.advance(60_000);
    await pace.enter(1000, signal);
    const third = pace.enter(1000, signal);
    await settle();
    expect(clock.sleeping).toBe(1);
    await clock.advance(1000);
    await third;
  });

  it('counts what came, not what was asked for', async () => {
    const clock = new ManualClock();
    const pace = new Pace(clock, 1000);
    await pace.enter(1000, signal);
    pace.correct(-900);
    const next = pace.enter(1000, signal);
    await clock.advance(100);
    await next;
    expect(clock.monotonicMs()).toBe(100);
  });

  it('ends its wait with the signal', async () => {
    const control = new AbortController();
    const pace = new Pace(new ManualClock(), 1);
    await pace.enter(1000, control.signal);
    const next = pace.enter(1, control.signal);
    control.abort(new Error('stop'));
    await expect(next).rejects.toThrow('stop');
  });

  it('is none without a limit', async () => {
    const clock = new ManualClock();
    const pace = new Pace(clock, 0);
    for (let page = 0; page < 100; page += 1) await pace.enter(1000, signal);
    expect(clock.sleeping).toBe(0);
  });
});
