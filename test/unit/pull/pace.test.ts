import { describe, expect, it } from 'vitest';
import { Pace } from '../../../src/pull/rules/pace.ts';

function paceOf(endsAMinute: number): Pace {
  const pace = new Pace();
  for (let end = 0; end < endsAMinute; end += 1) pace.noteEnd((end * 60_000) / endsAMinute);
  return pace;
}

describe('orders worth claiming ahead of their slots', () => {
  it.each([
    [600, 0],
    [6000, 10],
    [60_000, 100],
  ])('with %d pulls ending a minute are %d', (ends, claims) => {
    expect(paceOf(ends).claims(59_999)).toBe(claims);
  });
});

describe('orders worth asking about ahead of their slots', () => {
  it.each([
    [0, 0],
    [60, 0],
    [120, 1],
    [1200, 10],
    [60_000, 128],
  ])('with %d pulls ending a minute are %d', (ends, ahead) => {
    expect(paceOf(ends).ahead(59_999)).toBe(ahead);
  });

  it.each([
    [1, 0],
    [2, 2],
    [20, 38],
  ])('after %d ends in the first quarter of a second are %d: the pace is not waited for', (ends, ahead) => {
    const pace = new Pace();
    for (let end = 0; end < ends; end += 1) pace.noteEnd((end * 250) / ends);
    expect(pace.ahead(249)).toBe(ahead);
  });

  it('are none a second after the last end', () => {
    expect(paceOf(6000).ahead(61_000)).toBe(0);
  });
});
