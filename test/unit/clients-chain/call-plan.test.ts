import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metadataHex } from '../../../devnet/chain/metadata.ts';
import { accountOf } from '../../../src/domain/account.ts';
import { decodeHints } from '../../../src/clients/chain/events/block-hints.ts';
import { decodeCalls } from '../../../src/clients/chain/events/library/full-decoding.ts';
import type { MarketEvent } from '../../../src/clients/chain/events/market-events.ts';
import type { DirectCall } from '../../../src/clients/chain/events/plan/market-calls.ts';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { BlockBytes } from './event-bytes.ts';
import { plannedFrom, type PlannedRuntime } from './planned.ts';

const runtime25 = await plannedFrom(25, metadataHex(25));
const runtime22 = await plannedFrom(22, metadataHex(22));
const bytes25 = new BlockBytes(runtime25.registry);
const alice = accountOf('a1'.repeat(32)).address;
const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;

const cid = fc.uint8Array({ maxLength: 70 });
const order = fc.tuple(cid, fc.uint8Array({ maxLength: 140 })).map(([text, memo]) => bytes25.order(text, memo));
const replica = fc
  .tuple(fc.uint8Array({ maxLength: 64 }), fc.nat(), fc.boolean())
  .map(([anchor, block, isAdded]) => [alice, alice, hex(anchor), 600, block, 2, isAdded]);
const replicas = fc
  .array(fc.tuple(cid.map(hex), fc.nat(), fc.array(replica, { maxLength: 3 })), { maxLength: 5 })
  .map((files) => bytes25.call('Market', 'update_replicas', files, 9));
const remark = fc.uint8Array({ maxLength: 20 }).map((said) => bytes25.call('System', 'remark', hex(said)));
const simple = fc.oneof({ weight: 4, arbitrary: order }, { weight: 2, arbitrary: replicas }, remark);
const batch = fc
  .tuple(fc.constantFrom('batch', 'batch_all'), fc.array(simple, { maxLength: 4 }))
  .map(([name, calls]) => bytes25.call('Utility', name, calls));
const nested = fc.array(batch, { maxLength: 2 }).map((calls) => bytes25.call('Utility', 'batch', calls));
const call = fc.oneof({ weight: 3, arbitrary: simple }, batch, nested);

/** Unsigned, or signed in each of the three ways with a mortal or an immortal era. */
const extrinsic = fc.tuple(call, fc.nat(3), fc.boolean(), fc.nat(2 ** 31)).map(([body, scheme, isMortal, nonce]) => {
  if (scheme === 3) return Buffer.from(bytes25.extrinsic(body).slice(2), 'hex');
  const signature = Buffer.alloc(scheme === 2 ? 65 : 64, 7);
  const head = [Buffer.of(0x84), Buffer.alloc(32, 0xa1), Buffer.of(scheme), signature];
  const extra = [Buffer.from(isMortal ? [0x55, 0x02] : [0]), compact(nonce), compact(nonce)];
  const whole = Buffer.concat([...head, ...extra, body]);
  return Buffer.concat([compact(whole.length), whole]);
});

function compact(value: number): Uint8Array {
  return runtime25.registry.createType('Compact<u64>', value).toU8a();
}

/** Orders and touched CIDs, each in the order of the calls. */
function hints(calls: readonly DirectCall[]): unknown {
  const orders = calls.flatMap((one) => (one.kind === 'order' ? [{ cid: hex(one.cid), memo: hex(one.memo) }] : []));
  return { orders, replicas: calls.flatMap((one) => (one.kind === 'replicas' ? one.cids.map(hex) : [])) };
}

function planned({ callPlan }: PlannedRuntime, bytes: Uint8Array): unknown {
  const calls = callPlan.read(bytes);
  return calls === undefined ? undefined : hints(calls);
}

function byLibrary({ registry }: PlannedRuntime, bytes: Uint8Array): unknown {
  try {
    return hints(decodeCalls(registry, hex(bytes)));
  } catch {
    return 'refused';
  }
}

describe('the calls of an extrinsic', () => {
  it('are read as the library reads them', () => {
    let read = 0;
    fc.assert(
      fc.property(extrinsic, (bytes) => {
        const found = planned(runtime25, bytes);
        if (found === undefined) return;
        read += 1;
        expect(found).toEqual(byLibrary(runtime25, bytes));
      }),
      { numRuns: 300 },
    );
    expect(read).toBeGreaterThan(120);
  });

  it.each([
    ['an order', bytes25.order('cid', 'memo')],
    ['a report', bytes25.call('Market', 'update_replicas', [['0x616263', 4, []]], 9)],
    ['a batch of orders', bytes25.call('Utility', 'batch_all', [bytes25.order('a', '1'), bytes25.order('b', '2')])],
  ])('are not left to the library for %s', (_, body) => {
    const bytes = Buffer.from(bytes25.extrinsic(body).slice(2), 'hex');
    expect(planned(runtime25, bytes)).toEqual(byLibrary(runtime25, bytes));
  });

  it('are left to the library when they are other calls or not all of the bytes', () => {
    const bytes = (body: Uint8Array): Uint8Array => Buffer.from(bytes25.extrinsic(body).slice(2), 'hex');
    const placed = bytes25.order('cid', 'memo');
    expect(runtime25.callPlan.read(bytes(bytes25.call('System', 'remark', '0x01')))).toBeUndefined();
    expect(runtime25.callPlan.read(bytes(Buffer.concat([placed, Buffer.of(0)])))).toBeUndefined();
    expect(runtime25.callPlan.read(Buffer.concat([bytes(placed), Buffer.of(0)]))).toBeUndefined();
    expect(runtime22.callPlan.read(bytes(bytes25.call('Market', 'update_replicas', [], 9)))).toBeUndefined();
    for (let length = 0; length < bytes(placed).length; length += 1)
      expect(runtime25.callPlan.read(bytes(placed).subarray(0, length)), `${length}`).toBeUndefined();
  });

  it('are never read otherwise than by the library, wherever a byte is changed', () => {
    fc.assert(
      fc.property(extrinsic, fc.nat(), fc.nat(255), (bytes, at, by) => {
        const changed = Buffer.from(bytes);
        changed[at % changed.length] = by;
        const found = planned(runtime25, changed);
        // What the plan leaves to the library is as the library has it.
        expect(found ?? byLibrary(runtime25, changed)).toEqual(byLibrary(runtime25, changed));
      }),
      { numRuns: 500 },
    );
  });

  it('give a batch its memos in the order of its events', async () => {
    const body = bytes25.call('Utility', 'batch', [
      bytes25.order('a', '1'),
      bytes25.order('b', '2'),
      bytes25.order('a', '3'),
    ]);
    const events = ['a', 'b', 'a'].map(
      (text): MarketEvent => ({ kind: 'FileSuccess', key: chainOrderKey(text), payer: alice, extrinsicIndex: 0 }),
    );
    const { memos } = await decodeHints(runtime25, events, [bytes25.extrinsic(body)], (_, error) => {
      throw error;
    });
    expect(memos.map((memo) => Buffer.from(memo ?? []).toString())).toEqual(['1', '2', '3']);
  });
});
