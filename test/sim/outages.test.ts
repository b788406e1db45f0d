import { describe, expect, test } from 'vitest';
import { putNode } from '../../devnet/chain/model-nodes.ts';
import { newWorld } from '../support/sim/new-world.ts';
import type { SimWorld } from '../support/sim/sim-world.ts';

const fortyMinutesInBlocks = 400;
const impatient = { config: { runtime: { maxOutageMinutes: 5 } } };
/** Beyond that. */
const longerThanAnOutage = 80;

async function conditions(world: SimWorld): Promise<string[]> {
  const [row] = await world.rows<{ content: string }>("SELECT content FROM config WHERE name = 'conditions'");
  const { list } = JSON.parse(row?.content ?? '{"list":[]}') as { list: { name: string; kind: string }[] };
  return list.map(({ name, kind }) => `${kind} ${name}`);
}

/** A bot at work on an order that takes this long to pull. */
async function pulling(seconds: number): Promise<{ world: SimWorld; cid: string }> {
  const world = await newWorld();
  const sizeBytes = seconds * 100_000;
  const cid = world.order({ cid: world.cids.ours(), sizeBytes, file: { bytesPerSecond: 100_000 } });
  world.startBot();
  await world.runUntil('the pull runs', () => world.watch.pulling.includes(cid), 10);
  return { world, cid };
}

function chainIsThere(world: SimWorld, isReachable: boolean): void {
  for (const node of world.chainNodes) node.isReachable = isReachable;
}

describe('The chain away for 40 minutes', () => {
  test('ends the process with 75 after 30 of them when nothing is pulled; the next one catches up', async () => {
    const world = await newWorld();
    const kept = world.order({ cid: world.cids.ours() });
    world.startBot();
    await world.runUntil('sealed', async () => (await world.statusOf(kept)) === 'handled', 10);
    chainIsThere(world, false);
    await world.run(290);
    expect(world.endings).toEqual([]);
    expect(await conditions(world)).toEqual(expect.arrayContaining([expect.stringMatching(/^outage /u)]));
    await world.run(20);
    expect(world.endings).toMatchObject([{ exitCode: 75, error: { code: 'CHAIN_UNREACHABLE' } }]);
    world.isSupervised = true;
    world.startBot();
    const missed = world.order({ cid: world.cids.ours() });
    await world.run(fortyMinutesInBlocks - 310);
    chainIsThere(world, true);
    await world.run(20);
    expect(await world.statusOf(missed)).toBe('handled');
    expect(world.endings).toHaveLength(1);
    expect(world.watch.lettingGo).toEqual([]);
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });

  test('does not end a process that is pulling, and the pull goes on', async () => {
    const { world, cid } = await pulling(45 * 60);
    chainIsThere(world, false);
    world.order({ cid: world.cids.ours() });
    await world.run(fortyMinutesInBlocks);
    expect(world.endings).toEqual([]);
    expect(world.watch.pulling).toEqual([cid]);
    expect([...world.watch.pullsBegun.keys()]).toEqual([cid]);
    chainIsThere(world, true);
    await world.run(100);
    expect(await world.statusOf(cid)).toBe('handled');
    expect(world.watch.pullsBegun.get(cid)).toBe(1);
    expect(await conditions(world)).toEqual([]);
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });
});

describe('A chain node that answers and is syncing', () => {
  test('is waited for without limit; nothing is decided or pulled by what it says', async () => {
    const world = await newWorld(impatient);
    const cid = world.order({ cid: world.cids.ours() });
    await world.run(1);
    const [node] = world.chainNodes;
    if (node === undefined) throw new Error('no chain node');
    node.rpc.node.isSyncing = true;
    world.startBot();
    await world.run(longerThanAnOutage);
    expect(world.endings).toEqual([]);
    expect(world.watch.pullsBegun.size).toBe(0);
    expect(await world.rows("SELECT 1 FROM file_record WHERE status <> 'new'")).toEqual([]);
    const standing = await conditions(world);
    expect(standing.filter((name) => name.startsWith('outage'))).toEqual([]);
    expect(standing.length).toBeGreaterThan(0);
    node.rpc.node.isSyncing = false;
    await world.run(15);
    expect(await world.statusOf(cid)).toBe('handled');
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });
});

describe('An account that is in no group', () => {
  test('decides nothing until it has joined one', async () => {
    const world = await newWorld();
    const cid = world.order({ cid: world.cids.ours() });
    const { account, groupOwner } = world.network;
    putNode(world.chain, account);
    await world.run(1);
    world.startBot();
    await world.run(60);
    expect(await world.statusOf(cid)).toBe('new');
    expect(await conditions(world)).toContain('wait no-group');
    putNode(world.chain, account, { groupOwner });
    await world.run(30);
    expect(await world.statusOf(cid)).toBe('handled');
    expect(await conditions(world)).toEqual([]);
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });
});

describe('sWorker', () => {
  test.each(['process', 'enclave', 'exit'] as const)(
    'upgrading (%s) for longer than an outage may last is a wait',
    async (phase) => {
      const world = await newWorld();
      const kept = world.order({ cid: world.cids.ours() });
      world.startBot();
      await world.runUntil('sealed', async () => (await world.statusOf(kept)) === 'handled', 10);
      world.sworker.upgrade = phase;
      const cid = world.order({ cid: world.cids.ours() });
      await world.run(longerThanAnOutage);
      expect(world.endings).toEqual([]);
      expect((await conditions(world)).filter((name) => name.startsWith('outage'))).toEqual([]);
      expect(['queued', 'pulling']).toContain(await world.statusOf(cid));
      world.sworker.upgrade = 'none';
      await world.run(20);
      expect(await world.statusOf(cid)).toBe('handled');
      const [order] = await world.rows<{ attempts: number }>('SELECT attempts FROM file_record WHERE cid = ?', cid);
      expect(order?.attempts).toBe(0);
      expect(world.watch.lettingGo).toEqual([]);
      expect(await world.broken({ isSettled: true })).toEqual([]);
    },
  );

  test('away for longer than maxOutageMinutes ends an idle process with 75', async () => {
    const world = await newWorld(impatient);
    world.startBot();
    await world.run(3);
    world.isSworkerReachable = false;
    await world.run(longerThanAnOutage);
    expect(world.endings).toMatchObject([{ exitCode: 75, error: { code: 'SWORKER_UNREACHABLE' } }]);
  });

  test('started again loses what was pending; the pulls begin anew without an attempt', async () => {
    const { world, cid } = await pulling(600);
    await world.run(20);
    world.isSworkerReachable = false;
    world.sworker.restart();
    await world.run(3);
    world.isSworkerReachable = true;
    await world.run(150);
    expect(await world.statusOf(cid)).toBe('handled');
    const [order] = await world.rows<{ attempts: number }>('SELECT attempts FROM file_record WHERE cid = ?', cid);
    expect(order?.attempts).toBe(0);
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });
});

describe('The IPFS daemon', () => {
  test('killed under a pull and back a while later is pulled through again', async () => {
    const { world, cid } = await pulling(300);
    await world.run(10);
    world.ipfs.crash();
    await world.run(30);
    expect(world.endings).toEqual([]);
    world.ipfs.start();
    // What the killed daemon left in sWorker has to stand still for half an hour before it is ended.
    await world.runUntil('sealed', async () => (await world.statusOf(cid)) === 'handled', 600);
    expect(world.watch.lettingGo.map(({ how }) => how)).toEqual(['seal_end']);
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });
});

describe('A stop on request', () => {
  test('during pulls ends within 8 s with 0, and the next start resumes them', async () => {
    const { world, cid } = await pulling(120);
    expect(await world.stopBot()).toBe(0);
    expect(await world.rows("SELECT 1 FROM pin_record WHERE status = 'running'")).toEqual([]);
    expect(world.watch.pulling).toEqual([]);
    world.startBot();
    await world.run(40);
    expect(await world.statusOf(cid)).toBe('handled');
    expect(await world.broken({ isSettled: true })).toEqual([]);
  });
});
