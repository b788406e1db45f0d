import { isAscii } from 'node:buffer';
import * as fc from 'fast-check';
import type { OrderFigures } from '../../../src/domain/order.ts';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { decodeOrderValue, type ReplicaView } from '../../../src/clients/chain/orders/order-value.ts';
import { decodedAt } from '../../../src/clients/chain/scale/undecodable.ts';
import { decodeChanges } from '../../../src/clients/chain/storage/storage-changes.ts';
import { orderValue } from '../harness/encode.ts';
import { Finding } from '../harness/finding.ts';
import { anyAmount, anySize } from '../harness/hostile.ts';
import { mustEqual, outcomeOf } from '../harness/judge.ts';
import { changed, changes } from '../harness/mutation.ts';
import { plainFigures } from '../harness/reference.ts';
import { type Target, target } from '../harness/target.ts';

const at = { number: 7, hash: `0x${'5a'.repeat(32)}` };
const keys = ['a', 'bb', 'ccc'].map((cid) => chainOrderKey(cid).storageKey);
const nobody: ReplicaView = { ownerDigits: null, accountDigits: Buffer.from('00'.repeat(32)), groupOwner: null };
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const order = fc
  .record({
    size: anySize,
    expiry: u32,
    calculated: u32,
    amount: anyAmount,
    prepaid: anyAmount,
    replicas: fc.constantFrom(0, 0, 1, 3, 40),
  })
  .map(orderValue);
const value = fc.oneof({ weight: 6, arbitrary: order }, { weight: 1, arbitrary: fc.constantFrom(null, '0x', '0x00') });

/** Answers of `state_queryStorageAt` about orders. */
export const storageValues: Target = target({
  name: 'storage-values',
  inputs: fc.record({ values: fc.tuple(value, value, value), changes }),
  judge: async ({ values, changes: list }) => {
    const text = JSON.stringify([{ block: at.hash, changes: keys.map((key, index) => [key, values[index]]) }]);
    const bytes = changed(Buffer.from(text), list);
    const read = async (isPlain: boolean) =>
      await outcomeOf(() =>
        decodedAt('ws://node', at, () =>
          decodeChanges({ endPoint: 'ws://node', result: { bytes, isPlain }, keys, at }, (span) =>
            span === null ? null : decodeOrderValue(span, nobody),
          ),
        ),
      );
    const [cut, parsed] = [await read(isAscii(bytes) && !bytes.includes(0x5c)), await read(false)];
    if (cut.error === undefined) mustEqual('cut out', cut.value.map(compared), expected(bytes));
    if (parsed.error === undefined) mustEqual('parsed', parsed.value.map(compared), expected(bytes));
    // A text with a raw control byte is no JSON; the cutter reads past it where nothing is wanted of the bytes.
    if (!hasRawControl(bytes)) mustEqual('cut and parsed', cut.error?.code, parsed.error?.code);
  },
});

function compared(figures: OrderFigures | null): unknown {
  if (figures === null) return null;
  const { sizeBytes, rewardPico, calculatedBlock, expiryBlock, replicas } = figures;
  return { sizeBytes, rewardPico, calculatedBlock, expiryBlock, replicas };
}

/** What the answer says, read plainly; raw control bytes are taken for spaces, which they may stand for between values. */
function expected(bytes: Buffer): unknown[] {
  const lenient = hasRawControl(bytes) ? Buffer.from(bytes.map((byte) => (byte < 0x20 ? 0x20 : byte))) : bytes;
  const pairs = changesIn(JSON.parse(lenient.toString('utf8')));
  const byKey = new Map<unknown, unknown>(pairs);
  return keys.map((key, index) => {
    // Of a key that the answer has twice the pair at its own place counts; what is no pair counts for nothing.
    const found = pairs[index]?.[0] === key ? pairs[index][1] : byKey.get(key);
    if (found === null) return null;
    const figures = typeof found === 'string' ? plainFigures(found) : undefined;
    if (figures === undefined) throw new Finding(`figures out of a value that has none: ${JSON.stringify(found)}`);
    return figures;
  });
}

function changesIn(parsed: unknown): [unknown, unknown][] {
  const [set] = Array.isArray(parsed) ? (parsed as unknown[]) : [];
  const list: unknown = typeof set === 'object' && set !== null && 'changes' in set ? set.changes : undefined;
  if (!Array.isArray(list)) throw new Finding('values out of an answer without changes');
  return list.map((pair: unknown): [unknown, unknown] =>
    Array.isArray(pair) && pair.length === 2 ? [pair[0], pair[1]] : [undefined, undefined],
  );
}

function hasRawControl(bytes: Buffer): boolean {
  return bytes.some((byte) => byte < 0x20);
}
