import { describe, expect, it } from 'vitest';
import { TimeLimit, TimeLimitReached } from '../../../src/clients/http/time-limit.ts';
import { ManualClock, settle } from '../../support/manual-clock.ts';
import { rejection } from '../../support/rejection.ts';

/** Work that never ends by itself and rejects when its signal is aborted. */
async function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

describe('a time limit', () => {
  it('ends the work when it is reached, and leaves no sleeper', async () => {
    const clock = new ManualClock();
    const limit = new TimeLimit(clock, 1000, new AbortController().signal);
    const work = rejection(limit.during(async () => untilAborted(limit.signal)));
    await clock.advance(1000);
    expect(await work).toBeInstanceOf(TimeLimitReached);
    expect(limit.reached?.limitMs).toBe(1000);
    expect(clock.sleeping).toBe(0);
  });

  it('counts only the time spent waiting', async () => {
    const clock = new ManualClock();
    const limit = new TimeLimit(clock, 1000, new AbortController().signal);
    const wait = async (durationMs: number): Promise<void> => {
      const work = limit.during(async () => clock.sleep(durationMs, limit.signal));
      await clock.advance(durationMs);
      await work;
    };
    await wait(600);
    await clock.advance(5000);
    await wait(300);
    expect(limit.reached).toBeUndefined();
    const last = rejection(limit.during(async () => untilAborted(limit.signal)));
    await clock.advance(100);
    expect(await last).toBeInstanceOf(TimeLimitReached);
  });

  it('passes the caller’s abort on, and lets go of its signal', async () => {
    const clock = new ManualClock();
    const caller = new AbortController();
    const limit = new TimeLimit(clock, 1000, caller.signal);
    const work = rejection(limit.during(async () => untilAborted(limit.signal)));
    const reason = new Error('stop');
    caller.abort(reason);
    expect(await work).toBe(reason);
    await settle();
    expect(clock.sleeping).toBe(0);
    const released = new TimeLimit(clock, 1000, new AbortController().signal);
    released.release();
    expect(released.signal.aborted).toBe(false);
  });

  it('starts aborted when the caller’s signal already is', () => {
    expect(new TimeLimit(new ManualClock(), 1000, AbortSignal.abort()).signal.aborted).toBe(true);
  });
});
