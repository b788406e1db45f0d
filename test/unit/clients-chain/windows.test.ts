import { describe, expect, it } from 'vitest';
import { metadataHex } from '../../../devnet/chain/metadata.ts';
import { accountOf } from '../../../src/domain/account.ts';
import type { BlockRef } from '../../../src/clients/chain/ask.ts';
import type { BlockEvents } from '../../../src/clients/chain/events/event-reader.ts';
import { decodeRegistry } from '../../../src/clients/chain/events/library/registry.ts';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { storagePrefixes } from '../../../src/clients/chain/keys/storage-prefixes.ts';
import { rpcFailure } from '../../../src/clients/chain/connection/transport.ts';
import { encodeFileInfo } from '../../../devnet/chain/records/file-info.ts';
import { toHex } from '../../../devnet/chain/hex.ts';
import { BlockBytes } from './event-bytes.ts';
import { ask, honest, StubChain } from './stub-chain.ts';

const alice = accountOf('a1'.repeat(32));
const bytes = new BlockBytes(decodeRegistry({ specName: 'crust', metadata: metadataHex(25) }));
const key = chainOrderKey('cid');
const view = { owner: null, account: alice };
const cidHex = `0x${Buffer.from('cid').toString('hex')}`;

function fileOf(sizeBytes: number): string {
  const figures = { spower: 0n, expiresAtBlock: 9, calculatedAtBlock: 5, amountPico: 7n, prepaidPico: 0n };
  const counts = { reportedReplicaCount: 0, remainingPaidCount: 4, replicas: [] };
  return toHex(encodeFileInfo({ sizeBytes: BigInt(sizeBytes), ...figures, ...counts }));
}

/** Ten blocks behind the first, each with an order for one CID, which has as many bytes as the block has a number. */
function chainOf(name = 'ws://stub', salt = 'aa'): StubChain {
  const chain = new StubChain(name, salt);
  for (let number = 1; number <= 10; number += 1) {
    const events = bytes.events(bytes.event('Market', 'FileSuccess', [alice.address, cidHex], 1));
    const state = { [storagePrefixes.systemEvents]: events, [key.storageKey]: fileOf(number) };
    chain.add(25, state, ['0x00', bytes.extrinsic(bytes.order('cid', `memo ${number}`))]);
  }
  return chain;
}

function spoil(chain: StubChain, number: number, storageKey: string, value: string): void {
  chain.blocks[number]?.state.set(storageKey, value);
}

const refs = (chain: StubChain, from: number, to: number): BlockRef[] =>
  Array.from({ length: to - from + 1 }, (_, index) => chain.at(from + index));

const numbers = (told: readonly BlockEvents[]): number[] => told.map(({ block }) => block.number);

describe('a window of blocks', () => {
  it('is told up to the first block that cannot be decoded, which is an error once it comes first', async () => {
    const chain = chainOf();
    spoil(chain, 6, storagePrefixes.systemEvents, '0x04ff');
    const { client } = chain.client();
    const { value } = await client.events.blockEvents(chain.at(0), refs(chain, 1, 10), ask());
    expect(numbers(value)).toEqual([1, 2, 3, 4, 5]);
    await expect(client.events.blockEvents(chain.at(5), refs(chain, 6, 10), ask())).rejects.toMatchObject({
      code: 'CHAIN_UNDECODABLE',
      data: { block: 6, field: 'System.Events' },
    });
  });

  it('is told by the next end point when the first has lost its first block', async () => {
    const [first, second] = [chainOf('ws://one'), chainOf('ws://two')];
    first.prunedBelow = 4;
    const { client } = first.client({ others: [second] });
    const { value, endPoint } = await client.events.blockEvents(first.at(1), refs(first, 2, 6), ask());
    expect([endPoint, numbers(value)]).toEqual(['ws://two', [2, 3, 4, 5, 6]]);
  });

  it('needs one message for its events, one for its bodies and one for its orders', async () => {
    const chain = chainOf();
    const { client } = chain.client();
    const { value: events } = await client.events.blockEvents(chain.at(0), refs(chain, 1, 10), ask());
    const { value: hints } = await client.events.readHints(events, ask());
    expect(hints.map(({ memos }) => Buffer.from(memos[0] ?? []).toString())).toEqual(
      refs(chain, 1, 10).map(({ number }) => `memo ${number}`),
    );
    const wanted = events.map(({ block }) => ({ block, keys: [key] }));
    const { value: orders } = await client.events.readOrders(wanted, view, ask());
    expect(orders.map(([read]) => [read?.atBlock, read?.figures?.sizeBytes])).toEqual(
      refs(chain, 1, 10).map(({ number }) => [number, number]),
    );
    // Before the first window nothing is known of the runtime in its states.
    expect(chain.batches).toEqual([2, 10, 10, 10]);
  });

  it('is told by its events alone as far as the runtime in its states is known', async () => {
    const chain = chainOf();
    const { client } = chain.client();
    const last = chain.at(10).hash;
    chain.fault = (method, [hash]) =>
      method === 'state_getRuntimeVersion' && hash === last
        ? rpcFailure(chain.name, method, { code: 4003, message: 'UnknownBlock' })
        : honest;
    const { value } = await client.events.blockEvents(chain.at(0), refs(chain, 1, 10), ask());
    expect(numbers(value)).toEqual([1]);
    chain.fault = () => honest;
    const { value: rest } = await client.events.blockEvents(chain.at(1), refs(chain, 2, 10), ask());
    expect(numbers(rest)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('loses its hints from the first block on whose body the node does not have', async () => {
    const chain = chainOf();
    const { client } = chain.client();
    const { value: events } = await client.events.blockEvents(chain.at(0), refs(chain, 1, 10), ask());
    chain.fault = (method, [hash]) => (method === 'chain_getBlock' && hash === chain.at(8).hash ? null : honest);
    expect((await client.events.readHints(events, ask())).value).toHaveLength(7);
    await expect(client.events.readHints(events.slice(7), ask())).rejects.toMatchObject({ code: 'CHAIN_BAD_ANSWER' });
  });
});

describe('the orders of a window of blocks', () => {
  it('are read at the state after each block; absent is what the node says is absent there', async () => {
    const chain = chainOf();
    const other = chainOrderKey('other');
    chain.blocks[4]?.state.delete(key.storageKey);
    const { client } = chain.client();
    const wanted = [3, 4, 5].map((number) => ({ block: chain.at(number), keys: number === 4 ? [other, key] : [key] }));
    const { value } = await client.events.readOrders(wanted, view, ask());
    expect(value.map((reads) => reads.map(({ figures }) => figures?.sizeBytes))).toEqual([
      [3],
      [undefined, undefined],
      [5],
    ]);
  });

  it('ask nothing when there are none', async () => {
    const chain = chainOf();
    const wanted = [1, 2].map((number) => ({ block: chain.at(number), keys: [] }));
    const answer = await chain.client().client.events.readOrders(wanted, view, ask());
    expect(answer).toEqual({ value: [[], []], endPoint: '' });
    expect(chain.asked).toEqual([]);
  });

  it.each([
    ['leaves the key out', [], 'CHAIN_BAD_ANSWER'],
    ['answers for another key', [['0x00', '0x00']], 'CHAIN_BAD_ANSWER'],
    ['sends what is no order', [[key.storageKey, '0x0102']], 'CHAIN_UNDECODABLE'],
  ])('are told up to the block where a node %s', async (_, changes, code) => {
    const chain = chainOf();
    const { client } = chain.client();
    const broken = chain.at(5).hash;
    chain.fault = (method, [, hash]) =>
      method === 'state_queryStorageAt' && hash === broken ? [{ block: broken, changes }] : honest;
    const wanted = refs(chain, 3, 8).map((block) => ({ block, keys: [key] }));
    expect((await client.events.readOrders(wanted, view, ask())).value).toHaveLength(2);
    await expect(client.events.readOrders(wanted.slice(2), view, ask())).rejects.toMatchObject({ code });
  });

  it('are as many as a block has, however few keys go into one call', async () => {
    const chain = chainOf();
    const keys = Array.from({ length: 60 }, (_, index) => chainOrderKey(`cid-${index}`));
    keys.forEach((one, index) => spoil(chain, 2, one.storageKey, fileOf(index)));
    const wanted = [
      { block: chain.at(1), keys: [key] },
      { block: chain.at(2), keys },
    ];
    const { value } = await chain.client().client.events.readOrders(wanted, view, ask());
    expect(value[1]?.map(({ figures }) => figures?.sizeBytes)).toEqual(keys.map((_, index) => index));
  });
});
