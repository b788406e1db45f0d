import { describe, expect, it } from 'vitest';
import { rpcFailure, unreachable } from '../../../src/clients/chain/connection/transport.ts';
import { settle } from '../../support/manual-clock.ts';
import { deferred, failureOf } from './deferred.ts';
import { ask, honest, StubChain } from './stub-chain.ts';

const away = (chain: StubChain): void => {
  chain.fault = () => unreachable(chain.name, 'refused');
};

const pair = (): [StubChain, StubChain] => {
  const chains: [StubChain, StubChain] = [new StubChain('ws://a'), new StubChain('ws://b')];
  for (const chain of chains) chain.add(25);
  return chains;
};

describe('several end points', () => {
  it('are asked in their order, and the answer says which one it was', async () => {
    const [a, b] = pair();
    const { client } = a.client({ others: [b] });
    expect(await client.blocks.finalizedHead(ask())).toEqual({ value: a.at(1), endPoint: 'ws://a' });
    expect(b.asked).toEqual([]);
    expect(client.endPoints.states()).toMatchObject([{ state: 'usable' }, { state: 'untried' }]);
  });

  it('stand in for each other while one is away, and the first is used again when it is back', async () => {
    const [a, b] = pair();
    const { client, clock } = a.client({ others: [b] });
    away(a);
    expect(await client.blocks.finalizedHead(ask())).toMatchObject({ endPoint: 'ws://b' });
    expect(client.endPoints.states()[0]).toMatchObject({ state: 'away', lastError: 'CHAIN_UNREACHABLE' });
    a.fault = () => honest;
    expect(await client.blocks.finalizedHead(ask())).toMatchObject({ endPoint: 'ws://b' });
    await clock.advance(1000);
    expect(await client.blocks.finalizedHead(ask())).toMatchObject({ endPoint: 'ws://a' });
    expect(client.endPoints.states()[0]).toMatchObject({ state: 'usable', lastError: null });
  });

  it('are not knocked at again while one that refused is resting', async () => {
    const [a] = pair();
    const { client, clock } = a.client();
    away(a);
    const unreachableNow = expect.objectContaining({ code: 'CHAIN_UNREACHABLE' });
    await expect(client.blocks.finalizedHead(ask())).rejects.toEqual(unreachableNow);
    await expect(client.blocks.finalizedHead(ask())).rejects.toEqual(unreachableNow);
    expect(a.asked).toHaveLength(1);
    await clock.advance(1000);
    await expect(client.blocks.finalizedHead(ask())).rejects.toEqual(unreachableNow);
    expect(a.asked).toHaveLength(2);
  });

  it('give a second opinion where there is one', async () => {
    const [a, b] = pair();
    const { client } = a.client({ others: [b] });
    expect(await client.blocks.finalizedHead({ ...ask(), avoid: 'ws://a' })).toMatchObject({ endPoint: 'ws://b' });
    away(b);
    expect(await client.blocks.finalizedHead({ ...ask(), avoid: 'ws://a' })).toMatchObject({ endPoint: 'ws://a' });
    await expect(client.blocks.finalizedHead({ ...ask(), only: 'ws://b' })).rejects.toMatchObject({
      code: 'CHAIN_UNREACHABLE',
    });
  });

  it('that are syncing come after those that are not', async () => {
    const [a, b] = pair();
    a.isSyncing = true;
    const { client, clock } = a.client({ others: [b] });
    const timestamp = Buffer.alloc(8);
    timestamp.writeBigUInt64LE(BigInt(clock.nowMs()));
    const answerTime = (method: string): unknown =>
      method === 'state_getStorage' ? `0x${timestamp.toString('hex')}` : honest;
    a.fault = answerTime;
    b.fault = answerTime;
    const state = await client.blocks.syncState({ ...ask(), only: 'ws://a' });
    expect(state.value).toMatchObject({ syncing: true, reason: 'node-says-so' });
    expect(await client.blocks.finalizedHead(ask())).toMatchObject({ endPoint: 'ws://b' });
    a.isSyncing = false;
    expect((await client.blocks.syncState({ ...ask(), only: 'ws://a' })).value.syncing).toBe(false);
    expect(await client.blocks.finalizedHead(ask())).toMatchObject({ endPoint: 'ws://a' });
  });

  it.each([
    ['an error', rpcFailure('ws://a', 'chain_getFinalizedHead', { code: -32601, message: 'Method not found' })],
    ['null', null],
  ])('that answered with %s are asked after the others for a while, and it is said once', async (_, wrong) => {
    const [a, b] = pair();
    const { client, clock } = a.client({ others: [b], limits: { doubtMs: 5000 } });
    a.fault = (method) => (method === 'chain_getFinalizedHead' ? wrong : honest);
    expect(await client.blocks.finalizedHead(ask())).toMatchObject({ endPoint: 'ws://b' });
    a.fault = () => honest;
    await clock.advance(4999);
    expect(await client.blocks.finalizedHead(ask())).toMatchObject({ endPoint: 'ws://b' });
    away(b);
    expect(await client.blocks.finalizedHead(ask())).toMatchObject({ endPoint: 'ws://a' });
    b.fault = () => honest;
    await clock.advance(1);
    expect(await client.blocks.finalizedHead(ask())).toMatchObject({ endPoint: 'ws://a' });
  });

  it('that have finalized far less come after those that go on', async () => {
    const [a, b] = pair();
    const { client } = a.client({ others: [b] });
    for (let block = 0; block < 60; block += 1) b.add(25);
    expect(await client.blocks.finalizedHead(ask())).toMatchObject({ endPoint: 'ws://a' });
    await client.blocks.finalizedHead({ ...ask(), only: 'ws://b' });
    expect(await client.blocks.finalizedHead(ask())).toMatchObject({ endPoint: 'ws://b' });
    for (let block = 0; block < 60; block += 1) a.add(25);
    await client.blocks.finalizedHead({ ...ask(), only: 'ws://a' });
    expect(await client.blocks.finalizedHead(ask())).toMatchObject({ endPoint: 'ws://a' });
  });

  it('that do not know a block that they finalized are other nodes behind one address, and not pruned', async () => {
    const [a] = pair();
    a.add(25);
    const { client } = a.client();
    await client.blocks.finalizedHead(ask());
    const unknown = { number: 1, hash: `0x${'77'.repeat(32)}` };
    await expect(client.blocks.timestampMs(unknown, ask())).rejects.toMatchObject({
      code: 'CHAIN_SYNCING',
      data: { endPoint: 'ws://a', block: 1 },
    });
  });

  it('tell of pruned state before they tell that another one is away', async () => {
    const [a, b] = pair();
    a.prunedBelow = 2;
    a.add(25);
    b.add(25);
    away(b);
    const { client } = a.client({ others: [b] });
    await expect(client.blocks.timestampMs(a.at(1), ask())).rejects.toMatchObject({
      code: 'CHAIN_STATE_PRUNED',
      data: { endPoint: 'ws://a', block: 1 },
    });
    b.fault = () => honest;
  });

  it('that have not finalized a block do not answer for it: their best fork may be another one', async () => {
    const [a, b] = pair();
    a.add(25);
    b.add(25);
    b.finalizedNumber = 1;
    away(a);
    const { client } = a.client({ others: [b] });
    await expect(client.blocks.blockAt(2, ask())).rejects.toMatchObject({
      code: 'CHAIN_SYNCING',
      data: { endPoint: 'ws://b', block: 2, finalizedBlock: 1 },
    });
    b.finalizedNumber = 2;
    expect((await client.blocks.blockAt(2, ask())).value).toEqual(b.at(2));
  });

  it('that do not know a block because they are behind are not taken for pruned', async () => {
    const [a, b] = pair();
    a.add(25);
    away(a);
    const { client } = a.client({ others: [b] });
    await expect(client.blocks.timestampMs(a.at(2), ask())).rejects.toMatchObject({ code: 'CHAIN_SYNCING' });
  });

  it('stop asking when the signal is aborted', async () => {
    const [a, b] = pair();
    const control = new AbortController();
    a.fault = () => {
      control.abort(new Error('stop'));
      return unreachable(a.name, 'dropped');
    };
    const { client } = a.client({ others: [b] });
    await expect(client.blocks.finalizedHead({ signal: control.signal })).rejects.toThrow('stop');
    expect(b.asked).toEqual([]);
  });
});

describe('the genesis of an end point', () => {
  it('must be the database’s: one of another chain is left out', async () => {
    const [wrong, right] = [new StubChain('ws://wrong', 'ee'), new StubChain('ws://right')];
    const { client, clock } = wrong.client({ others: [right], genesisHash: right.at(0).hash });
    expect(await client.blocks.finalizedHead(ask())).toMatchObject({ endPoint: 'ws://right' });
    expect(client.endPoints.states()[0]).toMatchObject({ state: 'wrong-genesis', lastError: 'CHAIN_WRONG_GENESIS' });
    await clock.advance(30_000);
    wrong.asked.length = 0;
    await client.blocks.finalizedHead(ask());
    expect(wrong.asked).toEqual([]);
  });

  it('is decided by the first that answers when there is no database yet', async () => {
    const [a, b] = [new StubChain('ws://a'), new StubChain('ws://b', 'ee')];
    const { client } = a.client({ others: [b] });
    expect(await client.blocks.genesisHash(ask())).toBe(a.at(0).hash);
    away(a);
    await expect(client.blocks.genesisHash(ask())).rejects.toMatchObject({ code: 'CHAIN_UNREACHABLE' });
  });

  it('refuses to run when all that answer are of another chain, also while others are away', async () => {
    const [a, b] = [new StubChain('ws://a', 'ee'), new StubChain('ws://b')];
    away(b);
    const { client } = a.client({ others: [b], genesisHash: b.at(0).hash });
    await expect(client.blocks.finalizedHead(ask())).rejects.toMatchObject({
      code: 'CHAIN_WRONG_GENESIS',
      data: { endPoint: 'ws://a', expected: b.at(0).hash, found: a.at(0).hash },
    });
  });

  it('is an outage when none is left while running', async () => {
    const [a, b] = [new StubChain('ws://a'), new StubChain('ws://b', 'ee')];
    const { client } = a.client({ others: [b] });
    await client.blocks.finalizedHead(ask());
    away(a);
    await expect(client.blocks.finalizedHead(ask())).rejects.toMatchObject({
      code: 'CHAIN_UNREACHABLE',
      data: { endPoint: 'ws://b', reason: 'wrong-genesis' },
    });
  });
});

describe('a question', () => {
  it('is given up after its time, and a connection that was silent all the while is dropped', async () => {
    const chain = new StubChain();
    const { client, clock } = chain.client({ limits: { requestTimeoutMs: 5000 } });
    await client.blocks.finalizedHead(ask());
    let resets = 0;
    chain.reset = () => (resets += 1);
    chain.fault = async () => new Promise(() => undefined);
    const outcome = failureOf(client.blocks.finalizedHead(ask()));
    await clock.advance(5000);
    expect(await outcome).toMatchObject({
      code: 'CHAIN_UNREACHABLE',
      data: { reason: 'timeout' },
    });
    expect(resets).toBe(1);
    expect(clock.sleeping).toBe(0);
  });

  it('that is urgent goes before bulk ones that wait, and no more are in flight than allowed', async () => {
    const chain = new StubChain();
    const { client } = chain.client({ limits: { maxRequestsInFlight: 1 } });
    await client.blocks.genesisHash(ask());
    const waiting: (() => void)[] = [];
    const begun: unknown[] = [];
    chain.fault = async (_, params) => {
      begun.push(params[1]);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return honest;
    };
    const page = (limit: number, priority: 'urgent' | 'bulk'): Promise<unknown> =>
      client.orders.keysPage({ at: chain.at(0), afterStorageKey: null, limit }, { ...ask(), priority });
    const pages = [page(1, 'bulk'), page(2, 'bulk'), page(3, 'bulk'), page(4, 'urgent')];
    for (let done = 0; done < 4; done += 1) {
      await settle();
      expect(begun).toHaveLength(done + 1);
      waiting[done]?.();
    }
    await Promise.all(pages);
    expect(begun).toEqual([1, 4, 2, 3]);
  });

  it('that is aborted while it waits leaves its place in the line', async () => {
    const chain = new StubChain();
    const { client } = chain.client({ limits: { maxRequestsInFlight: 1 } });
    await client.blocks.genesisHash(ask());
    const release = deferred<unknown>();
    chain.fault = async () => release.promise;
    const first = client.blocks.genesisHash(ask());
    const control = new AbortController();
    const second = client.blocks.genesisHash({ signal: control.signal });
    await settle();
    control.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    release.resolve(honest);
    expect(await first).toBe(chain.at(0).hash);
    expect(await client.blocks.genesisHash(ask())).toBe(chain.at(0).hash);
  });

  it('keeps the code of a node’s error', async () => {
    const chain = new StubChain();
    const { client } = chain.client();
    await client.blocks.genesisHash(ask());
    chain.fault = (method) => rpcFailure(chain.name, method, { code: -32601, message: 'Method not found' });
    await expect(client.blocks.finalizedHead(ask())).rejects.toMatchObject({
      code: 'CHAIN_RPC_ERROR',
      data: { rpcCode: -32601, method: 'chain_getFinalizedHead' },
    });
  });
});
