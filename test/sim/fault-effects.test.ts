import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Ipfs } from '../../src/clients/ipfs/ipfs.ts';
import type { FaultKind } from '../support/sim/call-desk.ts';
import { SimChainTransport } from '../support/sim/chain-binding.ts';
import { SimIpfs } from '../support/sim/ipfs-binding.ts';
import { Life } from '../support/sim/life.ts';
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

beforeEach(() => void (world.desk.chooseFault = undefined));

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
