import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DAY_MS } from '../../../src/domain/units.ts';
import { SystemClock } from '../../../src/runtime/clock.ts';
import { rejection } from '../../support/rejection.ts';

const never = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the system's clock", () => {
  it('sleeps for longer than a timer of the platform can count', async () => {
    let isAwake = false;
    const slept = new SystemClock().sleep(60 * DAY_MS, never).then(() => (isAwake = true));
    await vi.advanceTimersByTimeAsync(60 * DAY_MS - 1);
    expect(isAwake).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await slept;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is woken by an abort at any time, and leaves no timer behind', async () => {
    for (const afterDays of [1, 26, 51]) {
      const stop = new AbortController();
      const slept = rejection(new SystemClock().sleep(60 * DAY_MS, stop.signal));
      await vi.advanceTimersByTimeAsync(afterDays * DAY_MS);
      const reason = new Error('enough');
      stop.abort(reason);
      expect(await slept).toBe(reason);
      expect(vi.getTimerCount()).toBe(0);
    }
  });
});
