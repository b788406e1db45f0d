import { Writable } from 'node:stream';
import path from 'node:path';
import { expect, test } from 'vitest';
import { putFile, removeFile, replicaOf } from '../../devnet/chain/model-files.ts';
import { runCli } from '../../src/cli/cli.ts';
import { DAY_BLOCKS } from '../../src/domain/units.ts';
import { newWorld } from '../support/sim/new-world.ts';
import { quickRules } from '../support/sim/sim-options.ts';
import type { SimWorld } from '../support/sim/sim-world.ts';

const config = { cleanup: { graceHours: 0.05 }, indexer: { scanIntervalHours: 1 } };

/** A node that holds files of orders, those of `expiring` being paid for until soon. */
async function holding(
  counts: { readonly live: number; readonly expiring: number },
  options: Parameters<typeof newWorld>[0],
): Promise<{ world: SimWorld; live: string[]; expiring: string[] }> {
  const world = await newWorld({ rules: quickRules, ...options });
  const { account: who, groupOwner: owner } = world.network;
  const hold = async (count: number, expiresAtBlock: number): Promise<string[]> => {
    const cids = Array.from({ length: count }, () => world.cids.ours());
    for (const cid of cids) {
      const replicas = [replicaOf(owner, world.head - 20_000, who)];
      const calculatedAtBlock = world.head - 20_000;
      putFile(world.chain, cid, { sizeBytes: 2000n, replicas, expiresAtBlock, calculatedAtBlock });
      await world.ipfs.pin(cid);
    }
    world.sworker.preload(cids.map((cid) => ({ cid, sizeBytes: 2000, sealedAtBlock: world.head - 20_000 })));
    return cids;
  };
  const live = await hold(counts.live, world.head + 2_500_000);
  const expiring = await hold(counts.expiring, world.head + 10);
  await world.run(1);
  world.startBot();
  const all = live.length + expiring.length;
  await world.runUntil('taken over', async () => (await countOf(world, "status = 'handled'")) === all, 60);
  return { world, live, expiring };
}

async function countOf(world: SimWorld, where: string): Promise<number> {
  const [row] = await world.rows<{ n: number }>(`SELECT COUNT(*) AS n FROM file_record WHERE ${where}`);
  return row?.n ?? 0;
}

async function openCleanups(world: SimWorld, cause: string): Promise<number> {
  const [row] = await world.rows<{ n: number }>(
    "SELECT COUNT(*) AS n FROM cleanup_record WHERE cause = ? AND status IN ('seen', 'confirmed', 'deleting')",
    cause,
  );
  return row?.n ?? 0;
}

/** What the bot wrote last about what holds it back. */
async function conditionsOf(world: SimWorld): Promise<{ ready: boolean; names: readonly string[] }> {
  const [row] = await world.rows<{ content: string }>("SELECT content FROM config WHERE name = 'conditions'");
  const { ready, list } = JSON.parse(row?.content ?? '{}') as { ready: boolean; list: { name: string }[] };
  return { ready, names: list.map(({ name }) => name) };
}

async function command(world: SimWorld, ...words: string[]): Promise<string> {
  let text = '';
  const stdout = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  const code = await runCli(['node', 'smanager', ...words], {
    env: { SMANAGER_CONFIG: path.join(world.dir, 'smanager-config.json') },
    workingDirectory: world.dir,
    stdout,
    stderr: stdout,
    isTerminal: false,
    missingEngineOptions: [],
    endSoon: () => undefined,
    keepSecret: () => undefined,
    signal: new AbortController().signal,
  });
  expect([code, text]).toEqual([0, text]);
  return text;
}

/** The most that were deleted in any 14,400 blocks. */
function mostInADay(world: SimWorld): number {
  const blocks = world.watch.lettingGo.filter(({ how }) => how === 'storage/delete').map(({ atBlock }) => atBlock);
  return Math.max(0, ...blocks.map((last) => blocks.filter((at) => at > last - DAY_BLOCKS && at <= last).length));
}

/** A day passes while nothing happens on the chain; the bot looks again afterwards. */
async function day(world: SimWorld): Promise<void> {
  world.chain.advance(DAY_BLOCKS);
  await world.run(60);
}

test('400 of 1,000 held files closed in one day go at 200 a day, and no live one goes with them', async () => {
  const { world, live, expiring } = await holding({ live: 600, expiring: 400 }, { config });
  await world.runUntil('expired', () => world.head > 5_000_000 + 20, 60);
  for (const cid of expiring) world.calculate(cid);
  await world.run(100);
  expect(world.watch.deletions).toHaveLength(200);
  expect(await conditionsOf(world)).toEqual({ ready: true, names: ['cleanup-limit'] });
  expect(await command(world, 'cleanup')).toContain('due       200 files');
  await day(world);
  expect(new Set(world.watch.deletions)).toEqual(new Set(expiring));
  expect(mostInADay(world)).toBe(200);
  expect(await conditionsOf(world)).toEqual({ ready: true, names: [] });
  for (const cid of live.slice(0, 20)) expect(world.sworker.files.find(cid)?.state).toBe('valid');
  expect(await world.broken()).toEqual([]);
});

test('300 of 1,000 held files whose orders vanished without an event wait for a person, and go when approved', async () => {
  const { world, live } = await holding({ live: 1000, expiring: 0 }, { config });
  const absent = live.slice(0, 300);
  for (const cid of absent) removeFile(world.chain, cid);
  await world.run(1);
  // Each walk is complete; the first one that misses so many at once is not believed alone.
  for (let walk = 0; walk < 4; walk += 1) {
    world.chain.advance(600);
    await world.run(40);
  }
  expect(await openCleanups(world, 'absence')).toBe(300);
  expect(world.watch.deletions).toEqual([]);
  expect(await conditionsOf(world)).toEqual({ ready: true, names: ['cleanup-approval'] });
  expect(world.logger.lines.filter(({ level }) => level === 'error')).toHaveLength(1);

  expect(await command(world, 'cleanup', 'approve')).toContain('approved: 300 files');
  const [approval] = await world.rows('SELECT command, files, bytes, given_ms > 0 AS dated FROM approval');
  expect(approval).toEqual({ command: 'smanager cleanup approve', files: 300, bytes: 600_000, dated: 1 });
  expect(await command(world, 'cleanup', 'approve')).toContain('nothing waits');
  await world.run(30);
  expect(world.watch.deletions).toHaveLength(200);
  await day(world);
  expect(new Set(world.watch.deletions)).toEqual(new Set(absent));
  expect(mostInADay(world)).toBe(200);
  expect(await world.broken()).toEqual([]);
});

test('A chain that has lost the orders of most held files is not believed: nothing is deleted, and all is well when they are back', async () => {
  const { world, live, expiring } = await holding({ live: 60, expiring: 1 }, { config });
  const absent = live.slice(0, 40);
  for (const cid of absent) removeFile(world.chain, cid);
  for (let walk = 0; walk < 4; walk += 1) {
    world.chain.advance(600);
    await world.run(40);
  }
  expect(await openCleanups(world, 'absence')).toBe(40);
  expect(await conditionsOf(world)).toEqual({ ready: false, names: ['held-orders-gone'] });
  for (const cid of expiring) world.calculate(cid);
  await world.run(60);
  expect(world.watch.deletions).toEqual([]);

  const { account: who, groupOwner: owner } = world.network;
  for (const cid of absent) {
    const replicas = [replicaOf(owner, world.head - 20_000, who)];
    putFile(world.chain, cid, { sizeBytes: 2000n, replicas, expiresAtBlock: world.head + 2_500_000 });
  }
  world.chain.advance(600);
  await world.run(60);
  expect(world.watch.deletions).toEqual(expiring);
  expect(await conditionsOf(world)).toEqual({ ready: true, names: [] });
  expect(await world.broken()).toEqual([]);
});

test('A dry run tells what would go, and nothing goes', async () => {
  const { world, expiring } = await holding(
    { live: 5, expiring: 3 },
    { hasCoordinator: true, config: { ...config, cleanup: { graceHours: 0.05, mode: 'dryRun' } } },
  );
  await world.runUntil('expired', () => world.head > 5_000_000 + 20, 60);
  for (const cid of expiring) world.calculate(cid);
  await world.run(120);
  const told = world.logger.lines.filter(({ message }) => message.startsWith('Would let go'));
  expect(told).toHaveLength(3);
  expect(new Set(told.map(({ context }) => context?.['cid']))).toEqual(new Set(expiring));
  expect(world.watch.lettingGo).toEqual([]);
  expect(await world.rows('SELECT status, COUNT(*) AS n FROM cleanup_record GROUP BY status')).toEqual([
    { status: 'confirmed', n: 3 },
  ]);
  expect([...world.desk.counts.keys()].filter((name) => name.includes('DELETE'))).toEqual([]);
  expect(await conditionsOf(world)).toEqual({ ready: true, names: ['cleanup-dry-run'] });
  expect(await world.broken()).toEqual([]);
});
