import { describe, expect, it } from 'vitest';

import { namedAccount, toAddress } from '../../../devnet/chain/accounts.ts';
import { ChainModel } from '../../../devnet/chain/model.ts';
import { fileInfo, putFile, strangers } from '../../../devnet/chain/model-files.ts';
import { addPrepaid, placeStorageOrder } from '../../../devnet/chain/runtime/call.ts';
import { eventNames, eventsOf } from './support/decode.ts';

const CID = 'QmYgarKsmU3ZoiZuuRaMse72wNnUKrGs76ufW8Gh5dyjNn';
const payer = namedAccount('payer');
const DURATION = 2_592_000;

/** 18 % of (started MiB × 10,000 + 1,000,000) pico-CRU at the fees a chain starts with. */
const potOf = (startedMib: bigint) => ((startedMib * 10_000n + 1_000_000n) * 18n) / 100n;

function failure(chain: ChainModel): string | undefined {
  return eventsOf(chain).find(({ name }) => name === 'system.ExtrinsicFailed')?.args[0];
}

const moduleError = (error: number) => JSON.stringify({ module: { index: 26, error } });

describe('placing an order', () => {
  it('makes a file that waits for its first replica, with 18 % of the fee and all tips in its pot', () => {
    const chain = new ChainModel();
    chain.submit(payer, placeStorageOrder({ cid: CID, sizeBytes: 1_048_577, tipsPico: 500n, memo: 'a memo' }));
    chain.produceBlock();
    expect(fileInfo(chain, CID)).toEqual({
      sizeBytes: 1_048_577n,
      spower: 0n,
      expiresAtBlock: 0,
      calculatedAtBlock: 1,
      amountPico: potOf(2n) + 500n,
      prepaidPico: 0n,
      reportedReplicaCount: 0,
      remainingPaidCount: 4,
      replicas: [],
    });
    expect(eventsOf(chain)).toContainEqual({
      phase: '1',
      name: 'market.FileSuccess',
      args: [toAddress(payer), expect.stringContaining(Buffer.from(CID).toString('hex'))],
    });
  });

  it('of a file that is held prolongs it, and charges and keeps the recorded size, not the declared one', () => {
    const chain = new ChainModel({ firstBlock: 5000 });
    putFile(chain, CID, {
      sizeBytes: 1_234_567n,
      expiresAtBlock: 9000,
      calculatedAtBlock: 10,
      replicas: strangers(2, 10),
    });
    chain.produceBlock();
    const before = fileInfo(chain, CID);
    chain.submit(payer, placeStorageOrder({ cid: CID, sizeBytes: 9_999_999 }));
    const { number } = chain.produceBlock();
    expect(fileInfo(chain, CID)).toEqual({
      ...before,
      expiresAtBlock: number + DURATION,
      amountPico: (before?.amountPico ?? 0n) + potOf(2n),
    });
  });

  it('of a file that nobody holds makes it wait for its first replica again', () => {
    const chain = new ChainModel({ firstBlock: 5000 });
    putFile(chain, CID, { sizeBytes: 10n, expiresAtBlock: 6000, calculatedAtBlock: 10 });
    chain.submit(payer, placeStorageOrder({ cid: CID, sizeBytes: 10 }));
    chain.produceBlock();
    expect(fileInfo(chain, CID)).toMatchObject({ expiresAtBlock: 0, calculatedAtBlock: 10 });
  });

  it('revives a file that was settled at its expiry and not yet closed', () => {
    const chain = new ChainModel({ firstBlock: 5000 });
    putFile(chain, CID, { sizeBytes: 10n, expiresAtBlock: 4000, calculatedAtBlock: 4000, replicas: strangers(1, 10) });
    chain.submit(payer, placeStorageOrder({ cid: CID, sizeBytes: 10 }));
    const { number } = chain.produceBlock();
    expect(fileInfo(chain, CID)).toMatchObject({ expiresAtBlock: number + DURATION, calculatedAtBlock: number });
  });

  it.each([
    ['a declared size below the recorded one', { cid: CID, sizeBytes: 9 }, 1],
    ['8 GiB or more', { cid: 'other', sizeBytes: 8 * 1024 ** 3 }, 4],
    ['more than the payer owns', { cid: 'other', sizeBytes: 1, tipsPico: 10n ** 18n }, 0],
  ])('is refused for %s', (_reason, order, error) => {
    const chain = new ChainModel();
    putFile(chain, CID, { sizeBytes: 10n });
    chain.submit(payer, placeStorageOrder(order));
    chain.produceBlock();
    expect(failure(chain)).toBe(moduleError(error));
    expect(fileInfo(chain, CID)?.sizeBytes).toBe(10n);
    expect(fileInfo(chain, 'other')).toBeUndefined();
    expect(eventNames(chain, 'market')).toEqual([]);
  });

  it('accepts a file just below 8 GiB', () => {
    const chain = new ChainModel();
    chain.submit(payer, placeStorageOrder({ cid: CID, sizeBytes: 8 * 1024 ** 3 - 1 }));
    chain.produceBlock();
    expect(eventNames(chain, 'market')).toEqual(['FileSuccess']);
  });

  it('is refused while the market is off, which the chain decides outside any extrinsic', () => {
    const chain = new ChainModel();
    chain.scheduleRoot({ kind: 'market.setEnableMarket', isEnabled: false });
    chain.submit(payer, placeStorageOrder({ cid: CID, sizeBytes: 1 }));
    chain.produceBlock();
    expect(eventsOf(chain)[0]).toEqual({
      phase: 'Initialization',
      name: 'market.SetEnableMarketSuccess',
      args: ['false'],
    });
    expect(failure(chain)).toBe(moduleError(5));
  });
});

describe('prepaying', () => {
  it('adds to what the file has for its renewal', () => {
    const chain = new ChainModel();
    putFile(chain, CID, { prepaidPico: 5n });
    chain.submit(payer, addPrepaid(CID, 2n ** 70n));
    chain.submit(payer, addPrepaid(CID, 7n));
    chain.produceBlock();
    expect(fileInfo(chain, CID)?.prepaidPico).toBe(12n);
    expect(failure(chain)).toBe(moduleError(0));
    expect(eventNames(chain, 'market')).toEqual(['AddPrepaidSuccess']);
  });

  it('of an unknown file is refused', () => {
    const chain = new ChainModel();
    chain.submit(payer, addPrepaid(CID, 7n));
    chain.produceBlock();
    expect(failure(chain)).toBe(moduleError(6));
  });
});
