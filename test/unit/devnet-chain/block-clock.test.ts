import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { BlockClock } from '../../../devnet/chain/block-clock.ts';
import { ChainModel } from '../../../devnet/chain/model.ts';

describe('the block clock', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('makes each block when its time has come, from start to stop', () => {
    const chain = new ChainModel();
    const clock = new BlockClock(chain, { intervalMs: 50, genesisMs: Date.now() });
    clock.start();
    clock.start();
    vi.advanceTimersByTime(149);
    expect(chain.head.number).toBe(2);
    clock.stop();
    vi.advanceTimersByTime(500);
    expect(chain.head.number).toBe(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('catches up after a suspension in portions', () => {
    const chain = new ChainModel();
    const clock = new BlockClock(chain, { intervalMs: 50, genesisMs: Date.now() });
    clock.start();
    vi.setSystemTime(Date.now() + 60 * 50);
    vi.advanceTimersByTime(50);
    expect(chain.head.number).toBe(50);
    vi.advanceTimersByTime(50);
    expect(chain.head.number).toBe(62);
    clock.stop();
  });
});
