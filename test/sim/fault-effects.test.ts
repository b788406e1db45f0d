import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { MINUTE_MS, SECOND_MS } from '../../src/domain/units.ts';
import type { Ipfs } from '../../src/clients/ipfs/ipfs.ts';
import { type FaultKind, stormFaultKinds } from '../support/sim/call-desk.ts';
import { SimChainTransport } from '../support/sim/chain-binding.ts';
import { SimIpfs } from '../support/sim/ipfs-binding.ts';
import { SimHttpTransport } from '../support/sim/http-binding.ts';
import { Life } from '../support/sim/life.ts';
import { sworkerService } from '../support/sim/sworker-binding.ts';
import { SimWorld } from '../support/sim/sim-world.ts';

const { signal } = new AbortController();

let world: SimWorld;
let ipfs: SimIpfs;
let pinned: string;

beforeAll(async () => {
  world = await SimWorld.create();
  pinned = world.cids.any();
  world.ipfs.putFile({ cid: pinned, sizeBytes: 1024 });
  ipfs = new SimIpfs(world.ipfs, world.desk, new Life(), world.watch);
  await answered(undefined, async () => await ipfs.pinAdd(pinned, { signal, onProgress: () => undefined }));
});

beforeEach(() => {
  world.desk.chooseFault = undefined;
  world.desk.lateMs = () => SECOND_MS;
});

afterAll(async () => await world.close());

async function answered<T>(fault: FaultKind | undefined, ask: () => Promise<T>): Promise<T> {
  world.desk.chooseFault = () => fault;
  const answer = ask();
  await world.run(2);
  return await answer;
}

async function allOf(roots: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const root of roots) found.push(root);
  return found;
}

test.each<[string, (daemon: Ipfs) => Promise<unknown>]>([
  ['pin/ls', async (daemon) => await daemon.isPinned(pinned, signal)],
  ['pin/ls (all)', async (daemon) => await allOf(daemon.pinnedRoots(signal))],
  ['pin/update', async (daemon) => await daemon.pinAgain(pinned, signal)],
  ['repo/stat', async (daemon) => await daemon.repoSize(signal)],
  ['id', async (daemon) => await daemon.identity(signal)],
  ['version', async (daemon) => await daemon.version(signal)],
])('A wrong answer of the daemon to %s is not the true one', async (_, ask) => {
  const truth = await answered(undefined, async () => await ask(ipfs));
  expect(await answered('wrong', async () => await ask(ipfs))).not.toEqual(truth);
});

test.each<[string, 'pinRm' | 'repoGc', (daemon: Ipfs) => Promise<unknown>]>([
  ['pin/rm', 'pinRm', async (daemon) => await daemon.pinRemove(pinned, signal)],
  ['repo/gc', 'repoGc', async (daemon) => await daemon.collectGarbage(signal)],
])('A wrong answer of the daemon to %s comes with nothing done', async (_, work, ask) => {
  const done = vi.spyOn(world.ipfs, work);
  await answered('wrong', async () => await ask(ipfs));
  expect(done).not.toHaveBeenCalled();
});

test('A repeated pin/add is carried out twice, and is one pull', async () => {
  const done = vi.spyOn(world.ipfs, 'pinAdd');
  const cid = world.cids.any();
  world.ipfs.putFile({ cid, sizeBytes: 1024 });
  const answer = await answered(
    'repeated',
    async () => await ipfs.pinAdd(cid, { signal, onProgress: () => undefined }),
  );
  expect(answer).toEqual({ kind: 'pinned' });
  expect(done).toHaveBeenCalledTimes(2);
  expect(world.watch.pullsBegun.get(cid)).toBe(1);
});

test.each([
  [undefined, 5, 1],
  ['repeated', 5, 2],
  ['wrong', 0, 1],
] as const)(
  'Of a subscription whose answer is %s come %i heads, and the node has sent it %i times',
  async (fault, heads, times) => {
    const [node] = world.chainNodes;
    if (node === undefined) throw new Error('no node');
    const handled = vi.spyOn(node.rpc, 'handle');
    const transport = new SimChainTransport(node, world.desk, new Life());
    const items: unknown[] = [];
    const subscription = { method: 'chain_subscribeNewHeads', params: [], unsubscribe: 'chain_unsubscribeNewHeads' };
    const handlers = { onItem: (item: unknown) => void items.push(item), onLost: () => undefined };
    await answered(fault, async () => await transport.subscribe(subscription, handlers, signal));
    items.length = 0;
    await world.run(5);
    expect(items).toHaveLength(heads);
    expect(handled).toHaveBeenCalledTimes(times);
    await transport.close();
    handled.mockRestore();
  },
);

/** What is counted of a fault that is drawn for one question; whatever comes of it. */
async function countedOf(fault: FaultKind, ask: () => Promise<unknown>): Promise<readonly string[]> {
  world.desk.faultCounts.clear();
  await answered(fault, async () => await ask().catch(() => undefined));
  return [...world.desk.faultCounts.keys()];
}

const sworkerAt = (isReachable: boolean): SimHttpTransport =>
  new SimHttpTransport(
    sworkerService(world.sworker, () => isReachable),
    world.desk,
    new Life(),
  );
const askSworker = async (path: string, isReachable = true): Promise<unknown> =>
  await sworkerAt(isReachable).send({ method: 'GET', path: `/api/v0${path}`, headers: {}, signal });

async function askChain(method: string, params: readonly unknown[], isReachable = true): Promise<unknown> {
  const [node] = world.chainNodes;
  if (node === undefined) throw new Error('no node');
  return await new SimChainTransport({ ...node, isReachable }, world.desk, new Life()).send(method, params, signal);
}

const atOnce = stormFaultKinds.filter((kind) => kind !== 'delayed');

test.each(atOnce)('%s befalls whoever can be reached, and nobody else', async (fault) => {
  expect(await countedOf(fault, async () => await askSworker('/workload'))).toHaveLength(1);
  expect(await countedOf(fault, async () => await askSworker('/workload', false))).toEqual([]);
  expect(await countedOf(fault, async () => await askChain('chain_getHeader', []))).toHaveLength(1);
  expect(await countedOf(fault, async () => await askChain('chain_getHeader', [], false))).toEqual([]);
  expect(await countedOf(fault, async () => await ipfs.version(signal))).toHaveLength(1);
  world.ipfs.crash();
  expect(await countedOf(fault, async () => await ipfs.version(signal))).toEqual([]);
  world.ipfs.start();
});

test('A wrong answer that is the true one is none', async () => {
  expect(await countedOf('wrong', async () => await askSworker('/file/info_by_type?type=lost'))).toEqual([]);
  expect(await countedOf('wrong', async () => await askSworker('/file/info?cid=unknown'))).toEqual([]);
  expect(await countedOf('wrong', async () => await askChain('state_getStorage', ['0x00']))).toEqual([]);
});

test('What the other side refuses anyway is not spoilt by a lost answer', async () => {
  expect(await countedOf('answer-dropped', async () => await askChain('no_such_method', []))).toEqual([]);
});

test('Of a batch whose connection is lost, what stands behind is not spoilt', async () => {
  const [node] = world.chainNodes;
  if (node === undefined) throw new Error('no node');
  const calls = ['chain_getHeader', 'chain_getFinalizedHead'].map((method) => ({ method, params: [] }));
  const transport = new SimChainTransport(node, world.desk, new Life());
  expect(await countedOf('dropped', async () => await transport.sendBatch(calls, signal))).toEqual([
    'chain chain_getHeader dropped',
  ]);
});

describe('What comes late', () => {
  const lateMs = 30 * MINUTE_MS;

  /** Whoever asked gives up, or dies, before his question is carried out. */
  async function unheard(ask: (life: Life, giveUp: AbortSignal) => Promise<unknown>, how: 'gives up' | 'dies') {
    world.desk.chooseFault = () => 'late';
    world.desk.lateMs = () => lateMs;
    const life = new Life();
    const giveUp = new AbortController();
    const outcome = vi.fn<(error: unknown) => void>();
    ask(life, giveUp.signal).catch(outcome);
    await world.run(2);
    expect(world.desk.late.size).toBe(1);
    if (how === 'gives up') giveUp.abort(new Error('not in time'));
    else life.die();
    await world.runMs(lateMs);
    expect(world.desk.late.size).toBe(0);
    expect(outcome).toHaveBeenCalledTimes(how === 'gives up' ? 1 : 0);
  }

  const heldFile = async (): Promise<string> => {
    const cid = world.cids.any();
    world.sworker.preload([{ cid, sizeBytes: 1024 }]);
    await world.ipfs.pin(cid);
    return cid;
  };

  test.each(['gives up', 'dies'] as const)('is done all the same when whoever asked %s', async (how) => {
    const [deleted, unpinned] = [await heldFile(), await heldFile()];
    const deletion = {
      method: 'POST',
      path: '/api/v0/storage/delete',
      body: JSON.stringify({ cid: deleted }),
    } as const;
    await unheard(async (life, giveUp) => {
      const sworker = new SimHttpTransport(
        sworkerService(world.sworker, () => true),
        world.desk,
        life,
      );
      return await sworker.send({ ...deletion, headers: {}, signal: giveUp });
    }, how);
    expect(world.sworker.files.find(deleted)).toBeUndefined();
    await unheard(async (life, giveUp) => {
      return await new SimIpfs(world.ipfs, world.desk, life, world.watch).pinRemove(unpinned, giveUp);
    }, how);
    expect(world.ipfs.hasPin(unpinned)).toBe(false);
  });

  test.each(['gives up', 'dies'] as const)('is no pull any more when whoever asked for it %s', async (how) => {
    const cid = world.cids.any();
    world.ipfs.putFile({ cid, sizeBytes: 1024 });
    await unheard(async (life, giveUp) => {
      const daemon = new SimIpfs(world.ipfs, world.desk, life, world.watch);
      return await daemon.pinAdd(cid, { signal: giveUp, onProgress: () => undefined });
    }, how);
    expect(world.watch.pullsBegun.has(cid)).toBe(false);
  });

  test('is judged by when it was asked for, and counted when it takes a file whose order is back', async () => {
    const cid = await heldFile();
    const call = { part: 'sworker', name: 'POST /storage/delete', target: cid } as const;
    world.watch.sent(call);
    expect(world.watch.lettingGo.at(-1)).toMatchObject({ cid, isLive: false });
    world.order({ cid });
    await world.run(2);
    world.watch.carriedOutLate(call);
    expect(world.watch.lateOnLive).toBe(1);
    expect(world.watch.violations).toEqual([]);
    world.watch.sent(call);
    expect(world.watch.violations).toEqual([expect.stringMatching(/its order lives and it is valid$/u)]);
  });
});
