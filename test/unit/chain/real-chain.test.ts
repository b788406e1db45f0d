import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { namedAccount, toAddress, type AccountId } from '../../../devnet/chain/accounts.ts';
import { ChainModel } from '../../../devnet/chain/model.ts';
import { fileInfo, putFile, removeFile } from '../../../devnet/chain/model-files.ts';
import { putBackgroundNodes, putNode } from '../../../devnet/chain/model-nodes.ts';
import { seedOrders } from '../../../devnet/chain/model-seed.ts';
import { ChainRpc } from '../../../devnet/chain/rpc.ts';
import { oncePerConnection, passedOnTo } from '../../../devnet/chain/rpc/lies.ts';
import { calculateReward, placeStorageOrder, type Call } from '../../../devnet/chain/runtime/call.ts';
import { ChainServer } from '../../../devnet/chain/server.ts';
import { accountOf } from '../../../src/domain/account.ts';
import { ChainClient } from '../../../src/clients/chain/chain-client.ts';
import { PolkadotLibrary } from '../../../src/clients/chain/events/library/polkadot-library.ts';
import { wsEndPoint } from '../../../src/clients/chain/connection/ws-transport.ts';
import { ChainRoom } from '../../support/chain-room.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RecordingLogger } from '../../support/quiet-logger.ts';

const alice = namedAccount('alice');
const owner = namedAccount('owner');
const firstBlock = 5_000_000;
const genesisMs = 1_600_000_000_000;

let room: ChainRoom;
let chain: ChainModel;
let server: ChainServer;
let client: ChainClient;
let clock: ManualClock;

beforeEach(async () => {
  chain = new ChainModel({ firstBlock, genesisMs, keepBlocks: 64 });
  server = await ChainServer.listen(new ChainRpc(chain));
  clock = new ManualClock(genesisMs + firstBlock * 6000);
  client = new ChainClient({
    endPoints: [wsEndPoint(server.url)],
    genesisHash: null,
    clock,
    logger: new RecordingLogger(),
    library: new PolkadotLibrary(),
  });
  room = await ChainRoom.open();
  room.chain = client;
  room.account = accountOf(alice.slice(2));
  room.scanIntervalBlocks = 20;
  putNode(chain, alice, { groupOwner: owner });
  putBackgroundNodes(chain, 5, 2);
  seedOrders(chain, 1500, { group: { owner, who: alice, every: 10 } });
  chain.advance(1);
  for (const task of ['chain-time', 'group', 'active-nodes', 'walk'] as const) await room.round(task);
});

afterEach(async () => {
  await room.close();
  await client.close();
  await server.close();
});

const order = (cid: string, memo = ''): Call => placeStorageOrder({ cid, sizeBytes: 10, memo });

function submit(signer: AccountId, ...calls: readonly Call[]): void {
  for (const call of calls) chain.submit(signer, call);
}

describe('the chain room on a chain that speaks over a socket', () => {
  it('knows all orders, the group and the active nodes after its first rounds', async () => {
    expect(await room.tally.openOrders()).toBe(1500);
    expect(await room.facts.find('group')).toMatchObject({
      owner: toAddress(owner),
      members: [toAddress(alice)],
      ownIndex: 0,
      trouble: null,
    });
    expect(await room.facts.find('active-nodes')).toMatchObject({ count: 6, atBlock: firstBlock });
    expect(await room.facts.find('event-cursor')).toEqual({ block: firstBlock });
    expect(room.conditions.list()).toEqual([]);
  });

  it('misses nothing of 50 blocks that went by while it was down, over a runtime upgrade, in calls of every shape', async () => {
    submit(alice, order('plain', 'a memo'));
    chain.advance(1);
    submit(alice, placeStorageOrder({ cid: 'refused', sizeBytes: 2 ** 40 }), {
      kind: 'utility.batchAll',
      calls: [order('in-a-batch'), order('too')],
    });
    chain.advance(10);
    chain.setSpecVersion(22);
    chain.advance(1);
    putFile(chain, 'expired-before-23', { expiresAtBlock: chain.head.number - 9, calculatedAtBlock: 7 });
    chain.advance(5);
    submit(alice, calculateReward('expired-before-23'));
    chain.advance(33);
    await room.round('events');
    expect(await room.facts.find('event-cursor')).toEqual({ block: chain.finalized.number });
    for (const cid of ['plain', 'in-a-batch', 'too'])
      expect(await room.order(cid)).toMatchObject({ status: 'new', sizeBytes: 10, orderClass: 'new' });
    expect(await room.order('refused')).toBeUndefined();
    expect(fileInfo(chain, 'expired-before-23')).toBeUndefined();
    const memos = await room.database.read(async (reader) => await reader('file_owner').pluck('memo'));
    expect(memos).toContainEqual(Buffer.from('a memo'));
  });

  it('makes up by a walk for blocks it was down too long for', async () => {
    submit(alice, order('lost'), order('both'));
    chain.advance(1);
    const orderedAt = chain.head.number;
    removeFile(chain, 'both');
    chain.advance(200);
    submit(alice, order('kept'));
    chain.advance(1);
    await room.round('events');
    expect(await room.gaps.listOpen()).toMatchObject([{ fromBlock: orderedAt, reason: 'pruned' }]);
    await room.round('chain-time');
    await room.round('walk');
    expect(await room.gaps.listOpen()).toEqual([]);
    expect(await room.order('lost')).toMatchObject({ successBlock: orderedAt, orderClass: 'new' });
    expect(await room.order('kept')).toMatchObject({ successBlock: chain.head.number });
    expect(await room.order('both')).toBeUndefined();
    expect(await room.tally.openOrders()).toBe(1502);
  });

  it('closes what an event closes, and what is gone without one after two walks and a third read', async () => {
    putFile(chain, 'expired', { expiresAtBlock: chain.head.number - 9, calculatedAtBlock: 7 });
    putFile(chain, 'vanishing', { expiresAtBlock: chain.head.number + 9_000_000 });
    chain.advance(20);
    await room.round('chain-time');
    await room.round('walk');
    await room.set('expired', { status: 'handled' });
    submit(alice, calculateReward('expired'));
    removeFile(chain, 'vanishing');
    chain.advance(1);
    await room.round('events');
    expect(await room.order('expired')).toMatchObject({ status: 'handled' });
    expect(await room.cleanups()).toMatchObject([
      { cid: 'expired', status: 'seen', cause: 'event', seen_block: chain.head.number },
    ]);
    for (const blocks of [20, 20, 1]) {
      chain.advance(blocks);
      await room.round('chain-time');
      await room.round('walk');
    }
    expect(await room.order('vanishing')).toMatchObject({ status: 'closed', readBlock: chain.head.number });
  });

  it('misses nothing and makes up no gap behind a load balancer whose nodes are at different heights', async () => {
    const nodes = [0, 3, 30].map((blocksBehind) => new ChainRpc(chain, { blocksBehind }));
    let connections = 0;
    server.rpc.lie = passedOnTo(oncePerConnection(() => nodes[connections++ % nodes.length] ?? server.rpc));
    for (let round = 0; round < 12; round += 1) {
      submit(alice, order(`balanced-${round}`));
      chain.advance(2);
      server.closeAll();
      for (const task of ['events', 'chain-time', 'walk'] as const) await room.round(task);
    }
    expect(connections).toBeGreaterThan(6);
    server.rpc.lie = undefined;
    server.closeAll();
    for (const task of ['events', 'events', 'chain-time'] as const) await room.round(task);
    expect(await room.facts.find('event-cursor')).toEqual({ block: chain.finalized.number });
    expect(await room.tally.openOrders()).toBe(1512);
    expect(await room.gaps.listOpen()).toEqual([]);
    expect(await room.absentCids()).toEqual([]);
  });

  it('believes nothing of another chain behind the same address, and goes on when its own is back', async () => {
    const other = new ChainModel({ name: 'another', firstBlock, genesisMs });
    other.advance(100);
    submit(alice, order('meanwhile'));
    chain.advance(1);
    server.rpc.lie = passedOnTo(() => new ChainRpc(other));
    server.closeAll();
    for (let round = 0; round < 3; round += 1)
      for (const task of ['events', 'chain-time', 'walk', 'group'] as const) await room.round(task);
    expect(client.endPoints.states()).toMatchObject([{ state: 'wrong-genesis', lastError: 'CHAIN_WRONG_GENESIS' }]);
    expect(room.conditions.away('chain')).toBe(true);
    expect(await room.facts.find('event-cursor')).toEqual({ block: firstBlock });
    expect(await room.tally.openOrders()).toBe(1500);
    server.rpc.lie = undefined;
    await clock.advance(60_000);
    await room.round('events');
    expect(await room.order('meanwhile')).toMatchObject({ status: 'new' });
  });
});
