import { describe, expect, it } from 'vitest';
import { metadataHex } from '../../../devnet/chain/metadata.ts';
import { accountOf } from '../../../src/domain/account.ts';
import { MIB } from '../../../src/domain/units.ts';
import { decodeRegistry } from '../../../src/clients/chain/events/library/registry.ts';
import { VersionSpans } from '../../../src/clients/chain/events/version-spans.ts';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { storagePrefixes } from '../../../src/clients/chain/keys/storage-prefixes.ts';
import { BlockBytes } from './event-bytes.ts';
import { eventsOf, hintsOf } from './one-block.ts';
import { ask, honest, StubChain } from './stub-chain.ts';

const alice = accountOf('a1'.repeat(32));
const bytes25 = new BlockBytes(decodeRegistry({ specName: 'crust', metadata: metadataHex(25) }));
const bytes22 = new BlockBytes(decodeRegistry({ specName: 'crust', metadata: metadataHex(22) }));
const raw = (text: string): string => `0x${Buffer.from(text).toString('hex')}`;
const eventsState = (bytes: BlockBytes, cid: string): Record<string, string> => ({
  [storagePrefixes.systemEvents]: bytes.events(bytes.event('Market', 'FileSuccess', [alice.address, raw(cid)], 1)),
});

/** Blocks of runtime 22, the upgrade written in block `upgradeAt`, then blocks of runtime 25. */
function upgradingChain(blocks: number, upgradeAt: number): StubChain {
  const chain = new StubChain();
  chain.blocks.length = 0;
  chain.add(22);
  for (let number = 1; number <= blocks; number += 1) {
    // Block `upgradeAt` is executed by the old runtime, but the new one stands in its state.
    const executed = number <= upgradeAt ? bytes22 : bytes25;
    const order = executed.extrinsic(executed.order(`cid-${number}`, `memo ${number}`));
    chain.add(number < upgradeAt ? 22 : 25, eventsState(executed, `cid-${number}`), ['0x00', order]);
  }
  return chain;
}

describe('the events of finalized blocks', () => {
  it('are decoded with the runtime that executed each block, over an upgrade', async () => {
    const chain = upgradingChain(30, 13);
    const { client } = chain.client();
    for (const number of [20, 12, 13, 14, 1, 30, 13]) {
      const told = await eventsOf(client, chain.at(number));
      expect(told.specVersion, `block ${number}`).toBe(number <= 13 ? 22 : 25);
      expect(told.events).toMatchObject([{ kind: 'FileSuccess', key: chainOrderKey(`cid-${number}`) }]);
      const hints = await hintsOf(client, told);
      expect(hints.memos.map((memo) => memo && Buffer.from(memo).toString())).toEqual([`memo ${number}`]);
    }
    expect(chain.asked.filter((method) => method === 'state_getMetadata')).toHaveLength(2);
  });

  it('are not decoded with the runtime in the block’s own state', async () => {
    const chain = upgradingChain(3, 2);
    const { value } = await chain.client().client.blocks.specVersion(chain.at(2), ask());
    expect(value).toBe(25);
    expect((await eventsOf(chain.client().client, chain.at(2))).specVersion).toBe(22);
  });

  it.each([1, 49, 150, 169, 170, 171, 249, 300])(
    'cost few questions about the runtime in a catch-up, also over an upgrade in block %i',
    async (upgradeAt) => {
      const chain = upgradingChain(300, upgradeAt);
      const { client } = chain.client();
      for (let from = 1; from <= 300; from += 50) {
        const blocks = Array.from({ length: 50 }, (_, index) => chain.at(from + index));
        const { value } = await client.events.blockEvents(chain.at(from - 1), blocks, ask());
        expect(value.map(({ specVersion }) => specVersion)).toEqual(
          blocks.map(({ number }) => (number <= upgradeAt ? 22 : 25)),
        );
      }
      expect(chain.asked.filter((method) => method === 'state_getRuntimeVersion').length).toBeLessThan(45);
      // Six windows of events, the two ends at first, and two rounds for the upgrade.
      expect(chain.batches.length).toBeLessThan(11);
    },
  );

  it('are none in the first block, and a broken answer when a later one has no events', async () => {
    const chain = new StubChain();
    const block = chain.add(25);
    const { client } = chain.client();
    expect((await eventsOf(client, chain.at(0))).events).toEqual([]);
    await expect(eventsOf(client, block)).rejects.toMatchObject({
      code: 'CHAIN_BAD_ANSWER',
      data: { field: 'System.Events' },
    });
  });

  it('are a broken answer when they come from the state of another block', async () => {
    const chain = upgradingChain(6, 2);
    const { client } = chain.client();
    chain.fault = (method, [keys]) => {
      if (method !== 'state_queryStorageAt' || !Array.isArray(keys)) return honest;
      const { state } = chain.blocks[4] ?? { state: new Map<string, string>() };
      return [{ block: chain.at(5).hash, changes: keys.map((key: string) => [key, state.get(key) ?? null]) }];
    };
    await expect(eventsOf(client, chain.at(5))).rejects.toMatchObject({
      code: 'CHAIN_BAD_ANSWER',
      data: { endPoint: 'ws://stub', field: 'System.Number', block: 5, came: 4 },
    });
  });

  it('are gone when the node has discarded the state of the block or of its parent', async () => {
    const chain = upgradingChain(6, 2);
    chain.prunedBelow = 4;
    const { client } = chain.client();
    for (const number of [2, 3, 4]) {
      await expect(eventsOf(client, chain.at(number))).rejects.toMatchObject({
        code: 'CHAIN_STATE_PRUNED',
      });
    }
    expect((await eventsOf(client, chain.at(5))).events).toHaveLength(1);
  });

  it('cannot be decoded when they are damaged, which names block and field', async () => {
    const chain = new StubChain();
    const state = eventsState(bytes25, 'cid');
    const value = `${state[storagePrefixes.systemEvents]}00`;
    const block = chain.add(25, { [storagePrefixes.systemEvents]: value });
    await expect(eventsOf(chain.client().client, block)).rejects.toMatchObject({
      code: 'CHAIN_UNDECODABLE',
      data: { endPoint: 'ws://stub', block: 1, field: 'System.Events', came: expect.stringMatching(/^0x04/) },
    });
  });

  it('cannot be decoded when the metadata is damaged', async () => {
    const chain = new StubChain();
    const block = chain.add(25, eventsState(bytes25, 'cid'));
    chain.fault = (method) => (method === 'state_getMetadata' ? metadataHex(25).slice(0, 5000) : honest);
    await expect(eventsOf(chain.client().client, block)).rejects.toMatchObject({
      code: 'CHAIN_UNDECODABLE',
      data: { field: 'metadata' },
    });
    for (const none of ['0x00', metadataHex(25).padEnd(4 * MIB + 2, '0')]) {
      chain.fault = (method) => (method === 'state_getMetadata' ? none : honest);
      await expect(eventsOf(chain.client().client, block)).rejects.toMatchObject({
        code: 'CHAIN_BAD_ANSWER',
      });
    }
  });
});

describe('the hints of a block', () => {
  it('ask nothing when no event has any', async () => {
    const chain = new StubChain();
    const event = bytes25.event('Market', 'FileClosed', [raw('cid')], 1);
    const block = chain.add(25, { [storagePrefixes.systemEvents]: bytes25.events(event) });
    const { client } = chain.client();
    expect(await hintsOf(client, await eventsOf(client, block))).toEqual({ memos: [null], updatedReplicas: [] });
    expect(chain.asked).not.toContain('chain_getBlock');
  });

  it('cannot be told without the body of the block, and are refused when another block came', async () => {
    const chain = upgradingChain(2, 1);
    const { client } = chain.client();
    const told = await eventsOf(client, chain.at(2));
    chain.fault = (method) => (method === 'chain_getBlock' ? null : honest);
    await expect(hintsOf(client, told)).rejects.toMatchObject({ code: 'CHAIN_BAD_ANSWER' });
    const header = { number: '0x1', parentHash: chain.at(0).hash };
    chain.fault = (method) => (method === 'chain_getBlock' ? { block: { header, extrinsics: [] } } : honest);
    await expect(hintsOf(client, told)).rejects.toMatchObject({ code: 'CHAIN_BAD_ANSWER' });
  });
});

describe('spans of runtime versions', () => {
  const [old, young] = [22, 25].map((specVersion) => ({ specName: 'crust', specVersion }));

  it('know only blocks that were asked for or lie between', () => {
    const spans = new VersionSpans();
    if (old === undefined || young === undefined) throw new Error('two versions');
    spans.add(5, 9, old);
    spans.add(10, 12, old);
    spans.add(20, 20, young);
    spans.add(30, 30, old);
    expect([4, 5, 9, 10, 12, 13, 20, 25, 30].map((block) => spans.find(block)?.specVersion)).toEqual([
      undefined,
      22,
      22,
      22,
      22,
      undefined,
      25,
      undefined,
      22,
    ]);
  });
});
