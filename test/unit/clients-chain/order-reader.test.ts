import { describe, expect, it } from 'vitest';
import { accountOf } from '../../../src/domain/account.ts';
import { rpcFailure, unreachable } from '../../../src/clients/chain/connection/transport.ts';
import { chainOrderKey, prefixOf } from '../../../src/clients/chain/keys/order-key.ts';
import { storagePrefixes } from '../../../src/clients/chain/keys/storage-prefixes.ts';
import { ask, honest, StubChain, u32Hex } from './stub-chain.ts';

const account = accountOf('11'.repeat(32));
const owner = accountOf('22'.repeat(32));
const view = { owner: owner.address, account };

/** A record of 0 replicas whose size is `sizeBytes`. */
function value(sizeBytes: number): string {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(sizeBytes));
  return `0x${size.toString('hex')}${'00'.repeat(8 + 4 + 4 + 1 + 1 + 4 + 4 + 1)}`;
}

function world(count: number): { chain: StubChain; keys: ReturnType<typeof chainOrderKey>[] } {
  const chain = new StubChain();
  const keys = Array.from({ length: count }, (_, index) => chainOrderKey(`cid-${index}`));
  chain.add(25, Object.fromEntries(keys.map((key, index) => [key.storageKey, value(index)])));
  return { chain, keys };
}

const sizes = (reads: { value: readonly { figures: { sizeBytes: number } | undefined }[] }): unknown[] =>
  reads.value.map(({ figures }) => figures?.sizeBytes);

/** Without the key by which a state proves which block it belongs to. */
const ordersAsked = (batch: readonly unknown[]): number =>
  batch.filter((key) => key !== storagePrefixes.systemNumber).length;

const tooMuch = [
  ['a node that calls the answer too big', rpcFailure('x', 'm', { code: -32008, message: 'Response is too big' })],
  ['a node that drops the socket', unreachable('x', 'dropped')],
  ['our own bound', unreachable('x', 'too-large')],
] as const;

describe('reading orders', () => {
  it('keeps the order asked for, absent ones being undefined, however the keys were given', async () => {
    const { chain, keys } = world(5);
    const { client } = chain.client({ limits: { valuesPerRequest: 2 } });
    const absent = chainOrderKey('not there');
    const plain = keys.map(({ text, position }) => ({ text, position }));
    const asked = [...plain.toReversed(), absent, ...keys];
    const reads = await client.orders.readOrders(asked, chain.at(1), view, ask());
    expect(sizes(reads)).toEqual([4, 3, 2, 1, 0, undefined, 0, 1, 2, 3, 4]);
    expect(reads.value[0]).toMatchObject({ key: plain[4], atBlock: 1, figures: { groupOwner: owner.address } });
    expect(reads.endPoint).toBe('ws://stub');
  });

  it('finds an order whose text is only a substitute, and says when the chain has none', async () => {
    const { chain } = world(3);
    const odd = chainOrderKey(Uint8Array.of(0xff, 1));
    const gone = chainOrderKey(Uint8Array.of(0xff, 2));
    chain.blocks[1]?.state.set(odd.storageKey, value(77));
    const asked = [gone, odd].map(({ text, position }) => ({ text, position }));
    expect(sizes(await chain.client().client.orders.readOrders(asked, chain.at(1), view, ask()))).toEqual([
      undefined,
      77,
    ]);
  });

  it('understands the same key twice in one question and answers in another order', async () => {
    const { chain, keys } = world(3);
    const [first, second, third] = keys.map(({ storageKey }) => storageKey);
    const { client } = chain.client();
    await client.orders.readOrders(keys, chain.at(1), view, ask());
    chain.fault = (method) => {
      if (method !== 'state_queryStorageAt') return honest;
      const changes = [third, first, second].map((key, index) => [key, value(index)]);
      changes.push([storagePrefixes.systemNumber, u32Hex(1)]);
      return [{ block: chain.at(1).hash, changes }];
    };
    const twice = [...keys, ...keys];
    expect(sizes(await client.orders.readOrders(twice, chain.at(1), view, ask()))).toEqual([1, 2, 0, 1, 2, 0]);
  });

  it.each(tooMuch)('halves a batch that is too much for %s, down to single orders', async (_, failure) => {
    const { chain, keys } = world(9);
    const { client } = chain.client({ limits: { maxRequestsInFlight: 1 } });
    const asked: number[] = [];
    chain.fault = (method, [batch]) => {
      if (method !== 'state_queryStorageAt' || !Array.isArray(batch)) return honest;
      asked.push(ordersAsked(batch));
      return ordersAsked(batch) > 1 ? failure : honest;
    };
    expect(sizes(await client.orders.readOrders(keys, chain.at(1), view, ask()))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(asked[0]).toBe(9);
    asked.length = 0;
    await client.orders.readOrders(keys, chain.at(1), view, ask());
    expect(Math.max(...asked)).toBe(1);
  });

  it('asks for equal parts, never more at once than a node can carry', async () => {
    const { chain, keys } = world(11);
    const { client } = chain.client({ limits: { valuesPerRequest: 4 } });
    const asked: number[] = [];
    chain.fault = (method, [batch]) => {
      if (method === 'state_queryStorageAt' && Array.isArray(batch)) asked.push(ordersAsked(batch));
      return honest;
    };
    const reads = await client.orders.readOrders(keys, chain.at(1), view, ask());
    expect(sizes(reads)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(asked.toSorted((a, b) => a - b)).toEqual([3, 4, 4]);
  });

  it('does not halve for a node that is away', async () => {
    const { chain, keys } = world(9);
    const { client } = chain.client();
    let asked = 0;
    chain.fault = (method) => {
      if (method !== 'state_queryStorageAt') return honest;
      asked += 1;
      return unreachable(chain.name, 'refused');
    };
    await expect(client.orders.readOrders(keys, chain.at(1), view, ask())).rejects.toMatchObject({
      code: 'CHAIN_UNREACHABLE',
    });
    expect(asked).toBe(1);
  });

  const block = new StubChain().at(1).hash;
  const someKey = chainOrderKey('cid-0').storageKey;
  const broken: [string, unknown][] = [
    ['null', null],
    ['nothing', []],
    [
      'two blocks',
      [
        { block, changes: [] },
        { block, changes: [] },
      ],
    ],
    ['another block', [{ block: `0x${'00'.repeat(32)}`, changes: [[someKey, null]] }]],
    ['a key missing', [{ block, changes: [] }]],
    ['another key', [{ block, changes: [['0x00', null]] }]],
    ['half a pair', [{ block, changes: [[someKey]] }]],
    ['a value that is no text', [{ block, changes: [[someKey, 7]] }]],
  ];
  it.each(broken)('takes %s for a broken answer and never for an absent order', async (_, answer) => {
    const { chain, keys } = world(1);
    const { client } = chain.client();
    chain.fault = (method) => (method === 'state_queryStorageAt' ? answer : honest);
    await expect(client.orders.readOrders(keys, chain.at(1), view, ask())).rejects.toMatchObject({
      code: 'CHAIN_BAD_ANSWER',
      data: { endPoint: 'ws://stub', method: 'state_queryStorageAt' },
    });
  });

  it('names end point, block, field and what came when a value cannot be decoded, and asks the other end point', async () => {
    const { chain, keys } = world(2);
    const { chain: other } = world(2);
    chain.blocks[1]?.state.set(keys[1]?.storageKey ?? '', '0x0102');
    await expect(chain.client().client.orders.readOrders(keys, chain.at(1), view, ask())).rejects.toMatchObject({
      code: 'CHAIN_UNDECODABLE',
      data: { endPoint: 'ws://stub', block: 1, field: 'FilesV2.file_size', came: '0x0102' },
    });
    const { client } = chain.client({ others: [other] });
    expect(sizes(await client.orders.readOrders(keys, chain.at(1), view, ask()))).toEqual([0, 1]);
  });
});

describe('the keys of all orders', () => {
  it('come page by page in the chain’s order, until an empty page', async () => {
    const { chain, keys } = world(25);
    const { client } = chain.client();
    const found: string[] = [];
    let afterStorageKey: string | null = null;
    const pages: number[] = [];
    do {
      const query = { at: chain.at(1), afterStorageKey, limit: 10 };
      const page: Awaited<ReturnType<typeof client.orders.keysPage>> = await client.orders.keysPage(query, ask());
      pages.push(page.value.length);
      found.push(...page.value.map(({ text }) => text));
      afterStorageKey = page.value.at(-1)?.storageKey ?? null;
    } while (afterStorageKey !== null);
    expect(pages).toEqual([10, 10, 5, 0]);
    expect(found).toEqual(keys.toSorted((a, b) => a.position - b.position).map(({ text }) => text));
  });

  it.each(tooMuch)('come in smaller pages when one is too much for %s, which grow again', async (_, failure) => {
    const { chain, keys } = world(12);
    const { client } = chain.client({ limits: { keysPerRequest: 8 } });
    const asked: unknown[] = [];
    chain.fault = (method, [, limit]) => {
      if (method !== 'state_getKeysPaged') return honest;
      asked.push(limit);
      return Number(limit) > 3 ? failure : honest;
    };
    const found: string[] = [];
    for (let afterStorageKey: string | null = null; ; ) {
      const query = { at: chain.at(1), afterStorageKey, limit: 1000 };
      const { value: page } = await client.orders.keysPage(query, ask());
      if (page.length === 0) break;
      found.push(...page.map(({ text }) => text));
      afterStorageKey = page.at(-1)?.storageKey ?? null;
    }
    expect(found).toEqual(keys.toSorted((a, b) => a.position - b.position).map(({ text }) => text));
    expect([...new Set(asked)].slice(0, 3)).toEqual([8, 4, 2]);
    chain.fault = (method, [, limit]) => {
      if (method === 'state_getKeysPaged') asked.push(limit);
      return honest;
    };
    const query = { at: chain.at(1), afterStorageKey: null, limit: 1000 };
    for (let turn = 0; turn < 60; turn += 1) await client.orders.keysPage(query, ask());
    expect(asked.at(-1)).toBeGreaterThan(3);
  });

  it('go together in one message when several are wanted of a distant node, each with its own fault', async () => {
    const { chain, keys } = world(40);
    const { client, clock } = chain.client();
    chain.fault = async () => {
      await clock.sleep(100, new AbortController().signal);
      return honest;
    };
    const first = client.blocks.finalizedHead(ask());
    await clock.advance(1000);
    await first;
    chain.asked.length = 0;
    chain.fault = async (method, [, limit]) => {
      if (method === 'batch') await clock.sleep(100, new AbortController().signal);
      return limit === 4 ? rpcFailure(chain.name, method, { code: -32000, message: 'busy' }) : honest;
    };
    const asked = { signal: new AbortController().signal };
    const at = chain.at(1);
    const after = [null, prefixOf(2 ** 46), prefixOf(2 ** 47), prefixOf(3 * 2 ** 46), prefixOf(2 ** 47)];
    const pages = after.map(async (afterStorageKey, index) =>
      client.orders.keysPage({ at, afterStorageKey, limit: index === 4 ? 4 : 1000 }, asked),
    );
    const settled = Promise.allSettled(pages);
    await clock.advance(1000);
    const sorted = keys.toSorted((a, b) => a.position - b.position);
    const behind = [0, 2 ** 46, 2 ** 47, 3 * 2 ** 46].map((start) => {
      return { status: 'fulfilled', value: { value: sorted.filter(({ position }) => position >= start) } };
    });
    expect(await settled).toMatchObject([...behind, { status: 'rejected', reason: { code: 'CHAIN_RPC_ERROR' } }]);
    expect(chain.batches).toEqual([4]);
  });

  it('may begin anywhere in the map, not only behind one of them', async () => {
    const { chain, keys } = world(25);
    const sorted = keys.toSorted((a, b) => a.position - b.position);
    const middle = prefixOf(2 ** 47);
    const query = { at: chain.at(1), afterStorageKey: middle, limit: 1000 };
    const { value: page } = await chain.client().client.orders.keysPage(query, ask());
    const behind = sorted.filter(({ position }) => position >= 2 ** 47);
    expect(page.map(({ text, position, storageKey }) => ({ text, position, storageKey }))).toEqual(behind);
    expect(behind.length).toBeGreaterThan(0);
  });

  it.each([
    ['more than asked for', (keys: string[]) => keys],
    ['out of order', (keys: string[]) => keys.slice(0, 2).reverse()],
    ['the same twice', (keys: string[]) => [keys[0], keys[0]]],
    ['of another map', () => [`${storagePrefixes.sworkGroups}00`]],
    ['no text', () => [5]],
  ])('are refused when they are %s', async (_, page) => {
    const { chain, keys } = world(3);
    const sorted = keys.map(({ storageKey }) => storageKey).sort();
    const { client } = chain.client();
    chain.fault = (method) => (method === 'state_getKeysPaged' ? page(sorted) : honest);
    const query = { at: chain.at(1), afterStorageKey: null, limit: 2 };
    await expect(client.orders.keysPage(query, ask())).rejects.toMatchObject({ code: 'CHAIN_BAD_ANSWER' });
  });

  it('are refused when they do not come behind the page before', async () => {
    const { chain, keys } = world(3);
    const sorted = keys.map(({ storageKey }) => storageKey).sort();
    const { client } = chain.client();
    chain.fault = (method) => (method === 'state_getKeysPaged' ? sorted.slice(0, 1) : honest);
    const query = { at: chain.at(1), afterStorageKey: sorted[0] ?? null, limit: 2 };
    await expect(client.orders.keysPage(query, ask())).rejects.toMatchObject({ code: 'CHAIN_BAD_ANSWER' });
  });

  it('cannot be decoded when one of them is damaged', async () => {
    const { chain, keys } = world(1);
    const damaged = `${keys[0]?.storageKey.slice(0, -2)}00`;
    chain.fault = (method) => (method === 'state_getKeysPaged' ? [damaged] : honest);
    const query = { at: chain.at(1), afterStorageKey: null, limit: 2 };
    await expect(chain.client().client.orders.keysPage(query, ask())).rejects.toMatchObject({
      code: 'CHAIN_UNDECODABLE',
      data: { block: 1, field: 'FilesV2 key' },
    });
  });
});
