import { afterEach, describe, expect, it } from 'vitest';
import { namedAccount, toAddress } from '../../../devnet/chain/accounts.ts';
import type { AccountId } from '../../../devnet/chain/accounts.ts';
import { ChainModel } from '../../../devnet/chain/model.ts';
import type { ChainOptions } from '../../../devnet/chain/model.ts';
import { fileInfo, putFile, replicaOf } from '../../../devnet/chain/model-files.ts';
import { putBackgroundNodes, putNode } from '../../../devnet/chain/model-nodes.ts';
import { seedOrders } from '../../../devnet/chain/model-seed.ts';
import { ChainRpc } from '../../../devnet/chain/rpc.ts';
import { calculateReward, placeStorageOrder } from '../../../devnet/chain/runtime/call.ts';
import type { Call } from '../../../devnet/chain/runtime/call.ts';
import { ChainServer } from '../../../devnet/chain/server.ts';
import { accountOf } from '../../../src/domain/account.ts';
import type { BlockRef } from '../../../src/clients/chain/ask.ts';
import { ChainClient } from '../../../src/clients/chain/chain-client.ts';
import { PolkadotLibrary } from '../../../src/clients/chain/events/library/polkadot-library.ts';
import type { ChainLimits } from '../../../src/clients/chain/connection/limits.ts';
import { wsEndPoint } from '../../../src/clients/chain/connection/ws-transport.ts';
import type { ChainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { orderKeyBytes } from '../../../src/clients/chain/keys/order-key.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { eventsOf, hintsOf } from './one-block.ts';
import { ask, quietLogger } from './stub-chain.ts';
import { failureOf } from './deferred.ts';

const alice = namedAccount('alice');
const bob = namedAccount('bob');
const owner = namedAccount('owner');
const account = (id: AccountId): ReturnType<typeof accountOf> => accountOf(id.slice(2));
const view = { owner: toAddress(owner), account: account(alice) };

interface World {
  readonly chain: ChainModel;
  readonly rpc: ChainRpc;
  readonly server: ChainServer;
  readonly client: ChainClient;
}

const opened: (() => Promise<void>)[] = [];

async function world(options: Partial<ChainOptions> = {}, limits: Partial<ChainLimits> = {}): Promise<World> {
  const chain = new ChainModel(options);
  const rpc = new ChainRpc(chain);
  const server = await ChainServer.listen(rpc);
  opened.push(async () => server.close());
  const endPoints = [wsEndPoint(server.url)];
  const client = new ChainClient({
    endPoints,
    genesisHash: null,
    clock: new ManualClock(),
    logger: quietLogger,
    limits,
    library: new PolkadotLibrary(),
  });
  opened.push(async () => client.close());
  return { chain, rpc, server, client };
}

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function head(client: ChainClient): Promise<BlockRef> {
  return (await client.blocks.finalizedHead(ask())).value;
}

async function walk(client: ChainClient, at: BlockRef): Promise<ChainOrderKey[]> {
  const keys: ChainOrderKey[] = [];
  for (;;) {
    const afterStorageKey = keys.at(-1)?.storageKey ?? null;
    const { value } = await client.orders.keysPage({ at, afterStorageKey, limit: 1000 }, ask());
    if (value.length === 0) return keys;
    keys.push(...value);
  }
}

/** Kinds, texts and memos of the events of the newest finalized block. */
async function newest(client: ChainClient): Promise<unknown[]> {
  const told = await eventsOf(client, await head(client));
  const { memos } = await hintsOf(client, told);
  return told.events.map(({ kind, key, payer }, index) => {
    const memo = memos[index];
    return [kind, key?.text, payer, memo === null || memo === undefined ? null : Buffer.from(memo).toString()];
  });
}

const order = (cid: string, memo: string, sizeBytes = 10): Call => placeStorageOrder({ cid, sizeBytes, memo });

describe('the client on a chain that speaks over a socket', () => {
  it('walks all orders and reads each as it is', async () => {
    const { chain, client } = await world({ firstBlock: 5_000_000 });
    seedOrders(chain, 2500, { group: { owner, who: alice, every: 10 } });
    chain.advance(1);
    const at = await head(client);
    const keys = await walk(client, at);
    expect(keys).toHaveLength(2500);
    const { value: reads } = await client.orders.readOrders(keys, at, view, ask());
    let held = 0;
    reads.forEach(({ figures }, index) => {
      const info = fileInfo(chain, orderKeyBytes(keys[index]?.storageKey ?? ''));
      const ours = info?.replicas.find((replica) => replica.owner === owner);
      held += ours === undefined ? 0 : 1;
      expect(figures).toEqual({
        sizeBytes: Number(info?.sizeBytes),
        rewardPico: String(info?.amountPico),
        expiryBlock: info?.expiresAtBlock,
        calculatedBlock: info?.calculatedAtBlock,
        replicas: info?.replicas.length,
        groupHold: ours === undefined ? 0 : ours.who === alice ? 2 : 1,
        groupOwner: toAddress(owner),
      });
    });
    expect(held).toBeGreaterThan(50);
  });

  it('reads orders placed one by one, in batches and by multisigs, beside extrinsics that fail', async () => {
    const { chain, client } = await world();
    chain.submit(alice, order('too-large', 'x', 2 ** 40));
    chain.submit(alice, {
      kind: 'utility.batch',
      calls: [order('a', '1'), order('bad', 'x', 2 ** 40), order('b', 'x')],
    });
    chain.submit(bob, { kind: 'utility.batchAll', calls: [order('c', '3'), order('d', '4')] });
    chain.submit(bob, { kind: 'utility.batchAll', calls: [order('e', 'x'), order('bad', 'x', 2 ** 40)] });
    chain.submit(bob, { kind: 'multisig.asMultiThreshold1', otherSignatories: [alice], call: order('f', '6') });
    chain.submit(alice, order('a', 'again'));
    chain.advance(1);
    const [a, b] = [toAddress(alice), toAddress(bob)];
    expect(await newest(client)).toEqual([
      ['FileSuccess', 'a', a, '1'],
      ['FileSuccess', 'c', b, '3'],
      ['FileSuccess', 'd', b, '4'],
      ['FileSuccess', 'f', expect.stringMatching(/^cT/), '6'],
      ['FileSuccess', 'a', a, 'again'],
    ]);
  });

  it('reads a close and a re-order of one block in their order', async () => {
    const { chain, client } = await world();
    const expired = { expiresAtBlock: 2, calculatedAtBlock: 1, replicas: [replicaOf(owner, 1)] };
    putFile(chain, 'old', expired);
    chain.advance(3);
    chain.submit(bob, calculateReward('old'));
    chain.submit(alice, order('old', 'back'));
    chain.advance(1);
    expect(await newest(client)).toMatchObject([
      ['FileClosed', 'old', null, null],
      ['CalculateSuccess', 'old', null, null],
      ['FileSuccess', 'old', toAddress(alice), 'back'],
    ]);
  });

  it('follows a runtime upgrade block by block', async () => {
    const { chain, client } = await world({ specVersion: 22 });
    const versions: number[] = [];
    chain.advance(2);
    chain.setSpecVersion(25);
    for (let block = 3; block <= 6; block += 1) {
      chain.submit(alice, order(`cid-${block}`, 'memo'));
      chain.advance(1);
      expect(await newest(client)).toEqual([['FileSuccess', `cid-${block}`, toAddress(alice), 'memo']]);
      versions.push((await eventsOf(client, await head(client))).specVersion);
    }
    expect(versions).toEqual([22, 25, 25, 25]);
  });

  it.each(['current', 'substrate-3'] as const)(
    'tells pruned state from a block that is not there yet (%s)',
    async (style) => {
      const { chain, rpc, client } = await world({ keepBlocks: 5, finalityLag: 2 });
      rpc.node.stateErrors = style;
      chain.advance(20);
      const early = (await client.blocks.blockAt(3, ask())).value;
      await expect(client.blocks.timestampMs(early, ask())).rejects.toMatchObject({ code: 'CHAIN_STATE_PRUNED' });
      await expect(eventsOf(client, early)).rejects.toMatchObject({ code: 'CHAIN_STATE_PRUNED' });
      await expect(client.blocks.blockAt(20, ask())).rejects.toMatchObject({ code: 'CHAIN_SYNCING' });
      const future = { number: 30, hash: `0x${'77'.repeat(32)}` };
      await expect(client.blocks.timestampMs(future, ask())).rejects.toMatchObject({ code: 'CHAIN_SYNCING' });
    },
  );

  it('takes no time from a block that has another number than it was given', async () => {
    const { chain, client } = await world();
    chain.advance(5);
    const { value: head } = await client.blocks.finalizedHead(ask());
    expect(await client.blocks.timestampMs(head, ask())).toMatchObject({ value: expect.any(Number) });
    await expect(client.blocks.timestampMs({ ...head, number: head.number - 1 }, ask())).rejects.toMatchObject({
      code: 'CHAIN_BAD_ANSWER',
      data: { field: 'System.Number' },
    });
  });

  it('reads the group and counts active nodes', async () => {
    const { chain, client } = await world();
    for (const member of [alice, bob]) putNode(chain, member, { groupOwner: owner });
    putBackgroundNodes(chain, 30, 12);
    chain.advance(1);
    const at = await head(client);
    const members = [toAddress(alice), toAddress(bob)].sort();
    expect((await client.facts.readGroup(account(alice), at, ask())).value).toEqual({
      owner: toAddress(owner),
      members,
      ownIndex: members.indexOf(toAddress(alice)),
      trouble: null,
    });
    expect((await client.facts.readGroup(account(owner), at, ask())).value.trouble).toBe('is-owner');
    chain.advance(1300);
    expect((await client.facts.countActiveNodes(await head(client), ask())).value).toBe(30);
  });

  it('comes back after the node cut every connection, and follows its heads', async () => {
    const { chain, server, client } = await world();
    const heads = client.blocks.finalizedHeads(ask());
    expect((await heads.next()).value).toMatchObject({ value: { number: 0 } });
    chain.advance(3);
    expect((await heads.next()).value?.value.number).toBeGreaterThan(0);
    const lost = (async () => {
      for await (const _ of heads);
    })();
    const outcome = failureOf(lost);
    server.closeAll();
    expect(await outcome).toMatchObject({ code: 'CHAIN_UNREACHABLE' });
    chain.advance(1);
    expect((await head(client)).number).toBe(4);
    expect(client.endPoints.states()).toMatchObject([{ state: 'usable' }]);
  });

  it('asks for less at once when the node cuts the connection under too many values', async () => {
    const { chain, server, client } = await world({ firstBlock: 5_000_000 });
    seedOrders(chain, 300);
    chain.advance(1);
    const at = await head(client);
    const keys = await walk(client, at);
    const asked: number[] = [];
    server.faults = (method, [batch]) => {
      if (method !== 'state_queryStorageAt' || !Array.isArray(batch)) return undefined;
      asked.push(batch.length);
      return batch.length > 40 ? 'cut' : undefined;
    };
    const { value: reads } = await client.orders.readOrders(keys, at, view, ask());
    expect(reads.filter(({ figures }) => figures !== undefined)).toHaveLength(300);
    // And one by which the state proves which block it belongs to.
    expect(Math.max(...asked)).toBe(301);
  });
});
