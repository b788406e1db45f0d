import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ChainClient } from '../../../src/clients/chain/chain-client.ts';
import { wsEndPoint } from '../../../src/clients/chain/connection/ws-transport.ts';
import { PolkadotLibrary } from '../../../src/clients/chain/events/library/polkadot-library.ts';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { storagePrefixes } from '../../../src/clients/chain/keys/storage-prefixes.ts';
import { accountOf } from '../../../src/domain/account.ts';
import { SystemClock } from '../../../src/runtime/clock.ts';
import { BenchServer } from '../../bench/chain/bench-server.ts';
import { benchGroup, benchGroupFacts, BenchWorld, blockOfDay } from '../../bench/chain/bench-world.ts';
import { cidOf } from '../../bench/chain/orders/order-cid.ts';
import { RecordingLogger } from '../../support/quiet-logger.ts';

const options = { orders: 3000, days: 2, seed: 11 };
const world = new BenchWorld(options);
const ask = { signal: new AbortController().signal };
const account = accountOf(benchGroup.accountHex);
const view = { owner: benchGroupFacts(0, 0).owner, account };

let server: BenchServer;
let client: ChainClient;
beforeAll(async () => {
  server = await BenchServer.listen(options);
  const clock = new SystemClock();
  client = new ChainClient({
    endPoints: [wsEndPoint(server.url)],
    genesisHash: null,
    clock,
    logger: new RecordingLogger(),
    library: new PolkadotLibrary(),
  });
});
afterAll(async () => {
  await client.close();
  await server.close();
});

async function keysOn(day: number): Promise<string[]> {
  const { value: at } = await client.blocks.blockAt(blockOfDay(day), ask);
  const found: string[] = [];
  let after: string | null = null;
  for (;;) {
    const { value: page }: { value: readonly { readonly text: string; readonly storageKey: string }[] } =
      await client.orders.keysPage({ at, afterStorageKey: after, limit: 1000 }, ask);
    if (page.length === 0) return found;
    found.push(...page.map(({ text }) => text));
    after = page.at(-1)?.storageKey ?? null;
  }
}

const cidsOn = (day: number): string[] =>
  Array.from({ length: world.life.everOrdered }, (_, order) => order)
    .filter((order) => world.life.existsOn(order, day))
    .map((order) => cidOf(world.seed, order));

describe('the chain of the benchmark, asked by the bot', () => {
  it('lists the orders of each day page by page', async () => {
    expect((await keysOn(0)).toSorted()).toEqual(cidsOn(0).toSorted());
    server.goTo(2);
    expect((await keysOn(1)).toSorted()).toEqual(cidsOn(1).toSorted());
    expect((await keysOn(2)).toSorted()).toEqual(cidsOn(2).toSorted());
  });

  it('gives the value of each day, and none for an order that is not there', async () => {
    server.goTo(2);
    for (const day of [0, 1, 2]) {
      const { value: at } = await client.blocks.blockAt(blockOfDay(day), ask);
      const orders = Array.from({ length: world.life.everOrdered }, (_, order) => order).filter(
        (order) => order % 7 === 0,
      );
      const keys = [...orders.map((order) => chainOrderKey(cidOf(world.seed, order))), chainOrderKey('not ordered')];
      const { value: reads } = await client.orders.readOrders(keys, at, view, ask);
      orders.forEach((order, index) => {
        const { rewardPico, ...figures } = world.values.figures(order, world.life.versionOn(order, day));
        const expected = { ...figures, rewardPico: String(rewardPico), groupOwner: view.owner };
        expect(reads[index]?.figures).toEqual(world.life.existsOn(order, day) ? expected : undefined);
      });
      expect(reads.at(-1)?.figures).toBeUndefined();
    }
  });

  it('has the bot in a group of active nodes', async () => {
    const { value: at } = await client.blocks.finalizedHead(ask);
    const { value: group } = await client.facts.readGroup(account, at, ask);
    const { atBlock: _block, atMs: _ms, ...expected } = benchGroupFacts(0, 0);
    expect(group).toEqual(expected);
    expect((await client.facts.countActiveNodes(at, ask)).value).toBe(200);
  });

  it('is not syncing, and has blocks with a time and with events that can be read', async () => {
    const { value: state } = await client.blocks.syncState(ask);
    expect(state.syncing).toBe(false);
    const { value: head } = await client.blocks.finalizedHead(ask);
    const { value: before } = await client.blocks.blockAt(head.number - 10, ask);
    const [late, early] = [await client.blocks.timestampMs(head, ask), await client.blocks.timestampMs(before, ask)];
    expect(late.value - early.value).toBeGreaterThan(59_000);
    expect(late.value - early.value).toBeLessThan(61_000);
  });
});

describe('the chain of the benchmark, asked by anyone', () => {
  const sockets: WebSocket[] = [];
  afterEach(() => {
    server.latencyMs = 0;
    for (const socket of sockets.splice(0)) socket.terminate();
  });

  async function open(): Promise<WebSocket> {
    const socket = new WebSocket(server.url);
    sockets.push(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('error', reject);
    });
    return socket;
  }

  async function answersTo(message: unknown, count = 1): Promise<unknown[]> {
    const socket = await open();
    const answers: unknown[] = [];
    const all = new Promise<unknown[]>((resolve) => {
      socket.on('message', (data: Buffer) => {
        answers.push(JSON.parse(data.toString()));
        if (answers.length === count) resolve(answers);
      });
    });
    for (const text of Array.isArray(message) && count > 1 ? message : [message]) socket.send(JSON.stringify(text));
    return await all;
  }

  const request = (id: number, method: string, params: readonly unknown[] = []) => ({
    jsonrpc: '2.0',
    id,
    method,
    params,
  });

  it('goes on behind any start key', async () => {
    const keys = Array.from({ length: world.index.count }, (_, place) => place)
      .filter((place) => world.life.existsOn(world.index.orderAt(place), 0))
      .map((place) => world.index.keyAt(place));
    const head = (await client.blocks.blockAt(blockOfDay(0), ask)).value.hash;
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[0-9a-f]{0,20}$/), fc.integer({ min: 1, max: 50 }), async (hash, limit) => {
        const after = storagePrefixes.marketFilesV2 + hash;
        const params = [storagePrefixes.marketFilesV2, limit, after, head];
        const [answer] = await answersTo(request(1, 'state_getKeysPaged', params));
        const expected = keys.filter((key) => key > after).slice(0, limit);
        expect(answer).toEqual({ jsonrpc: '2.0', id: 1, result: expected });
      }),
      { numRuns: 20 },
    );
  });

  it('lists the keys under a longer prefix alone', async () => {
    const key = world.index.keyAt(0);
    const [answer] = await answersTo(request(1, 'state_getKeysPaged', [key.slice(0, 78), 10, null]));
    expect(answer).toEqual({ jsonrpc: '2.0', id: 1, result: [key] });
  });

  it('answers a list of requests by a list', async () => {
    const batch = [
      request(1, 'system_chain'),
      request(2, 'no_such_method'),
      request(3, 'state_getKeysPaged', ['0x', 1001, null]),
    ];
    const [answers] = await answersTo(batch);
    expect(answers).toMatchObject([
      { id: 1, result: 'Bench' },
      { id: 2, error: { code: -32601 } },
      { id: 3, error: { code: 4002 } },
    ]);
  });

  it('adds the latency to each answer and keeps their order', async () => {
    server.latencyMs = 30;
    const startedMs = performance.now();
    const answers = await answersTo(
      [1, 2, 3].map((id) => request(id, 'system_chain')),
      3,
    );
    expect(answers).toMatchObject([{ id: 1 }, { id: 2 }, { id: 3 }]);
    // Requests in flight at once wait at once.
    expect(performance.now() - startedMs).toBeGreaterThan(29);
  });

  it('counts what it was asked', async () => {
    server.takeCounters();
    await answersTo([request(1, 'system_chain'), request(2, 'system_chain')]);
    const counters = server.takeCounters();
    expect(counters).toMatchObject({ requests: { system_chain: 2 }, maxInFlight: 2, maxMessagesInFlight: 1 });
    expect(counters.sentBytes).toBeGreaterThan(50);
  });

  it('tells subscribers of a new day', async () => {
    const socket = await open();
    const numbers: unknown[] = [];
    const told = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        const { params } = JSON.parse(data.toString()) as { params?: { result: { number: string } } };
        if (params === undefined) return;
        numbers.push(Number(params.result.number));
        if (numbers.length === 2) resolve();
        else server.goTo(2);
      });
    });
    socket.send(JSON.stringify(request(9, 'chain_subscribeFinalizedHeads')));
    await told;
    expect(numbers.at(-1)).toBe(blockOfDay(2));
  });
});
