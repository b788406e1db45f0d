import { describe, expect, it } from 'vitest';
import { HOUR_MS, KIB, MIB, MINUTE_MS } from '../../../src/domain/units.ts';
import { CeilingWatch, ceilingMs } from '../../../src/pull/rules/ceiling.ts';
import { pinsAreHeld } from '../../../src/pull/rules/held-pins.ts';
import { StallWatch, type PollView } from '../../../src/pull/rules/stall.ts';

const poll = { blocks: 0, sealedBytes: 0, spanMs: MINUTE_MS / 2, sealedKnown: true, held: false };

/** Polls until the watch says stalled, at most 300 times; returns the minutes that took. */
function minutesToStall(watch: StallWatch, view: Partial<PollView>): number {
  for (let polls = 1; polls <= 300; polls += 1) if (watch.poll({ ...poll, ...view })) return polls / 2;
  return Infinity;
}

/** Hours until the watch ends a pull that seals `hourly` bytes an hour. */
function hoursToEnd(sizeBytes: number, hourly: number): number {
  const watch = new CeilingWatch(sizeBytes);
  for (let polls = 1; polls <= 12 * 120; polls += 1)
    if (watch.poll(HOUR_MS / 120, Math.floor(polls / 120) * hourly)) return polls / 120;
  return Infinity;
}

function waiting(...sequences: number[]) {
  return sequences.map((sequence) => ({ sequence, hasFirstBlock: false }));
}

describe('a stall', () => {
  it('is 60 minutes without a first block', () => {
    expect(minutesToStall(new StallWatch(30 * MINUTE_MS), {})).toBe(60);
  });

  it('is stallMinutes without new blocks or sealed bytes once there was one', () => {
    const watch = new StallWatch(30 * MINUTE_MS);
    watch.poll({ ...poll, blocks: 3 });
    expect(minutesToStall(watch, { blocks: 3 })).toBe(30);
  });

  it('is put off by either sign of life', () => {
    const watch = new StallWatch(30 * MINUTE_MS);
    watch.poll({ ...poll, blocks: 1 });
    for (let index = 0; index < 59; index += 1) watch.poll({ ...poll, blocks: 1 });
    expect(watch.poll({ ...poll, blocks: 1, sealedBytes: 5 })).toBe(false);
    expect(minutesToStall(watch, { blocks: 1, sealedBytes: 5 })).toBe(30);
  });

  it('is not counted by polls that could not ask sWorker, once something was sealed', () => {
    const watch = new StallWatch(30 * MINUTE_MS);
    watch.poll({ ...poll, blocks: 1, sealedBytes: 9 });
    expect(minutesToStall(watch, { blocks: 1, sealedBytes: 9, sealedKnown: false })).toBe(Infinity);
    expect(minutesToStall(new StallWatch(30 * MINUTE_MS), { sealedKnown: false })).toBe(60);
  });

  it('is not counted for pulls that the daemon holds back', () => {
    expect(minutesToStall(new StallWatch(30 * MINUTE_MS), { held: true })).toBe(Infinity);
  });

  it('is counted when an entry began anew with fewer bytes', () => {
    const watch = new StallWatch(30 * MINUTE_MS);
    watch.poll({ ...poll, blocks: 1, sealedBytes: 1000 });
    watch.poll({ ...poll, blocks: 1, sealedBytes: 10 });
    expect(watch.poll({ ...poll, blocks: 1, sealedBytes: 20 })).toBe(false);
    expect(minutesToStall(watch, { blocks: 1, sealedBytes: 20 })).toBe(30);
  });
});

describe('the ceiling', () => {
  const size = 200 * KIB * 3600; // one more hour

  it('is an hour and the size at 200 KiB/s', () => {
    expect(ceilingMs(0)).toBe(HOUR_MS);
    expect(ceilingMs(size)).toBe(2 * HOUR_MS);
    expect(hoursToEnd(size, 0)).toBe(2);
  });

  it('is up to four times that while each hour seals 1 % of the size', () => {
    expect(hoursToEnd(size, size / 100)).toBe(8);
    expect(hoursToEnd(size, size / 100 - 1)).toBe(2);
    expect(hoursToEnd(MIB, MIB)).toBeGreaterThan(4);
  });

  it('ends with the first hour that seals less', () => {
    const watch = new CeilingWatch(size);
    const ends = [1, 2, 3, 4].map((hour) => watch.poll(HOUR_MS, hour < 4 ? (hour * size) / 50 : (3 * size) / 50));
    expect(ends).toEqual([false, false, false, true]);
  });
});

describe('pins held back by the daemon', () => {
  const older = { sequence: 1, hasFirstBlock: true };

  it('are told by three that wait while an older pull runs', () => {
    expect(pinsAreHeld([older, ...waiting(2, 3, 4)], 1)).toBe(true);
    expect(pinsAreHeld([older, ...waiting(2, 3)], 1)).toBe(false);
    expect(pinsAreHeld(waiting(2, 3, 4), 1)).toBe(false);
  });

  it('are not told when one that started later has moved, even if it has ended', () => {
    expect(pinsAreHeld([older, ...waiting(2, 3, 4), { sequence: 5, hasFirstBlock: true }], 5)).toBe(false);
    expect(pinsAreHeld([older, ...waiting(2, 3, 5)], 4)).toBe(false);
  });
});
