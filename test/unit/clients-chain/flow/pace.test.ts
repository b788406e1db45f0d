import { describe, expect, it } from 'vitest';
import { Pace } from '../../../../src/clients/chain/flow/pace.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const SIZE = 4_000_000;

/** A node that answers each question after `distanceMs` and works on all that it has for `workMs` a question. */
function asked(
  pace: Pace,
  answers: number,
  node: { distanceMs: number; workMs: number; others?: number; size?: number },
): number[] {
  const { distanceMs, workMs, others = 0, size = SIZE } = node;
  return Array.from({ length: answers }, () => {
    const inFlight = pace.level;
    pace.note('values', size, distanceMs + workMs * (inFlight + others), inFlight);
    return pace.level;
  });
}

const paceOf = (max = 3, clock = new ManualClock()): Pace => new Pace(max, 1, clock);

describe('the questions in flight', () => {
  it.each([
    ['beside us', 0.2, 15],
    ['20 ms away', 20, 15],
    ['100 ms away', 100, 15],
    ['100 ms away and slow', 100, 400],
  ])('become all that are allowed at a node %s that is quick for us, and stay so', (_, distanceMs, workMs) => {
    const pace = paceOf();
    const levels = asked(pace, 200, { distanceMs, workMs });
    expect(levels.slice(0, 6)).toEqual([1, 2, 2, 3, 3, 3]);
    expect(new Set(levels.slice(6))).toEqual(new Set([3]));
  });

  it('become fewer, down to one, when others load the node, and more again when they have gone', () => {
    const pace = paceOf(4);
    asked(pace, 20, { distanceMs: 1, workMs: 15 });
    expect(pace.level).toBe(4);
    const loaded = asked(pace, 40, { distanceMs: 1, workMs: 15, others: 36 });
    expect(loaded.indexOf(3)).toBe(2);
    expect(loaded.at(-1)).toBe(1);
    const relieved = asked(pace, 60, { distanceMs: 1, workMs: 15 });
    expect(relieved.indexOf(2)).toBe(7);
    expect(relieved.at(-1)).toBe(4);
  });

  it('are not fewer for one or two slow answers, as of a node that collects garbage', () => {
    const pace = paceOf();
    asked(pace, 20, { distanceMs: 1, workMs: 15 });
    for (let turn = 0; turn < 50; turn += 1) {
      asked(pace, 2, { distanceMs: 3000, workMs: 15 });
      asked(pace, 1, { distanceMs: 1, workMs: 15 });
    }
    expect(pace.level).toBe(3);
  });

  it('are not fewer because pages are larger', () => {
    const pace = paceOf();
    asked(pace, 20, { distanceMs: 1, workMs: 2, size: 100_000 });
    const levels = asked(pace, 20, { distanceMs: 1, workMs: 80, size: 4_000_000 });
    expect(new Set(levels)).toEqual(new Set([3]));
  });

  it('are fewer at a node that needs more than ten seconds, however long it always has', () => {
    const pace = paceOf();
    asked(pace, 8, { distanceMs: 1, workMs: 15 });
    asked(pace, 20, { distanceMs: 11_000, workMs: 0, size: 60_000_000 });
    expect(pace.level).toBe(1);
  });

  it('follow a node that became slower for good: what was quick is forgotten within hours, or with the connection', async () => {
    const clock = new ManualClock();
    const pace = paceOf(3, clock);
    asked(pace, 8, { distanceMs: 20, workMs: 20 });
    asked(pace, 20, { distanceMs: 300, workMs: 20 });
    expect(pace.level).toBe(1);
    await clock.advance(4 * 3_600_000);
    asked(pace, 30, { distanceMs: 300, workMs: 20 });
    expect(pace.level).toBe(3);
    asked(pace, 20, { distanceMs: 3000, workMs: 20 });
    expect(pace.level).toBe(1);
    pace.forget();
    asked(pace, 30, { distanceMs: 3000, workMs: 20 });
    expect(pace.level).toBe(3);
  });
});
