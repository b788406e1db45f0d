import { describe, expect, it } from 'vitest';

import { namedAccount } from '../../../devnet/chain/accounts.ts';
import { ChainModel } from '../../../devnet/chain/model.ts';
import { fileInfo } from '../../../devnet/chain/model-files.ts';
import { placeStorageOrder } from '../../../devnet/chain/runtime/call.ts';
import type { Call } from '../../../devnet/chain/runtime/call.ts';
import { multisigAccount } from '../../../devnet/chain/runtime/multisig.ts';
import { toAddress } from '../../../devnet/chain/accounts.ts';
import { callsOf, eventNames, eventsOf } from './support/decode.ts';

const alice = namedAccount('alice');
const bob = namedAccount('bob');
const carol = namedAccount('carol');
const good = (cid: string): Call => placeStorageOrder({ cid, sizeBytes: 10 });
const bad: Call = placeStorageOrder({ cid: 'bad', sizeBytes: 8 * 1024 ** 3 });

const others = (self: string) => [alice, bob, carol].filter((account) => account !== self);

function payerOf(chain: ChainModel): string | undefined {
  return eventsOf(chain).find(({ name }) => name === 'market.FileSuccess')?.args[0];
}

describe('orders in one extrinsic', () => {
  it('of a batch stand up to the first failure', () => {
    const chain = new ChainModel();
    chain.submit(alice, { kind: 'utility.batch', calls: [good('a'), bad, good('b')] });
    chain.produceBlock();
    expect(eventNames(chain, 'market')).toEqual(['FileSuccess']);
    expect(fileInfo(chain, 'a')).toBeDefined();
    expect(fileInfo(chain, 'b')).toBeUndefined();
    const interrupted = eventsOf(chain).find(({ name }) => name === 'utility.BatchInterrupted');
    expect(interrupted?.args).toEqual(['1', JSON.stringify({ module: { index: 26, error: 4 } })]);
    expect(eventNames(chain, 'system')).toEqual(['ExtrinsicSuccess', 'ExtrinsicSuccess']);
  });

  it('of a whole batch stand', () => {
    const chain = new ChainModel();
    chain.submit(alice, { kind: 'utility.batch', calls: [good('a'), good('b')] });
    const block = chain.produceBlock();
    expect(eventNames(chain, 'market')).toEqual(['FileSuccess', 'FileSuccess']);
    expect(eventNames(chain, 'utility')).toEqual(['BatchCompleted']);
    expect(callsOf(block)[1]).toMatchObject({ name: 'utility.batch', signer: alice });
  });

  it('of a batch_all are all undone by a failure, with their events and payments', () => {
    const chain = new ChainModel();
    chain.submit(alice, { kind: 'utility.batchAll', calls: [good('a'), bad] });
    chain.submit(alice, good('b'));
    chain.produceBlock();
    expect(fileInfo(chain, 'a')).toBeUndefined();
    expect(
      eventsOf(chain)
        .filter(({ phase }) => phase === '1')
        .map(({ name }) => name),
    ).toEqual(['system.ExtrinsicFailed']);
    expect(
      eventsOf(chain)
        .filter(({ phase }) => phase === '2')
        .map(({ name }) => name),
    ).toContain('market.FileSuccess');
  });

  it('of a derivative account are paid by that account', () => {
    const chain = new ChainModel();
    chain.submit(alice, { kind: 'utility.asDerivative', index: 3, call: good('a') });
    const block = chain.produceBlock();
    expect(fileInfo(chain, 'a')).toBeDefined();
    expect(payerOf(chain)).not.toBe(toAddress(alice));
    expect(callsOf(block)[1]?.name).toBe('utility.asDerivative');
  });
});

describe('an order of a multisig account', () => {
  it('is placed by the approval that reaches the threshold', () => {
    const chain = new ChainModel();
    const call = good('a');
    chain.submit(alice, { kind: 'multisig.asMulti', threshold: 2, otherSignatories: others(alice), call });
    chain.produceBlock();
    expect(eventNames(chain, 'multisig')).toEqual(['NewMultisig']);
    expect(fileInfo(chain, 'a')).toBeUndefined();
    const timepoint = { height: 1, index: 1 };
    chain.submit(bob, { kind: 'multisig.asMulti', threshold: 2, otherSignatories: others(bob), timepoint, call });
    const block = chain.produceBlock();
    expect(eventNames(chain, 'multisig')).toEqual(['MultisigExecuted']);
    expect(payerOf(chain)).toBe(toAddress(multisigAccount([alice, bob, carol], 2)));
    expect(callsOf(block)[1]).toMatchObject({ name: 'multisig.asMulti', signer: bob });
  });

  it('that fails does not fail the extrinsic', () => {
    const chain = new ChainModel();
    chain.submit(alice, { kind: 'multisig.asMulti', threshold: 2, otherSignatories: others(alice), call: bad });
    chain.produceBlock();
    const timepoint = { height: 1, index: 1 };
    chain.submit(bob, { kind: 'multisig.asMulti', threshold: 2, otherSignatories: others(bob), timepoint, call: bad });
    chain.produceBlock();
    const executed = eventsOf(chain).find(({ name }) => name === 'multisig.MultisigExecuted');
    expect(executed?.args[4]).toBe(JSON.stringify({ err: { module: { index: 26, error: 4 } } }));
    expect(eventNames(chain, 'system')).toEqual(['ExtrinsicSuccess', 'ExtrinsicSuccess']);
  });

  it('with threshold 1 is placed at once', () => {
    const chain = new ChainModel();
    chain.submit(alice, { kind: 'multisig.asMultiThreshold1', otherSignatories: [bob], call: good('a') });
    chain.produceBlock();
    expect(payerOf(chain)).toBe(toAddress(multisigAccount([alice, bob], 1)));
  });
});
