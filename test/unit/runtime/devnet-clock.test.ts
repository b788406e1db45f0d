import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChainModel } from '../../../devnet/chain/model.ts';
import { WorldClock } from '../../../devnet/world/world-clock.ts';
import { devnetGenesisHash } from '../../../src/domain/devnet.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../src/domain/units.ts';
import { DevnetClock, readDevnetTime } from '../../../src/runtime/devnet-clock.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { failure, rejection } from '../../support/rejection.ts';

const startMs = Date.UTC(2026, 0, 1);
const never = new AbortController().signal;

describe('the time of a devnet', () => {
  it('lies by its offset away when the process starts, and passes faster from then on', async () => {
    const system = new ManualClock(startMs);
    await system.advance(SECOND_MS);
    const clock = new DevnetClock({ factor: 60, offsetMs: -DAY_MS }, { system });
    expect(clock.nowMs()).toBe(startMs - DAY_MS + MINUTE_MS);
    await system.advance(9 * SECOND_MS);
    expect(clock.nowMs()).toBe(startMs - DAY_MS + 10 * MINUTE_MS);
    expect(clock.monotonicMs()).toBe(10 * MINUTE_MS);
  });

  it('is a whole number of milliseconds that never goes back while the machine’s does not', async () => {
    const fractions = fc.double({ min: 0.01, max: 5000, noNaN: true });
    const steps = fc.array(fc.integer({ min: 0, max: 10_000 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fractions, fc.integer(), steps, async (factor, offsetMs, waits) => {
        const system = new ManualClock(startMs);
        const clock = new DevnetClock({ factor, offsetMs }, { system });
        let [now, monotonic] = [clock.nowMs(), clock.monotonicMs()];
        for (const waitMs of waits) {
          await system.advance(waitMs);
          expect(Number.isSafeInteger(clock.nowMs())).toBe(true);
          expect(clock.nowMs()).toBeGreaterThanOrEqual(now);
          expect(clock.monotonicMs()).toBeGreaterThanOrEqual(monotonic);
          [now, monotonic] = [clock.nowMs(), clock.monotonicMs()];
        }
      }),
      { numRuns: 50 },
    );
  });

  it('wakes sleepers when their time has come, not before', async () => {
    const system = new ManualClock(startMs);
    const clock = new DevnetClock({ factor: 7, offsetMs: 0 }, { system });
    let wokenMs: number | undefined;
    const slept = clock.sleep(MINUTE_MS, never).then(() => (wokenMs = clock.monotonicMs()));
    await system.advance(8571);
    expect(wokenMs).toBeUndefined();
    await system.advance(1);
    await slept;
    expect(wokenMs).toBeGreaterThanOrEqual(MINUTE_MS);
  });

  it('lets an abort end a sleep at once, and leaves nothing behind', async () => {
    const system = new ManualClock(startMs);
    const clock = new DevnetClock({ factor: 0.5, offsetMs: 0 }, { system });
    const stop = new AbortController();
    const slept = rejection(clock.sleep(DAY_MS, stop.signal));
    const reason = new Error('enough');
    stop.abort(reason);
    expect(await slept).toBe(reason);
    expect(system.sleeping).toBe(0);
    expect(await rejection(clock.sleep(DAY_MS, stop.signal))).toBe(reason);
  });

  it('can wait less fast than it passes', async () => {
    const system = new ManualClock(startMs);
    const clock = new DevnetClock({ factor: 1000, offsetMs: 0 }, { system, waitFactor: 20 });
    let isAwake = false;
    const slept = clock.sleep(MINUTE_MS, never).then(() => (isAwake = true));
    await system.advance(2999);
    expect(isAwake).toBe(false);
    await system.advance(1);
    await slept;
    expect(clock.monotonicMs()).toBe(MINUTE_MS);
    expect(clock.nowMs()).toBe(startMs + 50 * MINUTE_MS);
  });

  it('is that of the world a bot is started in, whenever it starts', async () => {
    const system = new ManualClock(startMs);
    const world = new WorldClock({ factor: 60, offsetMs: HOUR_MS }, system);
    expect(world.nowMs()).toBe(startMs + HOUR_MS);
    await system.advance(10 * SECOND_MS);
    const time = readDevnetTime(world.botEnvironment());
    const bot = new DevnetClock(time ?? { factor: 1, offsetMs: 0 }, { system, originMs: system.nowMs() });
    expect(bot.nowMs()).toBe(world.nowMs());
    await system.advance(90 * SECOND_MS);
    expect(bot.nowMs()).toBe(world.nowMs());
    expect(bot.nowMs()).toBe(startMs + HOUR_MS + 100 * MINUTE_MS);
  });
});

describe('the variables that ask for it', () => {
  const read = (factor?: string, offsetMs?: string) =>
    readDevnetTime({ SMANAGER_DEVNET_CLOCK_FACTOR: factor, SMANAGER_DEVNET_CLOCK_OFFSET_MS: offsetMs });

  it('may stand alone or together; unset and empty they ask for nothing', () => {
    expect(read()).toBeUndefined();
    expect(read('', ' ')).toBeUndefined();
    expect(read('60')).toEqual({ factor: 60, offsetMs: 0 });
    expect(read('0.5', '-3600000')).toEqual({ factor: 0.5, offsetMs: -3_600_000 });
    expect(read(undefined, '1000')).toEqual({ factor: 1, offsetMs: 1000 });
  });

  it.each([
    ['0', undefined, 'FACTOR'],
    ['0.0', undefined, 'FACTOR'],
    ['-1', undefined, 'FACTOR'],
    ['fast', undefined, 'FACTOR'],
    ['1e400', undefined, 'FACTOR'],
    ['Infinity', undefined, 'FACTOR'],
    ['1', '1.5', 'OFFSET_MS'],
    ['1', 'tomorrow', 'OFFSET_MS'],
    ['1', '99999999999999999999', 'OFFSET_MS'],
    ['1', '-99999999999999999999', 'OFFSET_MS'],
  ])('are refused as factor %s, offset %s', async (factor, offsetMs, name) => {
    const error = await failure(new Promise((resolve) => resolve(read(factor, offsetMs))));
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', destiny: 'configuration' });
    expect(error.message).toContain(`SMANAGER_DEVNET_CLOCK_${name}: found`);
  });
});

it('the chain that the devnet makes is the one that a bot takes for a devnet', () => {
  expect(new ChainModel().history.at(0)?.hash).toBe(devnetGenesisHash);
  expect(new ChainModel({ name: 'another chain' }).history.at(0)?.hash).not.toBe(devnetGenesisHash);
});
