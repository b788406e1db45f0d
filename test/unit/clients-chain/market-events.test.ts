import { hexToU8a, u8aToHex } from '@polkadot/util';
import { describe, expect, it, vi } from 'vitest';
import { metadataHex } from '../../../devnet/chain/metadata.ts';
import { accountOf } from '../../../src/domain/account.ts';
import { decodeHints } from '../../../src/clients/chain/events/block-hints.ts';
import { decodeMarketEvents, hexBytes } from '../../../src/clients/chain/events/market-events.ts';
import type { MarketEvent } from '../../../src/clients/chain/events/market-events.ts';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { Undecodable } from '../../../src/clients/chain/scale/undecodable.ts';
import { orderKeyVectors } from '../../support/chain-vectors.ts';
import { BlockBytes } from './event-bytes.ts';
import { plannedFrom, type PlannedRuntime } from './planned.ts';
import { selfDescribing } from './self-describing.ts';

const now = await plannedFrom(25, metadataHex(25));
const before = await plannedFrom(22, metadataHex(22));
const future = await plannedFrom(26, selfDescribing(metadataHex(25)));
const bytes = new BlockBytes(now.registry);
const alice = accountOf('a1'.repeat(32));
const bob = accountOf('b2'.repeat(32));
const [first, second, third] = orderKeyVectors.map(({ text }) => text);
const cid = first ?? '';
const fee = { weight: 1000, class: 'Normal', paysFee: 'Yes' };
const raw = (text: string | Uint8Array): string => `0x${Buffer.from(text).toString('hex')}`;

async function decodeFrom(runtime: PlannedRuntime, value: string): Promise<MarketEvent[]> {
  return await decodeMarketEvents(runtime, hexBytes(value) ?? new Uint8Array());
}

function success(text: string | Uint8Array, payer = alice.address, index: number | 'Initialization' = 1): Uint8Array {
  return bytes.event('Market', 'FileSuccess', [payer, raw(text)], index);
}

describe('the events of a block', () => {
  it('come in their order, with payer, key and extrinsic', async () => {
    const value = bytes.events(
      bytes.event('System', 'ExtrinsicSuccess', [fee], 0),
      success(cid),
      bytes.event('Market', 'AddPrepaidSuccess', [bob.address, raw(second ?? ''), 5], 2),
      bytes.event('Market', 'RenewFileSuccess', [bob.address, raw(third ?? '')], 3),
      bytes.event('Market', 'CalculateSuccess', [raw(third ?? '')], 3),
      bytes.event('Market', 'FileClosed', [raw(cid)], 4),
      bytes.event('Market', 'IllegalFileClosed', [raw(cid)], 5),
      bytes.event('Market', 'UpdateReplicasSuccess', [alice.address, 1, 2, 3], 5),
      bytes.event('Market', 'RewardMerchantSuccess', [alice.address], 6),
      success(cid, bob.address, 7),
    );
    const key = chainOrderKey(cid);
    expect(await decodeFrom(now, value)).toEqual([
      { kind: 'FileSuccess', key, payer: alice.address, extrinsicIndex: 1 },
      { kind: 'AddPrepaidSuccess', key: chainOrderKey(second ?? ''), payer: bob.address, extrinsicIndex: 2 },
      { kind: 'RenewFileSuccess', key: chainOrderKey(third ?? ''), payer: bob.address, extrinsicIndex: 3 },
      { kind: 'CalculateSuccess', key: chainOrderKey(third ?? ''), payer: null, extrinsicIndex: 3 },
      { kind: 'FileClosed', key, payer: null, extrinsicIndex: 4 },
      { kind: 'IllegalFileClosed', key, payer: null, extrinsicIndex: 5 },
      { kind: 'UpdateReplicasSuccess', key: null, payer: null, extrinsicIndex: 5 },
      { kind: 'FileSuccess', key, payer: bob.address, extrinsicIndex: 7 },
    ]);
  });

  it('survive a failed extrinsic with a module error and an interrupted batch', async () => {
    const error = { Module: { index: 26, error: 3 } };
    const value = bytes.events(
      bytes.event('System', 'ExtrinsicFailed', [error, fee], 1),
      success(cid, alice.address, 2),
      bytes.event('Utility', 'BatchInterrupted', [1, error], 2),
      bytes.event('System', 'ExtrinsicSuccess', [fee], 2),
    );
    expect((await decodeFrom(now, value)).map(({ kind }) => kind)).toEqual(['FileSuccess']);
  });

  it('may come from outside of extrinsics', async () => {
    const value = bytes.events(success(cid, alice.address, 'Initialization'));
    expect(await decodeFrom(now, value)).toMatchObject([{ kind: 'FileSuccess', extrinsicIndex: null }]);
  });

  it('keep keys that are no text', async () => {
    const odd = Uint8Array.of(0xff, 0x00, 0xc3, 0x28);
    expect((await decodeFrom(now, bytes.events(success(odd))))[0]?.key).toEqual(chainOrderKey(odd));
  });

  it('are found by name in the runtime that wrote them', async () => {
    const old = new BlockBytes(before.registry);
    const value = old.events(old.event('Market', 'CalculateSuccess', [raw(cid)], 1));
    expect(await decodeFrom(before, value)).toMatchObject([{ kind: 'CalculateSuccess', key: chainOrderKey(cid) }]);
    expect(() => old.event('Market', 'FileClosed', [raw(cid)], 1)).toThrow('no event');
  });

  it('decode without our own types when the runtime describes its types itself', async () => {
    expect(now.registry.hasDef('FileInfoV2')).toBe(true);
    expect(future.registry.hasDef('FileInfoV2')).toBe(false);
    const written = new BlockBytes(future.registry);
    const value = written.events(
      written.event('Market', 'FileSuccess', [alice.address, raw(cid)], 1),
      written.event('Market', 'FileClosed', [raw(cid)], 2),
    );
    expect(await decodeFrom(future, value)).toEqual([
      { kind: 'FileSuccess', key: chainOrderKey(cid), payer: alice.address, extrinsicIndex: 1 },
      { kind: 'FileClosed', key: chainOrderKey(cid), payer: null, extrinsicIndex: 2 },
    ]);
  });

  it('are decoded without a word on stdout, where only log lines belong', async () => {
    const said = (['log', 'info', 'debug'] as const).map((method) => vi.spyOn(console, method));
    const runtime = await plannedFrom(22, metadataHex(22));
    const old = new BlockBytes(runtime.registry);
    await decodeFrom(runtime, old.events(old.event('System', 'ExtrinsicSuccess', [fee], 0)));
    expect(said.map((spy) => spy.mock.calls)).toEqual([[], [], []]);
    for (const spy of said) spy.mockRestore();
  });

  it('are refused wherever they are cut, with anything behind them, and of an unknown kind', async () => {
    const value = bytes.events(success(cid), bytes.event('System', 'ExtrinsicSuccess', [fee], 1));
    for (let length = 2; length < value.length; length += 2) {
      await expect(decodeFrom(now, value.slice(0, length)), `${length}`).rejects.toThrow(Undecodable);
    }
    await expect(decodeFrom(now, `${value}00`)).rejects.toThrow(Undecodable);
    const unknown = hexToU8a(value);
    unknown[6] = 0xee;
    await expect(decodeFrom(now, u8aToHex(unknown))).rejects.toThrow(Undecodable);
  });
});

const memosOf = async (call: Uint8Array, events: readonly Uint8Array[]): Promise<(string | null)[]> => {
  const decoded = await decodeFrom(now, bytes.events(...events));
  const failed: unknown[] = [];
  const { memos } = await decodeHints(now, decoded, ['0x00', bytes.extrinsic(call)], (_, error) => failed.push(error));
  expect(failed).toEqual([]);
  return memos.map((memo) => (memo === null ? null : Buffer.from(memo).toString('utf8')));
};

describe('what the extrinsics of a block add', () => {
  const other = second ?? '';
  const batch = (name: string): Uint8Array =>
    bytes.call('Utility', name, [bytes.order(cid, 'one'), bytes.order(other, 'two'), bytes.order(cid, 'three')]);

  it('is the memo of a plain order', async () => {
    expect(await memosOf(bytes.order(cid, 'hello'), [success(cid)])).toEqual(['hello']);
  });

  it.each(['batch', 'batch_all'])('is the memo of each order of a %s, in order', async (name) => {
    const events = [success(cid), success(other), success(cid)];
    expect(await memosOf(batch(name), events)).toEqual(['one', 'two', 'three']);
  });

  it('is the memo of those orders of a batch that succeeded', async () => {
    expect(await memosOf(batch('batch'), [success(cid)])).toEqual(['one']);
  });

  it('is the memo inside of multisigs and derivatives', async () => {
    const order = bytes.order(cid, 'deep');
    const opaque = u8aToHex(Buffer.concat([now.registry.createType('Compact<u32>', order.length).toU8a(), order]));
    const calls = [
      bytes.call('Multisig', 'as_multi_threshold_1', [bob.address], order),
      bytes.call('Multisig', 'as_multi', 2, [bob.address], null, hexToU8a(opaque), false, 1000),
      bytes.call('Utility', 'as_derivative', 3, bytes.call('Utility', 'batch', [order])),
    ];
    for (const call of calls) expect(await memosOf(call, [success(cid)])).toEqual(['deep']);
  });

  it('is at most 128 bytes of a memo, whatever they are', async () => {
    const memo = new Uint8Array(300).fill(0xfe);
    const events = await decodeFrom(now, bytes.events(success(cid)));
    const hints = await decodeHints(now, events, ['0x00', bytes.extrinsic(bytes.order(cid, memo))], () => undefined);
    expect(hints.memos).toEqual([memo.slice(0, 128)]);
  });

  it('is nothing when the order came another way', async () => {
    expect(
      await memosOf(bytes.call('Multisig', 'approve_as_multi', 2, [], null, `0x${'07'.repeat(32)}`, 1), [success(cid)]),
    ).toEqual([null]);
    expect(await memosOf(bytes.order(other, 'not yours'), [success(cid)])).toEqual([null]);
    const outside = success(cid, alice.address, 'Initialization');
    expect(await memosOf(bytes.order(cid, 'not yours'), [outside])).toEqual([null]);
  });

  it('is nothing, and told, when an extrinsic cannot be decoded; the others still can', async () => {
    const events = await decodeFrom(now, bytes.events(success(cid, alice.address, 0), success(cid)));
    const opaque: number[] = [];
    const extrinsics = ['0x1004ffff01', bytes.extrinsic(bytes.order(cid, 'fine'))];
    const hints = await decodeHints(now, events, extrinsics, (index) => opaque.push(index));
    expect(hints.memos).toEqual(
      [null, Buffer.from('fine')].map((memo) => (memo === null ? null : Uint8Array.from(memo))),
    );
    expect(opaque).toEqual([0]);
  });

  it.each([[], ['batch'], ['batch_all'], ['batch', 'batch_all']])(
    'is the list of orders whose replicas were updated, also inside %s %s',
    async (...wrapped: string[]) => {
      const replica = [alice.address, bob.address, '0x01', 600, 1, 2, true];
      const files = [
        [raw(cid), 10, [replica, replica]],
        [raw(other), 20, []],
      ];
      const events = await decodeFrom(
        now,
        bytes.events(bytes.event('Market', 'UpdateReplicasSuccess', [alice.address, 1, 2, 3], 0)),
      );
      const update = bytes.call('Market', 'update_replicas', files, 9);
      const call = wrapped.reduce((inner, name) => bytes.call('Utility', name, [inner]), update);
      const hints = await decodeHints(now, events, [bytes.extrinsic(call)], () => undefined);
      expect(hints).toEqual({ memos: [null], updatedReplicas: [chainOrderKey(cid), chainOrderKey(other)] });
    },
  );
});
