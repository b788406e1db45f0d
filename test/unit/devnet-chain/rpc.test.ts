import { describe, expect, it } from 'vitest';

import { ChainModel } from '../../../devnet/chain/model.ts';
import type { ChainOptions } from '../../../devnet/chain/model.ts';
import { putFile } from '../../../devnet/chain/model-files.ts';
import { ChainRpc } from '../../../devnet/chain/rpc.ts';
import { oncePerConnection, passedOnTo, stateOf } from '../../../devnet/chain/rpc/lies.ts';
import type { NodeSettings } from '../../../devnet/chain/rpc/method.ts';
import { RpcSession } from '../../../devnet/chain/rpc/session.ts';
import type { Notification } from '../../../devnet/chain/rpc/session.ts';
import { textBytes } from '../../../devnet/chain/runtime/call.ts';
import { fileKey, itemKey } from '../../../devnet/chain/storage-keys.ts';

function node(options: Partial<ChainOptions> = {}, settings: Partial<NodeSettings> = {}) {
  const chain = new ChainModel(options);
  const rpc = new ChainRpc(chain, settings);
  const notifications: Notification[] = [];
  const session = new RpcSession((notification) => notifications.push(notification));
  const ask = (method: string, ...params: unknown[]) => {
    const result = rpc.handle(method, params, session);
    session.replySent();
    return result;
  };
  const numbers = () => notifications.map(({ result }) => Number((result as { number: string }).number));
  return { chain, rpc, session, notifications, numbers, ask };
}

const hashOf = (name: string) => node({ name }).chain.advance(3).hash;
const genesisOf = (options: Partial<ChainOptions>) => node(options).chain.history.at(0)?.hash;

const FILES = itemKey('Market', 'FilesV2');

describe('the node', () => {
  it('refuses a method that it does not have, and lists those it has', () => {
    const { ask } = node();
    expect(() => ask('state_getPairs', '0x')).toThrow(expect.objectContaining({ code: -32601 }));
    const { methods } = ask('rpc_methods') as { methods: string[] };
    expect(methods).toContain('state_queryStorageAt');
    expect(methods).toContain('chain_subscribeAllHeads');
    expect(methods).not.toContain('state_getPairs');
  });

  it('refuses parameters of the wrong kind', () => {
    const { ask } = node();
    expect(() => ask('state_getStorage', 'no key')).toThrow(expect.objectContaining({ code: -32602 }));
    expect(() => ask('state_getKeysPaged', '0x')).toThrow(expect.objectContaining({ code: -32602 }));
  });

  it('says when it is syncing', () => {
    const { ask, rpc } = node();
    expect(ask('system_health')).toEqual({ isSyncing: false, peers: 25, shouldHavePeers: true });
    Object.assign(rpc.node, { isSyncing: true, highestBlock: 900 });
    expect(ask('system_health')).toMatchObject({ isSyncing: true });
    expect(ask('system_syncState')).toEqual({ startingBlock: 0, currentBlock: 0, highestBlock: 900 });
  });
});

describe('a node that lacks the newest blocks', () => {
  it('knows the older ones, and none by number or hash that it does not have', () => {
    const { ask, chain, rpc } = node();
    const { hash } = chain.advance(17);
    Object.assign(rpc.node, { blocksBehind: 5, finalityBehind: 2 });
    expect(ask('chain_getFinalizedHead')).toBe(chain.history.at(10)?.hash);
    expect(ask('chain_getHeader')).toMatchObject({ number: '0xc' });
    expect(ask('chain_getBlockHash', [12, 13])).toEqual([chain.history.at(12)?.hash, null]);
    expect(ask('chain_getHeader', hash)).toBeNull();
    expect(() => ask('state_getStorage', '0x00', hash)).toThrow(expect.objectContaining({ code: 4003 }));
    expect(ask('system_syncState')).toMatchObject({ currentBlock: 12 });
  });
});

describe('a node that does not tell the truth', () => {
  const FILE = fileKey(textBytes('a'));

  it('answers from the state of another block under the name of the one asked for', () => {
    const { ask, chain, rpc } = node();
    const empty = chain.head.hash;
    putFile(chain, 'a');
    const { hash } = chain.advance(1);
    expect(ask('state_getKeysPaged', FILES, 10, null, hash)).toEqual([FILE]);
    rpc.lie = stateOf(empty);
    expect(ask('state_getKeysPaged', FILES, 10, null, hash)).toEqual([]);
    expect(ask('state_queryStorageAt', [FILE], hash)).toEqual([{ block: hash, changes: [[FILE, null]] }]);
    expect(ask('chain_getFinalizedHead')).toBe(hash);
  });

  it('passes questions on to another node, which may stay the same for a connection', () => {
    const { ask, rpc } = node();
    const nodes = ['one', 'two', 'three'].map((chainName) => new ChainRpc(rpc.chain, { chainName }));
    let asked = 0;
    const next = (): ChainRpc => nodes[asked++ % 3] ?? rpc;
    rpc.lie = passedOnTo(next);
    expect([1, 2, 3].map(() => ask('system_chain'))).toEqual(['one', 'two', 'three']);
    rpc.lie = passedOnTo(oncePerConnection(next));
    expect([1, 2, 3].map(() => ask('system_chain'))).toEqual(['one', 'one', 'one']);
  });
});

describe('block hashes', () => {
  it('are found by number, by hexadecimal number, as a list, and null where there is no block', () => {
    const { ask, chain } = node();
    chain.advance(17);
    const hash = (number: number) => chain.history.at(number)?.hash;
    expect(ask('chain_getBlockHash')).toBe(hash(17));
    expect(ask('chain_getBlockHash', null)).toBe(hash(17));
    expect(ask('chain_getBlockHash', 3)).toBe(hash(3));
    expect(ask('chain_getBlockHash', '0x10')).toBe(hash(16));
    expect(ask('chain_getBlockHash', [0, '0x1', 99])).toEqual([hash(0), hash(1), null]);
    expect(ask('chain_getBlockHash', 18)).toBeNull();
    expect(ask('chain_getHeader', `0x${'00'.repeat(32)}`)).toBeNull();
    expect(ask('chain_getBlock', `0x${'00'.repeat(32)}`)).toBeNull();
  });

  it('link every block to the one before', () => {
    const { ask, chain } = node({ firstBlock: 500 });
    chain.advance(3);
    expect(ask('chain_getHeader', chain.history.at(502)?.hash)).toMatchObject({
      number: '0x1f6',
      parentHash: chain.history.at(501)?.hash,
      digest: { logs: [expect.stringMatching(/^0x0642414245/), expect.stringMatching(/^0x0542414245/)] },
    });
    expect(ask('chain_getBlockHash', 498)).toBeNull();
  });

  it('differ between chains of different names and are the same for the same history', () => {
    expect(hashOf('one')).toBe(hashOf('one'));
    expect(hashOf('one')).not.toBe(hashOf('two'));
    expect(genesisOf({ specVersion: 22, firstBlock: 77, genesisMs: 5 })).toBe(genesisOf({}));
  });
});

describe('storage keys by page', () => {
  it('come in byte order, at most as many as asked for, from the state of the block asked for', () => {
    const { ask, chain } = node();
    const cids = Array.from({ length: 30 }, (_, i) => `cid ${i}`);
    for (const cid of cids.slice(0, 20)) putFile(chain, cid);
    const early = chain.produceBlock();
    for (const cid of cids.slice(20)) putFile(chain, cid);
    chain.storage.delete(fileKey(textBytes('cid 0')));
    chain.produceBlock();
    const keys = (from: number, to: number) =>
      cids
        .slice(from, to)
        .map((cid) => fileKey(textBytes(cid)))
        .sort();
    expect(ask('state_getKeysPaged', FILES, 1000, null, early.hash)).toEqual(keys(0, 20));
    expect(ask('state_getKeysPaged', FILES, 1000)).toEqual(keys(1, 30));
    expect(ask('state_getKeysPaged', FILES, 7, keys(1, 30)[9])).toEqual(keys(1, 30).slice(10, 17));
    expect(ask('state_getKeysPaged', FILES.toUpperCase().replace('0X', '0x'), 1)).toEqual(keys(1, 30).slice(0, 1));
  });

  it('are not more than 1000', () => {
    const { ask } = node();
    expect(() => ask('state_getKeysPaged', FILES, 1001)).toThrow(
      expect.objectContaining({ code: 4002, message: 'count exceeds maximum value. value: 1001, max: 1000' }),
    );
  });
});

describe('storage values', () => {
  it('are read one by one and many at once at a block', () => {
    const { ask, chain } = node();
    const key = fileKey(textBytes('a'));
    const empty = chain.produceBlock();
    putFile(chain, 'a');
    const { hash } = chain.produceBlock();
    const value = ask('state_getStorage', key) as string;
    expect(value).toHaveLength(2 + 2 * 38);
    expect(ask('state_getStorageSize', key)).toBe(38);
    expect(ask('state_getStorageHash', key)).toMatch(/^0x[0-9a-f]{64}$/);
    expect(ask('state_queryStorageAt', [key, '0x00'], hash)).toEqual([
      {
        block: hash,
        changes: [
          [key, value],
          ['0x00', null],
        ],
      },
    ]);
    expect(ask('state_queryStorageAt', [key], empty.hash)).toEqual([{ block: empty.hash, changes: [[key, null]] }]);
    expect(ask('state_getStorage', key, empty.hash)).toBeNull();
  });

  it.each([
    ['current', 4003, 'message'],
    ['substrate-3', -32603, 'data'],
  ] as const)('of a pruned and of an unknown block are errors (%s)', (stateErrors, code, field) => {
    const { ask, chain } = node({ keepBlocks: 2 }, { stateErrors });
    const { hash } = chain.produceBlock();
    chain.produceBlock();
    expect(ask('state_getStorage', '0x00', hash)).toBeNull();
    chain.produceBlock();
    const unknown = `0x${'ab'.repeat(32)}`;
    for (const method of ['state_getMetadata', 'state_getRuntimeVersion']) {
      expect(() => ask(method, hash)).toThrow(
        expect.objectContaining({
          code,
          [field]: expect.stringContaining(`State already discarded for BlockId::Hash(${hash})`),
        }),
      );
    }
    expect(() => ask('state_getKeysPaged', FILES, 1, null, unknown)).toThrow(
      expect.objectContaining({ code, [field]: expect.stringContaining('Header was not found') }),
    );
  });

  it('of the last finalized blocks are kept, however far the best one is ahead', () => {
    const { ask, chain } = node({ keepBlocks: 2 });
    const { hash } = chain.produceBlock();
    chain.isFinalityPaused = true;
    chain.advance(10);
    expect(ask('state_getStorage', '0x00', hash)).toBeNull();
    chain.isFinalityPaused = false;
    chain.produceBlock();
    expect(() => ask('state_getStorage', '0x00', hash)).toThrow('State already discarded');
  });
});

describe('subscriptions', () => {
  it('send the present head after the reply, then each new one, until they end', () => {
    const { rpc, session, chain, notifications, numbers, ask } = node();
    const subscription = rpc.handle('chain_subscribeNewHeads', [], session);
    expect(notifications).toEqual([]);
    session.replySent();
    chain.advance(2);
    expect(numbers()).toEqual([0, 1, 2]);
    expect(notifications[0]).toMatchObject({ method: 'chain_newHead', subscription });
    expect(ask('chain_unsubscribeNewHeads', subscription)).toBe(true);
    expect(ask('chain_unsubscribeNewHeads', subscription)).toBe(false);
    chain.produceBlock();
    expect(numbers()).toEqual([0, 1, 2]);
  });

  it('jump over numbers when several blocks become final at once, or when heads are to be skipped', () => {
    const { chain, rpc, numbers, ask } = node();
    ask('chain_subscribeFinalizedHeads');
    chain.isFinalityPaused = true;
    chain.advance(4);
    chain.isFinalityPaused = false;
    chain.produceBlock();
    expect(numbers()).toEqual([0, 5]);
    rpc.node.skipHeads = 2;
    chain.advance(6);
    expect(numbers()).toEqual([0, 5, 6, 9]);
  });

  it('tell of a storage value only when its block wrote it', () => {
    const { chain, notifications, ask } = node();
    const key = fileKey(textBytes('a'));
    ask('state_subscribeStorage', [key, '0x00']);
    chain.produceBlock();
    putFile(chain, 'a');
    const { hash } = chain.produceBlock();
    expect(notifications.map(({ result }) => result)).toEqual([
      {
        block: chain.history.at(0)?.hash,
        changes: [
          [key, null],
          ['0x00', null],
        ],
      },
      { block: hash, changes: [[key, expect.stringMatching(/^0x/)]] },
    ]);
  });

  it('tell of a new runtime with the block that brings it', () => {
    const { chain, notifications, ask } = node({ specVersion: 22 });
    ask('state_subscribeRuntimeVersion');
    chain.produceBlock();
    chain.setSpecVersion(25);
    chain.produceBlock();
    expect(notifications.map(({ result }) => (result as { specVersion: number }).specVersion)).toEqual([22, 25]);
  });

  it('end with their session', () => {
    const { chain, session, notifications, ask } = node();
    ask('chain_subscribeAllHeads');
    session.close();
    chain.produceBlock();
    expect(notifications).toHaveLength(1);
  });
});
