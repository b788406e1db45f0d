import { expect, test } from 'vitest';
import { seedOrders } from '../../devnet/chain/model-seed.ts';
import { newWorld } from '../support/sim/new-world.ts';

const maxBlocksBehind = 2;

test('During a walk that takes an hour the events are followed, and new orders are decided at once', async () => {
  const world = await newWorld({ keepBlocks: 2000, config: { indexer: { maxOrdersPerSecond: 1 } } });
  seedOrders(world.chain, 3000, { seed: 7 });
  await world.run(1);
  world.startBot();
  await world.run(20);
  const ordered: string[] = [];
  for (let block = 0; block < 300; block += 1) {
    if (block % 50 === 0) ordered.push(world.order({ cid: world.cids.ours() }));
    await world.run(1);
    const [now] = await world.rows<{ status: string; orders: number; block: number }>(
      `SELECT status, orders, (SELECT json_extract(content, '$.block') FROM config WHERE name = 'event-cursor') AS block FROM walk`,
    );
    expect(now?.status).toBe('running');
    expect(world.chain.finalized.number - (now?.block ?? 0)).toBeLessThanOrEqual(maxBlocksBehind);
  }
  const statuses = await world.statuses();
  for (const cid of ordered) expect(['queued', 'pulling', 'handled']).toContain(statuses.get(cid));
  expect(await world.broken()).toEqual([]);
});
