import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from '../../../src/config/reading/nearest.ts';

describe('the nearest known name', () => {
  it.each([
    ['chain.endpoint', 'chain.endPoint'],
    ['scheduler.minSrdRation', 'scheduler.minSrdRatio'],
    ['endPoints', undefined],
    ['maxAttempts', 'pull.maxAttempts'],
    ['pull.stalMinutes', 'pull.stallMinutes'],
    ['somethingElse', undefined],
  ])('of %s is %s', (name, expected) => {
    const known = ['chain', 'chain.endPoint', 'scheduler.minSrdRatio', 'pull.maxAttempts', 'pull.stallMinutes'];
    expect(nearest(name, known)).toBe(expected);
  });

  it('counts a neighbours’ swap as one change, and is the same both ways', () => {
    expect(editDistance('ednPoint', 'endPoint')).toBe(1);
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (one, other) => {
        const distance = editDistance(one, other);
        expect(distance).toBe(editDistance(other, one));
        expect(distance).toBeLessThanOrEqual(Math.max(one.length, other.length));
        expect(distance === 0).toBe(one === other);
      }),
    );
  });
});
