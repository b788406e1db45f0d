import { describe, expect, it } from 'vitest';
import { metadataHex } from '../../../devnet/chain/metadata.ts';
import { accountOf } from '../../../src/domain/account.ts';
import type { ChainClient } from '../../../src/clients/chain/chain-client.ts';
import { rpcFailure, unreachable } from '../../../src/clients/chain/connection/transport.ts';
import { decodeRegistry } from '../../../src/clients/chain/events/library/registry.ts';
import { groupKey, identityKey } from '../../../src/clients/chain/facts/node-facts.ts';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { storagePrefixes } from '../../../src/clients/chain/keys/storage-prefixes.ts';
import { BlockBytes } from './event-bytes.ts';
import { eventsOf, hintsOf } from './one-block.ts';
import { ask, honest, StubChain, timestampState } from './stub-chain.ts';

const registry = decodeRegistry({ specName: 'crust', metadata: metadataHex(25) });
const bytes = new BlockBytes(registry);
const own = accountOf('11'.repeat(32));
const owner = accountOf('22'.repeat(32));
const key = chainOrderKey('some-cid');
const anchor = `0x${'0a'.repeat(64)}`;

function world(): StubChain {
  const chain = new StubChain();
  chain.add(25, timestampState(1_700_000_000_000));
  const order = bytes.event('Market', 'FileSuccess', [own.address, `0x${Buffer.from(key.text).toString('hex')}`], 0);
  const identity = registry.createType('Identity', { anchor, punishment_deadline: 0, group: owner.address });
  const group = registry.createType('Group', { members: [own.address], allowlist: [] });
  const report = registry.createType('WorkReport', { report_slot: 600 });
  const state = {
    ...timestampState(1_700_000_006_000),
    [storagePrefixes.systemEvents]: bytes.events(order),
    [storagePrefixes.sworkCurrentReportSlot]: registry.createType('u64', 600).toHex(true),
    [`${storagePrefixes.sworkWorkReports}00`]: report.toHex(),
    [identityKey(own)]: identity.toHex(),
    [groupKey(owner)]: group.toHex(),
    [key.storageKey]: registry.createType('FileInfoV2', { file_size: 5 }).toHex(),
  };
  chain.add(25, state, [bytes.extrinsic(bytes.order(key.text, 'memo'))]);
  return chain;
}

const view = { owner: owner.address, account: own };
const at = new StubChain().at(2);
const operations: Record<string, (client: ChainClient) => Promise<unknown>> = {
  genesisHash: async (client) => client.blocks.genesisHash(ask()),
  finalizedHead: async (client) => client.blocks.finalizedHead(ask()),
  finalizedHeads: async (client) => {
    const heads = client.blocks.finalizedHeads(ask());
    const head = await heads.next();
    await heads.return();
    return head.value;
  },
  blockAt: async (client) => client.blocks.blockAt(2, ask()),
  blocksBetween: async (client) => client.blocks.blocksBetween(1, 2, ask()),
  timestampMs: async (client) => client.blocks.timestampMs(at, ask()),
  specVersion: async (client) => client.blocks.specVersion(at, ask()),
  syncState: async (client) => client.blocks.syncState(ask()),
  keysPage: async (client) => client.orders.keysPage({ at, afterStorageKey: null, limit: 10 }, ask()),
  readOrders: async (client) => client.orders.readOrders([key], at, view, ask()),
  blockEvents: async (client) => eventsOf(client, at),
  readHints: async (client) => hintsOf(client, await eventsOf(client, at)),
  readOrdersAfter: async (client) => client.events.readOrders([{ block: at, keys: [key] }], view, ask()),
  readGroup: async (client) => client.facts.readGroup(own, at, ask()),
  countActiveNodes: async (client) => client.facts.countActiveNodes(at, ask()),
};

/** What a broken node does to an answer, and which codes it may have. A list is never cut here: see the tests of pages and values for that. */
const faults: Record<string, { readonly break: (method: string) => unknown; readonly codes: readonly string[] }> = {
  'an RPC error': {
    break: (method) => rpcFailure('ws://stub', method, { code: -32000, message: 'Internal error' }),
    codes: ['CHAIN_RPC_ERROR'],
  },
  'a dropped socket': { break: () => unreachable('ws://stub', 'dropped'), codes: ['CHAIN_UNREACHABLE'] },
  null: { break: () => null, codes: ['CHAIN_BAD_ANSWER', 'CHAIN_STATE_PRUNED'] },
  'half an answer': { break: () => ({ number: '0x' }), codes: ['CHAIN_BAD_ANSWER'] },
  'a text that is no hex': { break: () => 'busy', codes: ['CHAIN_BAD_ANSWER'] },
};

async function methodsOf(run: (client: ChainClient) => Promise<unknown>): Promise<string[]> {
  const chain = world();
  await run(chain.client().client);
  return [...new Set(chain.asked)];
}

describe.each(Object.entries(operations))('%s', (_, run) => {
  it('survives every fault at every question it asks: an error with its code, then the same answer as without', async () => {
    const { client: healthy, clock } = world().client();
    const expected = await run(healthy);
    expect(clock.sleeping).toBe(0);
    for (const method of await methodsOf(run)) {
      for (const [name, fault] of Object.entries(faults)) {
        const chain = world();
        const { client } = chain.client();
        chain.fault = (asked) => (asked === method ? fault.break(method) : honest);
        const outcome: unknown = await run(client).then(
          (answer) => ({ answer }),
          (error: unknown) => error,
        );
        expect(outcome, `${name} at ${method}`).toMatchObject({ code: expect.toBeOneOf([...fault.codes]) });
        chain.fault = () => honest;
        expect(await run(client), `after ${name} at ${method}`).toEqual(expected);
      }
    }
  });
});

describe('the faults', () => {
  it('were tried at every method that the client uses', async () => {
    const asked = await Promise.all(Object.values(operations).map(methodsOf));
    expect([...new Set(asked.flat())].sort()).toEqual([
      'chain_getBlock',
      'chain_getBlockHash',
      'chain_getFinalizedHead',
      'chain_getHeader',
      'state_getKeysPaged',
      'state_getMetadata',
      'state_getRuntimeVersion',
      'state_getStorage',
      'state_queryStorageAt',
      'system_health',
    ]);
  });
});
