import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { ChainClient } from '../../../src/clients/chain/chain-client.ts';
import { wsEndPoint } from '../../../src/clients/chain/connection/ws-transport.ts';
import { PolkadotLibrary } from '../../../src/clients/chain/events/library/polkadot-library.ts';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { accountOf } from '../../../src/domain/account.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RecordingLogger } from '../../support/quiet-logger.ts';
import { deferred, failureOf } from './deferred.ts';
import { ask, StubChain } from './stub-chain.ts';

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

const maxMessageBytes = 8000;
const orders = 120;
const bulk = { ...ask(), priority: 'bulk' } as const;
const view = { owner: null, account: accountOf('11'.repeat(32)) };

let chain: StubChain;
let server: WebSocketServer;
let client: ChainClient;
let logger: RecordingLogger;
let connections: number;
/** What holds an answer back. */
let before: (request: Request) => Promise<void>;

/** A record without replicas; a key and it are some 350 bytes of an answer. */
function value(sizeBytes: number): string {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(sizeBytes));
  return `0x${size.toString('hex')}${'00'.repeat(8 + 4 + 4 + 1 + 1 + 4 + 4 + 1)}`;
}

const keys = Array.from({ length: orders }, (_, index) => chainOrderKey(`cid-${index}`));

async function answer(socket: WebSocket, request: Request): Promise<void> {
  const { id, method, params } = request;
  const result = await chain.send(method, params, bulk.signal);
  await before(request);
  socket.send(JSON.stringify({ jsonrpc: '2.0', id, result }));
}

beforeEach(async () => {
  chain = new StubChain();
  chain.add(25, Object.fromEntries(keys.map((key, index) => [key.storageKey, value(index)])));
  before = async () => undefined;
  connections = 0;
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket) => {
    connections += 1;
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => void answer(socket, JSON.parse(data.toString()) as Request));
  });
  await once(server, 'listening');
  logger = new RecordingLogger();
  client = new ChainClient({
    endPoints: [wsEndPoint(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, { maxMessageBytes })],
    genesisHash: null,
    clock: new ManualClock(),
    logger,
    library: new PolkadotLibrary(),
  });
});

afterEach(async () => {
  await client.close();
  for (const socket of server.clients) socket.terminate();
  await new Promise((resolve) => server.close(resolve));
});

async function walk(): Promise<Map<string, number | undefined>> {
  const found = new Map<string, number | undefined>();
  for (let afterStorageKey: string | null = null; ; ) {
    const page: Awaited<ReturnType<ChainClient['orders']['keysPage']>> = await client.orders.keysPage(
      { at: chain.at(1), afterStorageKey, limit: 1000 },
      bulk,
    );
    if (page.value.length === 0) return found;
    const { value: reads } = await client.orders.readOrders(page.value, chain.at(1), view, bulk);
    for (const { key, figures } of reads) found.set(key.text, figures?.sizeBytes);
    afterStorageKey = page.value.at(-1)?.storageKey ?? null;
  }
}

/** With the key by which a state proves which block it belongs to. */
const isPage = ({ method, params }: Request): boolean =>
  method === 'state_queryStorageAt' && Array.isArray(params[0]) && params[0].length > 2;

it('a walk goes on in smaller pages, and what was in flight with a page that was too large is asked again', async () => {
  const [page, head, read] = [deferred<void>(), deferred<void>(), deferred<void>()];
  const sizes: number[] = [];
  let held = false;
  before = async (request) => {
    if (isPage(request)) {
      sizes.push((request.params[0] as unknown[]).length);
      page.resolve();
      // Its answer ends the connection before the others could be answered.
      await Promise.all([head.promise, read.promise]);
      held = true;
    } else if (!held && request.method === 'chain_getFinalizedHead') {
      head.resolve();
      await new Promise(() => undefined);
    } else if (!held && request.method === 'state_queryStorageAt') {
      read.resolve();
      await new Promise(() => undefined);
    }
  };
  const walked = walk();
  await page.promise;
  const urgent = [
    client.blocks.finalizedHead(ask()),
    client.orders.readOrders(keys.slice(7, 8), chain.at(1), view, ask()),
  ] as const;
  expect((await urgent[0]).value).toEqual(chain.at(1));
  expect((await urgent[1]).value[0]?.figures?.sizeBytes).toBe(7);
  expect(await walked).toEqual(new Map(keys.map(({ text }, index) => [text, index])));
  expect(connections).toBeGreaterThan(1);
  expect(Math.max(...sizes.slice(-4))).toBeLessThan(sizes[0] ?? 0);
  expect(logger.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
});

it('one order that is too large by itself is named, and holds up no other', async () => {
  const huge = keys[50] ?? chainOrderKey('');
  chain.blocks[1]?.state.set(huge.storageKey, `0x${'ab'.repeat(maxMessageBytes)}`);
  const others = keys.filter((key) => key !== huge);
  const [failure, ...reads] = await Promise.all([
    failureOf(walk()),
    ...others.map(async (key) => client.orders.readOrders([key], chain.at(1), view, ask())),
  ]);
  expect(failure).toMatchObject({
    code: 'CHAIN_UNREACHABLE',
    message: expect.stringContaining('One value alone is too large'),
    data: { reason: 'too-large', key: huge.storageKey, maxMessageBytes, endPoint: expect.stringContaining('ws://127') },
  });
  expect(reads.flatMap(({ value: [read] }) => read?.key.text)).toEqual(others.map(({ text }) => text));
});
