import { describe, expect, it } from 'vitest';
import { SlicePace } from '../../../src/store/slice-pace.ts';

/** Slices written by a disk that takes so long a row. */
function paced(msARow: number, slices = 20): SlicePace {
  const pace = new SlicePace();
  for (let slice = 0; slice < slices; slice += 1) pace.took(pace.rows, pace.rows * msARow);
  return pace;
}

describe('how many rows a transaction has', () => {
  it.each([
    [0.012, 1000],
    [0.06, 200],
    [0.12, 100],
  ])('is what takes 12 ms where a row takes %d ms: %i', (msARow, rows) => {
    expect(paced(msARow).rows).toBe(rows);
  });

  it('follows another target', () => {
    const pace = new SlicePace(24);
    for (let slice = 0; slice < 20; slice += 1) pace.took(pace.rows, pace.rows * 0.06);
    expect(pace.rows).toBe(400);
  });

  it('stays between 50 and 1,000', () => {
    expect(paced(5).rows).toBe(50);
    expect(paced(0).rows).toBe(1000);
  });

  it('is halved at most by one slow transaction', () => {
    const pace = paced(0.012);
    pace.took(pace.rows, 500);
    expect(pace.rows).toBe(500);
  });

  it('does not grow for the last rows of a list, and shrinks for them', () => {
    const pace = paced(0.06);
    pace.took(10, 0.1);
    expect(pace.rows).toBe(200);
    pace.took(0, 0);
    expect(pace.rows).toBe(200);
    pace.took(10, 60);
    expect(pace.rows).toBe(100);
  });
});
