import * as fc from 'fast-check';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { decodeHints } from '../../../src/clients/chain/events/block-hints.ts';
import type { MarketEvent } from '../../../src/clients/chain/events/market-events.ts';
import { Finding } from '../harness/finding.ts';
import { anyContent } from '../harness/hostile.ts';
import { outcomeOf } from '../harness/judge.ts';
import { changed, changes } from '../harness/mutation.ts';
import { type Target, target } from '../harness/target.ts';
import { blockBytes, runtime } from './block-events.ts';

const maxMemoBytes = 128;
const maxDepth = 40;

function nested(call: Uint8Array, depth: number): Uint8Array {
  return depth === 0 ? call : nested(blockBytes.call('Utility', 'batch', [call]), depth - 1);
}

/** Extrinsics of a block, which tell memos; what they say of an order is a hint and never a fact. */
export const extrinsics: Target = target({
  name: 'extrinsics',
  inputs: fc.record({
    cid: anyContent,
    memo: anyContent,
    depth: fc.constantFrom(0, 0, 1, 2, 9, 12, maxDepth),
    asText: fc.boolean(),
    changes,
  }),
  judge: async ({ cid, memo, depth, asText, changes: list }) => {
    const whole = blockBytes.extrinsic(nested(blockBytes.order(cid, memo), depth));
    const text = asText
      ? changed(Buffer.from(whole), list).toString('utf8')
      : `0x${changed(Buffer.from(whole.slice(2), 'hex'), list).toString('hex')}`;
    const event: MarketEvent = { kind: 'FileSuccess', key: chainOrderKey(cid), payer: 'cT', extrinsicIndex: 0 };
    let opaque = 0;
    const outcome = await outcomeOf(async () => await decodeHints(runtime, [event], [text], () => (opaque += 1)));
    if (outcome.error !== undefined) throw new Finding(`a hint that is an error: ${outcome.error.message}`);
    const [told] = outcome.value.memos;
    if (told === undefined) throw new Finding('no hint for an event');
    if (told === null) return;
    if (opaque > 0) throw new Finding('a memo out of what cannot be decoded');
    if (told.length > maxMemoBytes) throw new Finding(`a memo of ${told.length} bytes`);
    const isWhole = list.length === 0;
    if (isWhole && Buffer.compare(told, memo.subarray(0, maxMemoBytes)) !== 0) throw new Finding('another memo');
  },
});
