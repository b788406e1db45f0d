import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_BLOCKS } from '../../../src/domain/units.ts';
import { backOffBlocks, coordinatorBackOffBlocks } from '../../../src/pull/rules/back-off.ts';
import { drawSources } from '../../../src/pull/rules/draw-source.ts';
import { Stagger } from '../../../src/pull/rules/stagger.ts';
import { seededRandom } from '../../support/pull-world.ts';

describe('drawing a source', () => {
  it('follows the weights over a long draw', () => {
    const random = seededRandom(7);
    let fresh = 0;
    for (let index = 0; index < 20_000; index += 1)
      if (drawSources({ newFilesWeight: 80, dbFilesWeight: 20 }, random)[0] === 'new') fresh += 1;
    expect(fresh / 20_000).toBeGreaterThan(0.79);
    expect(fresh / 20_000).toBeLessThan(0.81);
  });

  it('never asks a source of weight 0', () => {
    expect(drawSources({ newFilesWeight: 100, dbFilesWeight: 0 }, () => 0.999)).toEqual(['new']);
    expect(drawSources({ newFilesWeight: 0, dbFilesWeight: 1 }, () => 0)).toEqual(['db']);
  });

  it('gives the draw of an empty source to the other', () => {
    expect(drawSources({ newFilesWeight: 50, dbFilesWeight: 50 }, () => 0.4999)).toEqual(['new', 'db']);
    expect(drawSources({ newFilesWeight: 50, dbFilesWeight: 50 }, () => 0.5)).toEqual(['db', 'new']);
  });
});

describe('backing off', () => {
  it.each([
    [1, 240, 360],
    [2, 480, 720],
    [3, 960, 1440],
    [5, 3840, 5760],
  ])('after attempt %i waits between %i and %i blocks', (attempts, least, most) => {
    expect(backOffBlocks(attempts, () => 0)).toBe(least);
    expect(backOffBlocks(attempts, () => 1 - Number.EPSILON)).toBe(most);
  });

  it('never waits longer than a day', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempts, draw) => {
          const blocks = backOffBlocks(attempts, () => draw);
          expect(blocks).toBeGreaterThanOrEqual(240);
          expect(blocks).toBeLessThanOrEqual(DAY_BLOCKS);
        },
      ),
    );
  });

  it('asks the coordinator again after 5 minutes, doubling to a day', () => {
    expect([1, 2, 3, 20].map(coordinatorBackOffBlocks)).toEqual([50, 100, 200, DAY_BLOCKS]);
  });

  it('starts the pulls of a crashed daemon again one a minute', () => {
    const stagger = new Stagger();
    expect([stagger.next(1000), stagger.next(1000), stagger.next(1003)]).toEqual([null, 1010, 1020]);
    expect(stagger.next(1030)).toBeNull();
  });
});
