import { expect, test } from 'vitest';
import { namedAccount } from '../../devnet/chain/accounts.ts';
import { putFile, replicaOf } from '../../devnet/chain/model-files.ts';
import { BLOCK_MS, DAY_BLOCKS, HOUR_BLOCKS } from '../../src/domain/units.ts';
import { addLongHistory } from '../support/sim/long-history.ts';
import { newWorld } from '../support/sim/new-world.ts';
import { blockMs, quickRules } from '../support/sim/sim-options.ts';
import type { SimWorld } from '../support/sim/sim-world.ts';

const longAgo = 20_000;
/** As many rows as one transaction may remove. */
const mostAtOnce = 200;
/** What is kept for what comes next. */
const keptFreePages = 2048;
/** No longer than what lies between two such transactions. */
const stepMs = 20;

const kinds = ['orders', 'pins', 'cleanups'] as const;
type Kept = Readonly<Record<(typeof kinds)[number], number>>;

async function kept(world: SimWorld): Promise<Kept> {
  const [row] = await world.rows<Kept>(
    `SELECT (SELECT COUNT(*) FROM file_record) AS orders, (SELECT COUNT(*) FROM pin_record) AS pins,
       (SELECT COUNT(*) FROM cleanup_record) AS cleanups`,
  );
  if (row === undefined) throw new Error('no counts');
  return row;
}

async function pages(world: SimWorld): Promise<{ all: number; free: number }> {
  const [row] = await world.rows<{ all: number; free: number }>(
    'SELECT page_count AS "all", freelist_count AS free FROM pragma_page_count, pragma_freelist_count',
  );
  return row ?? { all: 0, free: 0 };
}

test('A bot with years behind it lets them go little by little, keeps what is not over, and works on meanwhile', async () => {
  const world = await newWorld({
    rules: { ...quickRules, fileDurationBlocks: 60 },
    config: { database: { retentionDays: 1 }, cleanup: { graceHours: 25 } },
  });
  // One file is held after a pull that was interrupted, one waits for its deletion, one was never ours.
  const held = world.order({ cid: world.cids.ours(), file: { bytesPerSecond: 10_000 } });
  const other = world.cids.theirs();
  putFile(world.chain, other, {
    sizeBytes: 2000n,
    replicas: [replicaOf(namedAccount('another owner'), world.head, namedAccount('another node'))],
    expiresAtBlock: world.head + 100,
    calculatedAtBlock: world.head,
  });
  await world.run(1);
  world.startBot();
  await world.runUntil('it is pulled', async () => (await world.statusOf(held)) === 'pulling', 30);
  expect(await world.stopBot()).toBe(0);
  const leaving = world.order({ cid: world.cids.ours() });
  world.startBot();
  await world.run(170);
  world.calculate(leaving);
  world.calculate(other);
  await world.run(30);
  expect([...(await world.statuses()).values()].sort()).toEqual(['closed', 'closed', 'handled']);
  const cleanup = async (): Promise<unknown[]> =>
    await world.rows('SELECT cid, status FROM cleanup_record WHERE cid = ?', leaving);
  expect(await cleanup()).toEqual([{ cid: leaving, status: 'confirmed' }]);
  expect(await world.stopBot()).toBe(0);

  await addLongHistory(world.databaseFile, {
    rows: longAgo,
    block: world.head - 1,
    ms: world.clock.nowMs() - BLOCK_MS,
  });
  await world.run(DAY_BLOCKS);
  const full = { pages: await pages(world), rows: await kept(world) };
  expect(full.rows).toEqual({ orders: longAgo + 3, pins: longAgo + 3, cleanups: longAgo + 1 });
  world.startBot();
  await world.runMs(10 * 60_000 - 1_000);
  expect(await kept(world)).toEqual(full.rows);

  const fresh = world.order({ cid: world.cids.ours() });
  let before = full.rows;
  let free = 0;
  const endMs = world.clock.monotonicMs() + HOUR_BLOCKS * blockMs;
  do {
    expect(world.clock.monotonicMs()).toBeLessThan(endMs);
    await world.runMs(stepMs);
    const now = await kept(world);
    for (const kind of kinds) expect(before[kind] - now[kind]).toBeLessThanOrEqual(mostAtOnce);
    before = now;
    ({ free } = await pages(world));
  } while (before.orders > longAgo / 10 || before.cleanups > longAgo / 10 || free > keptFreePages);
  expect((await pages(world)).all).toBeLessThan(full.pages.all - 500);
  expect(await world.statusOf(fresh)).toBe('handled');
  expect(await world.statuses()).toEqual(
    new Map([held, leaving, fresh].sort().map((cid) => [cid, cid === leaving ? 'closed' : 'handled'])),
  );
  expect(await world.rows('SELECT status FROM pin_record WHERE cid = ? ORDER BY id', held)).toEqual([
    { status: 'interrupted' },
    { status: 'sealed' },
  ]);
  expect(await cleanup()).toEqual([{ cid: leaving, status: 'confirmed' }]);
  expect(await world.broken({ isSettled: true })).toEqual([]);

  // What was not over goes its way.
  await world.run(HOUR_BLOCKS);
  expect(world.watch.deletions).toEqual([leaving]);
  expect(await cleanup()).toEqual([{ cid: leaving, status: 'done' }]);
  expect(await world.stopBot()).toBe(0);
});
