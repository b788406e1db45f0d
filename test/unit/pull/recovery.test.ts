import { expect, it } from 'vitest';
import { pullWorld } from '../../support/pull-world.ts';

it('A pull loop that another outage holds does not call itself recovered before it goes on', async () => {
  const world = await pullWorld();
  await world.add('a');
  world.sworker.isAway = true;
  world.start();
  await world.pass(5000);
  expect(world.conditions.has('outage:pull')).toBe(true);
  const told = () => world.logger.lines.map(({ message }) => message).filter((message) => message !== 'Pull started');

  world.conditions.raise('outage:workload', { kind: 'outage', part: 'sworker', message: 'sWorker is away' });
  await world.pass(20_000, 5000);
  expect(told()).toEqual(['Cannot go on for now', 'No pull starts for now']);

  world.sworker.isAway = false;
  world.conditions.clear('outage:workload');
  await world.pass(10_000, 5000);
  expect(world.ipfs.open.map(({ cid }) => cid)).toEqual(['a']);
  expect(told()).toEqual(['Cannot go on for now', 'No pull starts for now', 'Recovered']);
});
