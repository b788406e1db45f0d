import { describe, expect, it } from 'vitest';

import { namedAccount } from '../../../devnet/chain/accounts.ts';
import { ChainModel } from '../../../devnet/chain/model.ts';
import { fileInfo, putFile, strangers } from '../../../devnet/chain/model-files.ts';
import type { FileInfo } from '../../../devnet/chain/records/file-info.ts';
import { calculateReward, placeStorageOrder } from '../../../devnet/chain/runtime/call.ts';
import type { SpecVersion } from '../../../devnet/chain/runtime-version.ts';
import { itemKey } from '../../../devnet/chain/storage-keys.ts';
import { eventNames, eventsOf } from './support/decode.ts';

const CID = 'QmYgarKsmU3ZoiZuuRaMse72wNnUKrGs76ufW8Gh5dyjNn';
const caller = namedAccount('liquidator');
const EXPIRY = 10_000;
const FEE_PICO = 1_010_000n;

/** A file of one started MiB with that expiry, settled in the given block. */
function settledAt(block: number, info: Partial<FileInfo> = {}, specVersion: SpecVersion = 25): ChainModel {
  const chain = new ChainModel({ firstBlock: block, specVersion });
  const base = { sizeBytes: 10n, expiresAtBlock: EXPIRY, calculatedAtBlock: 5, replicas: strangers(1, 5) };
  putFile(chain, CID, { ...base, amountPico: 900n, ...info });
  chain.submit(caller, calculateReward(CID));
  chain.produceBlock();
  return chain;
}

describe('settling a file', () => {
  it('one block before its expiry only moves the calculated-at block', () => {
    const chain = settledAt(EXPIRY - 1, { prepaidPico: FEE_PICO });
    expect(fileInfo(chain, CID)).toMatchObject({
      calculatedAtBlock: EXPIRY - 1,
      expiresAtBlock: EXPIRY,
      amountPico: 900n,
      prepaidPico: FEE_PICO,
    });
    expect(eventNames(chain, 'market')).toEqual(['CalculateSuccess']);
  });

  it('at its expiry closes it: the entry is gone and the file no longer counted', () => {
    const chain = settledAt(EXPIRY, { prepaidPico: FEE_PICO - 1n });
    expect(fileInfo(chain, CID)).toBeUndefined();
    expect(eventNames(chain, 'market')).toEqual(['FileClosed', 'CalculateSuccess']);
    expect(chain.storage.get(itemKey('Market', 'FileKeysCount'))).toEqual(new Uint8Array(4));
    const [toCaller] = eventsOf(chain).filter(({ name }) => name === 'balances.Transfer');
    expect(toCaller?.args[2]).toBe('900');
  });

  it('before spec 23 closes it without an event of its own', () => {
    const chain = settledAt(EXPIRY, {}, 22);
    expect(fileInfo(chain, CID)).toBeUndefined();
    expect(eventNames(chain, 'market')).toEqual(['CalculateSuccess']);
  });

  it('renews it when the prepaid balance covers the whole fee', () => {
    const chain = settledAt(EXPIRY + 7, { prepaidPico: FEE_PICO + 3n });
    expect(fileInfo(chain, CID)).toMatchObject({
      expiresAtBlock: EXPIRY + 7 + 2_592_000,
      calculatedAtBlock: EXPIRY + 7,
      prepaidPico: 3n,
      amountPico: (FEE_PICO * 18n) / 100n,
    });
    expect(eventNames(chain, 'market')).toEqual(['RenewFileSuccess', 'CalculateSuccess']);
  });

  it('renews one that nobody holds into waiting for its first replica', () => {
    const chain = settledAt(EXPIRY + 7, { prepaidPico: FEE_PICO, replicas: [], remainingPaidCount: 1 });
    expect(fileInfo(chain, CID)).toMatchObject({
      expiresAtBlock: 0,
      calculatedAtBlock: EXPIRY + 7,
      prepaidPico: 0n,
      remainingPaidCount: 4,
    });
  });

  it('that was never held is refused', () => {
    const chain = settledAt(EXPIRY, { expiresAtBlock: 0, replicas: [] });
    expect(eventNames(chain, 'system')).toContain('ExtrinsicFailed');
    expect(fileInfo(chain, CID)).toBeDefined();
  });

  it('that is unknown succeeds and says nothing', () => {
    const chain = new ChainModel();
    chain.submit(caller, calculateReward(CID));
    chain.produceBlock();
    expect(eventNames(chain, 'system')).toEqual(['ExtrinsicSuccess', 'ExtrinsicSuccess']);
    expect(eventNames(chain, 'market')).toEqual([]);
  });
});

describe('closing and ordering within one block', () => {
  const order = placeStorageOrder({ cid: CID, sizeBytes: 10 });

  it('ends with a new order when the close comes first', () => {
    const chain = new ChainModel({ firstBlock: EXPIRY });
    putFile(chain, CID, { sizeBytes: 4n, expiresAtBlock: EXPIRY, replicas: strangers(1, 5) });
    chain.submit(caller, calculateReward(CID));
    chain.submit(caller, order);
    chain.produceBlock();
    expect(eventNames(chain, 'market')).toEqual(['FileClosed', 'CalculateSuccess', 'FileSuccess']);
    expect(fileInfo(chain, CID)).toMatchObject({ sizeBytes: 10n, expiresAtBlock: 0, replicas: [] });
  });

  it('keeps the file when the order comes first', () => {
    const chain = new ChainModel({ firstBlock: EXPIRY });
    putFile(chain, CID, { sizeBytes: 4n, expiresAtBlock: EXPIRY, replicas: strangers(1, 5) });
    chain.submit(caller, order);
    chain.submit(caller, calculateReward(CID));
    chain.produceBlock();
    expect(eventNames(chain, 'market')).toEqual(['FileSuccess', 'CalculateSuccess']);
    expect(fileInfo(chain, CID)).toMatchObject({ sizeBytes: 4n, expiresAtBlock: EXPIRY + 2_592_000 });
  });
});
