import type { ApiPromise } from '@polkadot/api';
import type { Bytes, Option, Raw, Vec } from '@polkadot/types';
import type { EventRecord } from '@polkadot/types/interfaces';
import { afterEach, describe, expect, it } from 'vitest';

import { namedAccount, toAddress } from '../../../devnet/chain/accounts.ts';
import type { ChainOptions } from '../../../devnet/chain/model.ts';
import { putFile, strangers } from '../../../devnet/chain/model-files.ts';
import { putNode, sworkerKey } from '../../../devnet/chain/model-nodes.ts';
import { calculateReward, placeStorageOrder } from '../../../devnet/chain/runtime/call.ts';
import { itemKey } from '../../../devnet/chain/storage-keys.ts';
import { chainWithApi } from './support/api.ts';
import type { ChainWithApi } from './support/api.ts';

const CID = 'QmYgarKsmU3ZoiZuuRaMse72wNnUKrGs76ufW8Gh5dyjNn';
const TIME = itemKey('Timestamp', 'Now');
const NUMBER = itemKey('System', 'Number');
const payer = namedAccount('payer');

let world: ChainWithApi | undefined;

async function connected(options?: Partial<ChainOptions>): Promise<ChainWithApi> {
  world = await chainWithApi(options);
  return world;
}

afterEach(async () => {
  await world?.close();
  world = undefined;
});

const order = (cid: string) => placeStorageOrder({ cid, sizeBytes: 10, tipsPico: 3n, memo: 'memo' });
const own = (lines: string[]) => lines.filter((line) => /market|CodeUpdated/.test(line));

async function query(api: ApiPromise, pallet: string, item: string, ...args: unknown[]) {
  const entry = api.query[pallet]?.[item];
  if (entry === undefined) throw new Error(`the client does not know ${pallet}.${item}`);
  return await entry(...args);
}

async function eventsAt(api: ApiPromise, hash: string): Promise<string[]> {
  const at = await api.at(hash);
  const records = (await at.query['system']?.['events']?.()) as Vec<EventRecord> | undefined;
  return (records ?? []).map(({ phase, event }) => {
    const where = phase.isApplyExtrinsic ? phase.asApplyExtrinsic.toString() : phase.type;
    return `${where} ${event.section}.${event.method}`;
  });
}

describe('a stock client', () => {
  it('connects and knows the chain for a Crust node', async () => {
    const { api, chain } = await connected();
    expect(api.runtimeVersion.specName.toString()).toBe('crust');
    expect(api.runtimeVersion.specVersion.toNumber()).toBe(25);
    expect(api.genesisHash.toHex()).toBe(chain.history.at(0)?.hash);
    expect(api.registry.chainSS58).toBe(66);
    expect(api.registry.chainTokens).toEqual(['CRU']);
    expect(api.registry.chainDecimals).toEqual([12]);
    expect(api.consts['system']?.['ss58Prefix']?.toString()).toBe('66');
    expect(api.consts['market']?.['fileDuration']?.toString()).toBe('2592000');
    expect((await api.rpc.system.health()).isSyncing.isTrue).toBe(false);
  });

  it('reads orders, the members of the group and the work report', async () => {
    const { api, chain } = await connected({ firstBlock: 1200 });
    const owner = namedAccount('owner');
    putFile(chain, CID, { sizeBytes: 77n, expiresAtBlock: 5000, replicas: strangers(3, 9) });
    putNode(chain, payer, { groupOwner: owner });
    chain.produceBlock();
    expect((await query(api, 'market', 'filesV2', CID)).toJSON()).toMatchObject({
      file_size: 77,
      expired_at: 5000,
      replicas: { [toAddress(namedAccount('stranger 0'))]: { valid_at: 9, is_reported: true, created_at: 9 } },
    });
    expect((await query(api, 'market', 'filesV2', 'unknown')).isEmpty).toBe(true);
    expect((await query(api, 'swork', 'groups', owner)).toJSON()).toEqual({
      members: [toAddress(payer)],
      allowlist: [],
    });
    const anchor = `0x${Buffer.from(sworkerKey(payer)).toString('hex')}`;
    expect((await query(api, 'swork', 'workReports', anchor)).toJSON()).toMatchObject({ report_slot: 1200 });
    expect((await query(api, 'swork', 'identities', payer)).toJSON()).toMatchObject({
      anchor,
      group: toAddress(owner),
    });
    expect((await query(api, 'timestamp', 'now')).toString()).toBe(String(1_600_000_000_000 + 1200 * 6000));
  });

  it('pages through all orders', async () => {
    const { api, chain } = await connected();
    const cids = Array.from({ length: 25 }, (_, i) => `order number ${i}`);
    for (const cid of cids) putFile(chain, cid);
    chain.produceBlock();
    const filesV2 = api.query['market']?.['filesV2'];
    const found: string[] = [];
    for (let startKey: string | undefined; ; ) {
      const page = (await filesV2?.entriesPaged({ args: [], pageSize: 10, ...(startKey && { startKey }) })) ?? [];
      if (page.length === 0) break;
      found.push(...page.map(([key]) => (key.args[0] as Bytes).toUtf8()));
      startKey = page.at(-1)?.[0].toHex();
    }
    expect(found.sort()).toEqual([...cids].sort());
  });

  it('decodes a block with orders in every kind of wrapping, a failure and an event outside extrinsics', async () => {
    const { api, chain } = await connected();
    chain.scheduleRoot({ kind: 'market.setBaseFee', baseFeePico: 5n });
    chain.submit(payer, placeStorageOrder({ cid: 'too large', sizeBytes: 2 ** 40 }));
    chain.submit(payer, order('plain'));
    chain.submit(payer, { kind: 'utility.batch', calls: [order('in batch')] });
    chain.submit(payer, { kind: 'utility.batchAll', calls: [order('in batch_all')] });
    const { hash } = chain.produceBlock();
    const events = (await eventsAt(api, hash)).filter((line) => !line.includes('balances.'));
    expect(events).toEqual([
      'Initialization market.SetBaseFeeSuccess',
      '0 system.ExtrinsicSuccess',
      '1 system.ExtrinsicFailed',
      '2 market.FileSuccess',
      '2 system.ExtrinsicSuccess',
      '3 market.FileSuccess',
      '3 utility.BatchCompleted',
      '3 system.ExtrinsicSuccess',
      '4 market.FileSuccess',
      '4 utility.BatchCompleted',
      '4 system.ExtrinsicSuccess',
    ]);
    const { block } = await api.rpc.chain.getBlock(hash);
    expect(block.header.hash.toHex()).toBe(hash);
    expect(block.extrinsics.map(({ method }) => `${method.section}.${method.method}`)).toEqual([
      'timestamp.set',
      'market.placeStorageOrder',
      'market.placeStorageOrder',
      'utility.batch',
      'utility.batchAll',
    ]);
    const plain = block.extrinsics[2];
    expect(plain?.signer.toString()).toBe(toAddress(payer));
    expect(plain?.nonce.toNumber()).toBe(1);
    expect(plain?.method.args.map((arg) => arg.toString())).toEqual([
      `0x${Buffer.from('plain').toString('hex')}`,
      '10',
      '3',
      `0x${Buffer.from('memo').toString('hex')}`,
    ]);
  });

  it('follows a runtime upgrade and reads each block with the metadata of its own runtime', async () => {
    const { api, chain } = await connected({ specVersion: 22, firstBlock: 100 });
    for (const cid of ['old', 'upgrading', 'new'])
      putFile(chain, cid, { expiresAtBlock: 50, replicas: strangers(1, 5) });
    chain.submit(payer, calculateReward('old'));
    const old = chain.produceBlock();
    chain.setSpecVersion(25);
    chain.submit(payer, calculateReward('upgrading'));
    const upgrade = chain.produceBlock();
    chain.submit(payer, calculateReward('new'));
    const { hash } = chain.produceBlock();

    expect(own(await eventsAt(api, old.hash))).toEqual(['1 market.CalculateSuccess']);
    expect(own(await eventsAt(api, hash))).toEqual(['1 market.FileClosed', '1 market.CalculateSuccess']);
    expect((await api.rpc.state.getRuntimeVersion(old.hash)).specVersion.toNumber()).toBe(22);
    // The block that brings the upgrade ran under the old runtime, but its state already holds the new one.
    expect((await api.rpc.state.getRuntimeVersion(upgrade.hash)).specVersion.toNumber()).toBe(25);
    expect(own(await eventsAt(api, upgrade.hash))).toEqual([
      'Initialization system.CodeUpdated',
      '1 market.CalculateSuccess',
    ]);
    const { block } = await api.rpc.chain.getBlock(upgrade.hash);
    expect(block.extrinsics[1]?.method.toHuman()).toMatchObject({ method: 'calculateReward', section: 'market' });
  });

  it('is told that the state of an old block is gone, but still gets the block', async () => {
    const { api, chain } = await connected({ keepBlocks: 4 });
    const first = chain.produceBlock();
    chain.advance(2);
    await expect(api.rpc.state.getStorage(TIME, first.hash)).resolves.toBeDefined();
    chain.advance(2);
    await expect(api.rpc.state.getStorage(NUMBER, first.hash)).rejects.toThrow(
      `4003: Client error: UnknownBlock: State already discarded for BlockId::Hash(${first.hash})`,
    );
    expect((await api.rpc.chain.getHeader(first.hash)).number.toNumber()).toBe(1);
  });

  it('sees finalized heads come by', async () => {
    const { api, chain } = await connected({ finalityLag: 2 });
    const seen: number[] = [];
    let stop: (() => void) | undefined;
    await new Promise<void>((resolve, reject) => {
      api.rpc.chain
        .subscribeFinalizedHeads((header) => {
          seen.push(header.number.toNumber());
          if (seen.at(-1) === 3) resolve();
        })
        .then((unsubscribe) => {
          stop = unsubscribe;
          return chain.advance(5);
        })
        .catch(reject);
    });
    stop?.();
    expect(seen).toEqual([0, 1, 2, 3]);
  });

  it('watches a storage value change', async () => {
    const { api, chain } = await connected();
    const seen: boolean[] = [];
    const key = api.query['market']?.['filesV2']?.key(CID);
    let stop: (() => void) | undefined;
    await new Promise<void>((resolve, reject) => {
      api.rpc.state
        .subscribeStorage<[Option<Raw>]>([key], ([value]) => {
          seen.push(value.isSome);
          if (seen.length === 1) chain.submit(payer, placeStorageOrder({ cid: CID, sizeBytes: 1 }));
          if (seen.length === 1) chain.advance(2);
          if (seen.length === 2) resolve();
        })
        .then((unsubscribe) => {
          stop = unsubscribe;
          return unsubscribe;
        })
        .catch(reject);
    });
    stop?.();
    expect(seen).toEqual([false, true]);
  });
});
