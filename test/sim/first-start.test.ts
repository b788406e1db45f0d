import { expect, test } from 'vitest';
import { putFile, replicaOf } from '../../devnet/chain/model-files.ts';
import { seedOrders } from '../../devnet/chain/model-seed.ts';
import { ordersAt } from '../support/invariants-outside.ts';
import { newWorld } from '../support/sim/new-world.ts';

test('A first start on a chain with thousands of orders decides every one of them', async () => {
  const world = await newWorld({
    activeNodes: 600,
    config: { scheduler: { strategy: { dbFilesWeight: 0, newFilesWeight: 100 } } },
  });
  const { account: who, groupOwner: owner } = world.network;
  const seeded = seedOrders(world.chain, 3000, { seed: 7, group: { owner, who, every: 50 } });
  const taken = Array.from({ length: 5 }, () => world.order({ cid: world.cids.ours(), tipsPico: 10n ** 15n }));
  await world.run(1);
  world.startBot();
  await world.run(30);

  const rows = await world.rows<{ cid: string; status: string; verdict: string }>(
    'SELECT cid, status, verdict FROM file_record',
  );
  expect(rows.map(({ cid }) => cid).sort()).toEqual([...ordersAt(world.chain, world.head)].sort());
  expect(rows).toHaveLength(seeded.length + taken.length);
  const verdicts = new Set(rows.map(({ verdict }) => verdict));
  for (const verdict of ['not-ours', 'dice', 'bad-cid', 'expired', 'expiring', 'abandoned', 'take']) {
    expect(verdicts).toContain(verdict);
  }
  expect(rows.filter(({ status }) => status === 'new')).toEqual([]);
  for (const cid of taken) expect(await world.statusOf(cid)).toBe('handled');
  expect(await world.broken({ isSettled: true })).toEqual([]);
});

test('A first start on a node that holds 400 sealed files takes them over and pulls none of them', async () => {
  const world = await newWorld();
  const { account: who, groupOwner: owner } = world.network;
  const held = Array.from({ length: 400 }, () => world.cids.ours());
  const [closed, lost] = [held.slice(0, 3), held.slice(3, 5)];
  for (const cid of held.slice(3)) {
    const replicas = [replicaOf(owner, world.head - 20_000, who)];
    const calculatedAtBlock = world.head - 20_000;
    putFile(world.chain, cid, {
      sizeBytes: 2000n,
      replicas,
      expiresAtBlock: world.head + 2_500_000,
      calculatedAtBlock,
    });
  }
  world.sworker.preload(
    held.map((cid) => ({
      cid,
      sizeBytes: 2000,
      state: lost.includes(cid) ? ('lost' as const) : ('valid' as const),
      sealedAtBlock: world.head - 20_000,
    })),
  );
  for (const cid of held) await world.ipfs.pin(cid);
  await world.run(1);
  world.startBot();
  await world.run(60);

  const statuses = await world.statuses();
  expect(held.filter((cid) => statuses.get(cid) === 'handled')).toHaveLength(397);
  for (const cid of closed) expect(statuses.get(cid) ?? 'unknown').toBe('unknown');
  expect(world.watch.pullsBegun.size).toBe(0);
  expect(world.watch.lettingGo).toEqual([]);
  expect(await world.rows('SELECT status, COUNT(*) AS files FROM pin_record GROUP BY status ORDER BY status')).toEqual([
    { status: 'lost', files: 2 },
    { status: 'sealed', files: 398 },
  ]);
  const [report] = await world.rows<{ content: string }>("SELECT content FROM config WHERE name = 'held-report'");
  expect(JSON.parse(report?.content ?? '{}')).toMatchObject({ held: 400, lost: 2, withoutOrder: 3 });
  expect(await world.broken({ isSettled: true })).toEqual([]);
});
