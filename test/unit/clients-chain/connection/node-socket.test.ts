import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import * as fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { NodeSocket } from '../../../../src/clients/chain/connection/node-socket.ts';
import { deferred } from '../deferred.ts';
import { certificate, privateKey } from './localhost-certificate.ts';

const limits = { maxMessageBytes: 16 * 1024 ** 2, handshakeTimeoutMs: 5000 };
const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A message's text: as long as asked, and another one for every index. */
const textOf = (index: number, length: number): string =>
  `${index}:${'0123456789abcdef'.repeat(length / 16 + 1)}`.slice(0, length);

async function nodeAt(secure: boolean): Promise<{ readonly url: string; readonly connected: Promise<WebSocket> }> {
  const https = secure ? createServer({ cert: certificate, key: privateKey }) : undefined;
  const server = new WebSocketServer(https === undefined ? { host: '127.0.0.1', port: 0 } : { server: https });
  https?.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connected = deferred<WebSocket>();
  server.on('connection', connected.resolve);
  cleanUps.push(async () => {
    for (const socket of server.clients) socket.terminate();
    https?.close();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `${secure ? 'wss' : 'ws'}://localhost:${port}`, connected: connected.promise };
}

function listen(url: string, onMessage: (bytes: Buffer) => void = () => undefined) {
  const opened = deferred<void>();
  const closed = deferred<Error | undefined>();
  const socket = new NodeSocket(url, limits, { onOpen: opened.resolve, onMessage, onClose: closed.resolve });
  cleanUps.push(async () => {
    socket.terminate();
    await socket.closed;
  });
  return { socket, opened: opened.promise, closed: closed.promise };
}

/** Sends the messages, some in fragments and with pings between; the result is which of them did not arrive as they were sent. */
async function exchange(
  secure: boolean,
  messages: readonly { length: number; fragments: number }[],
): Promise<number[]> {
  const { url, connected } = await nodeAt(secure);
  const received: string[] = [];
  const all = deferred<void>();
  const { opened } = listen(url, (bytes) => {
    received.push(bytes.toString('latin1'));
    if (received.length === messages.length) all.resolve();
  });
  await opened;
  const node = await connected;
  for (const [index, { length, fragments }] of messages.entries()) {
    const text = textOf(index, length);
    const size = Math.ceil(length / fragments);
    for (let part = 0; part < fragments; part += 1) {
      node.send(text.slice(part * size, (part + 1) * size), { fin: part === fragments - 1 });
      node.ping();
    }
  }
  await all.promise;
  return messages.flatMap(({ length }, index) => (received[index] === textOf(index, length) ? [] : [index]));
}

const message = fc.record({
  length: fc.oneof(fc.nat(200), fc.nat(70_000), fc.integer({ min: 200_000, max: 2_000_000 })),
  fragments: fc.constantFrom(1, 1, 1, 3),
});

it.each([false, true])('delivers every message as it was sent (TLS: %s)', async (secure) => {
  if (secure) vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 25 }), async (messages) => {
      expect(await exchange(secure, messages)).toEqual([]);
    }),
    { numRuns: 15 },
  );
});

it('refuses a certificate that nobody vouches for', async () => {
  const { url } = await nodeAt(true);
  const { closed } = listen(url);
  expect(await closed).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
});

it('reads nothing while paused, and everything afterwards', async () => {
  const { url, connected } = await nodeAt(false);
  const lengths: number[] = [];
  const all = deferred<void>();
  const { socket, opened } = listen(url, (bytes) => {
    lengths.push(bytes.length);
    if (lengths.length === 20) all.resolve();
  });
  await opened;
  const node = await connected;
  socket.pause();
  for (let index = 0; index < 20; index += 1) node.send(textOf(index, 1_000_000));
  // The node cannot get rid of it all: the kernel's buffers are smaller.
  const { _socket: raw } = node as unknown as { readonly _socket: Socket };
  expect(raw.writableLength).toBeGreaterThan(0);
  expect(lengths).toEqual([]);
  socket.resume();
  await all.promise;
  expect(lengths).toEqual(Array.from({ length: 20 }, () => 1_000_000));
});
