import * as fc from 'fast-check';
import { metadataHex } from '../../../devnet/chain/metadata.ts';
import { decodeEvents } from '../../../src/clients/chain/events/library/full-decoding.ts';
import { decodeMarketEvents } from '../../../src/clients/chain/events/market-events.ts';
import { decodedLater } from '../../../src/clients/chain/scale/undecodable.ts';
import { BlockBytes } from '../../unit/clients-chain/event-bytes.ts';
import { plannedFrom } from '../../unit/clients-chain/planned.ts';
import { Finding } from '../harness/finding.ts';
import { anyContent } from '../harness/hostile.ts';
import { isRefusal, mustEqual, outcomeOf, readOrRefused } from '../harness/judge.ts';
import { changed, changes } from '../harness/mutation.ts';
import { plainText } from '../harness/reference.ts';
import { type Target, target } from '../harness/target.ts';

const at = { number: 7, hash: `0x${'5a'.repeat(32)}` };
export const runtime = await plannedFrom(25, metadataHex(25));
export const blockBytes = new BlockBytes(runtime.registry);
const payer = `0x${'11'.repeat(32)}`;
const paid = ['FileSuccess', 'RenewFileSuccess'] as const;
const closed = ['FileClosed', 'CalculateSuccess', 'IllegalFileClosed'] as const;

const record = fc
  .tuple(fc.constantFrom(...paid, ...closed, 'ExtrinsicSuccess' as const), anyContent)
  .map(([name, content]) => {
    const cid = `0x${Buffer.from(content).toString('hex')}`;
    if (name === 'ExtrinsicSuccess')
      return blockBytes.event('System', name, [{ weight: 1, class: 'Normal', paysFee: 'Yes' }], 1);
    const isPaid = name === 'FileSuccess' || name === 'RenewFileSuccess';
    return blockBytes.event('Market', name, isPaid ? [payer, cid] : [cid], 1);
  });

/** `System.Events` of a block. */
export const blockEvents: Target = target({
  name: 'block-events',
  inputs: fc.record({ records: fc.array(record, { maxLength: 5 }), changes }),
  judge: async ({ records, changes: list }) => {
    const bytes = changed(Buffer.from(blockBytes.events(...records).slice(2), 'hex'), list);
    const outcome = await outcomeOf(
      async () => await decodedLater('ws://node', at, async () => await decodeMarketEvents(runtime, bytes)),
    );
    const whole = readOrRefused(() => decodeEvents(runtime.registry, bytes));
    if (outcome.error !== undefined) return;
    if (isRefusal(whole)) throw new Finding('events that the library refuses');
    const names = whole.filter(({ method }) =>
      [...paid, ...closed, 'AddPrepaidSuccess', 'UpdateReplicasSuccess'].includes(method),
    );
    mustEqual(
      'the events',
      outcome.value.map(({ kind, extrinsicIndex }) => [kind, extrinsicIndex]),
      names.map(({ method, extrinsicIndex }) => [method, extrinsicIndex]),
    );
    const cids = names.map(({ method, fields }) => fields[(closed as readonly string[]).includes(method) ? 0 : 1]);
    mustEqual(
      'their orders',
      outcome.value.map(({ key }) => key?.text),
      cids.map((cid, index) =>
        names[index]?.method === 'UpdateReplicasSuccess' || cid === undefined ? undefined : plainText(cid),
      ),
    );
  },
});
