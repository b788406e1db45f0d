import times from 'lodash/times.js';
import { expect, it } from 'vitest';
import { QueueHeads } from '../../../src/pull/pick/queue-heads.ts';
import { pullWorld } from '../../support/pull-world.ts';

it('gives as many of the next orders as are asked for, also behind the end of the page that was read', async () => {
  const world = await pullWorld();
  for (const index of times(10)) await world.add(`f${index}`, { reward: 100 - index });
  const tried = new Set<number>();
  const heads = new QueueHeads(world.store.candidates, tried, 4);
  for (const index of times(10)) {
    const next = await heads.next('new', 'small', 3);
    expect(next.map(({ key }) => key.text)).toEqual(times(3, (at) => `f${index + at}`).slice(0, 10 - index));
    tried.add(next[0]?.id ?? 0);
  }
  expect(await heads.next('new', 'small', 3)).toEqual([]);
});
