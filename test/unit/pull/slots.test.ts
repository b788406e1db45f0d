import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kindOf, LARGE_BYTES, openKinds, roomLeft, slotsOf, sworkerRoom } from '../../../src/pull/rules/slots.ts';

describe('slots', () => {
  it.each([
    [1, { small: 1, large: 1 }],
    [2, { small: 1, large: 1 }],
    [3, { small: 2, large: 1 }],
    [5, { small: 3, large: 2 }],
    [32, { small: 20, large: 12 }],
  ])('of maxPendingTasks %i are %o', (max, slots) => {
    expect(slotsOf(max)).toEqual(slots);
  });

  it('begin to be large at 5 GiB', () => {
    expect([kindOf(LARGE_BYTES - 1), kindOf(LARGE_BYTES)]).toEqual(['small', 'large']);
  });

  it('let small pulls use all large slots but one while no large order can be taken', () => {
    const slots = { small: 20, large: 12 };
    expect(openKinds(slots, { small: 30, large: 0 }, false)).toEqual(['large', 'small']);
    expect(openKinds(slots, { small: 31, large: 0 }, false)).toEqual(['large']);
    expect(openKinds(slots, { small: 31, large: 1 }, false)).toEqual([]);
    expect(openKinds(slots, { small: 30, large: 2 }, false)).toEqual([]);
  });

  it('give a freed slot to a waiting large order before a small one', () => {
    const slots = { small: 20, large: 12 };
    expect(openKinds(slots, { small: 30, large: 1 }, true)).toEqual(['large']);
    expect(openKinds(slots, { small: 20, large: 0 }, true)).toEqual(['large']);
    expect(openKinds(slots, { small: 19, large: 0 }, true)).toEqual(['large', 'small']);
  });

  it('are never exceeded, and large pulls never stand in small ones', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.array(
          fc.record({
            act: fc.constantFrom('start', 'end'),
            kind: fc.constantFrom('small', 'large'),
            waits: fc.boolean(),
          }),
          {
            maxLength: 200,
          },
        ),
        (max, steps) => {
          const slots = slotsOf(max);
          const running = { small: 0, large: 0 };
          for (const { act, kind, waits } of steps) {
            if (act === 'end') running[kind] = Math.max(0, running[kind] - 1);
            else if (openKinds(slots, running, waits).includes(kind)) running[kind] += 1;
            expect(running.large).toBeLessThanOrEqual(slots.large);
            expect(running.small).toBeLessThanOrEqual(slots.small + slots.large - 1);
            expect(running.small + running.large).toBeLessThanOrEqual(slots.small + slots.large);
          }
        },
      ),
    );
  });

  it('end at 500 pending files and 400,000 in all in sWorker', () => {
    expect([sworkerRoom(499, 399_990), sworkerRoom(500, 1000), sworkerRoom(3, 400_000), sworkerRoom(501, 1)]).toEqual([
      1, 0, 0, 0,
    ]);
    expect(sworkerRoom(0, 399_997)).toBe(3);
  });

  it('are counted on while a round goes on: an end makes room among the pending files, not among all', () => {
    const roomAfter = (allFiles: number, running: number, started: number): number =>
      roomLeft({ room: sworkerRoom(480, allFiles), allFiles }, { running, started });
    expect([roomAfter(1000, 20, 20), roomAfter(1000, 19, 300), roomAfter(1000, -5, 0)]).toEqual([0, 1, 25]);
    expect([roomAfter(399_997, -5, 2), roomAfter(399_997, 0, 3)]).toEqual([1, 0]);
  });
});
