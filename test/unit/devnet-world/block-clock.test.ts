import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BlockClock } from '../../../devnet/chain/block-clock.ts';
import { ChainModel } from '../../../devnet/chain/model.ts';
import { WorldClock } from '../../../devnet/world/world-clock.ts';

const intervalMs = 250;
const genesisMs = Date.UTC(2026, 0, 1);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'], now: genesisMs });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('blocks in real time', () => {
  it('come when their own timestamp has come', () => {
    const chain = new ChainModel({ genesisMs, blockTimeMs: intervalMs });
    const clock = new BlockClock(chain, { intervalMs, genesisMs });
    clock.start();
    vi.advanceTimersByTime(10 * intervalMs);
    expect(chain.head.number).toBe(10);
    clock.stop();
    vi.advanceTimersByTime(10 * intervalMs);
    expect(chain.head.number).toBe(10);
  });

  it('that were missed while the process was suspended are made up for, in portions', () => {
    const chain = new ChainModel({ genesisMs, blockTimeMs: intervalMs });
    const clock = new BlockClock(chain, { intervalMs, genesisMs });
    clock.start();
    vi.setSystemTime(genesisMs + 75 * intervalMs);
    vi.advanceTimersByTime(intervalMs);
    expect(chain.head.number).toBe(50);
    vi.advanceTimersByTime(intervalMs);
    expect(chain.head.number).toBe(77);
    clock.stop();
  });
});

it('blocks come as fast as the time of their world passes', () => {
  const time = new WorldClock({ factor: 60, offsetMs: 1000 });
  const options = { intervalMs: 6000, genesisMs: time.nowMs(), time };
  const chain = new ChainModel({ genesisMs: options.genesisMs, blockTimeMs: options.intervalMs });
  const clock = new BlockClock(chain, options);
  clock.start();
  vi.advanceTimersByTime(1000);
  expect(chain.head.number).toBe(10);
  clock.stop();
});
