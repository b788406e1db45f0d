import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HttpAnswer, HttpRequest } from '../../../src/clients/http/transport.ts';
import { UndiciTransport } from '../../../src/clients/http/undici-transport.ts';
import { EndPoint } from '../../../src/config/end-point.ts';
import { rejection } from '../../support/rejection.ts';

const bodyBytes = 4 * 1024 * 1024;

/** A server that answers every connection with these bytes, in order, and then does as it is told. */
async function serving(head: string, body: Buffer, then: (socket: Socket) => void): Promise<EndPoint> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(head);
      socket.write(body, () => then(socket));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const endPoint = EndPoint.parse(`http://user:secret@127.0.0.1:${address.port}/base`, ['http:']);
  if (endPoint === undefined) throw new Error('no end point');
  return endPoint;
}

async function asked(endPoint: EndPoint, request: Partial<HttpRequest> = {}): Promise<HttpAnswer> {
  const transport = new UndiciTransport(endPoint);
  onTestFinished(async () => await transport.close());
  const { signal } = new AbortController();
  return await transport.send({ method: 'GET', path: '/list', readsSlowly: true, signal, ...request });
}

/** Reads with many turns of the loop between two chunks, so that all the rest has come and the other side has gone. */
async function readWithPauses({ body }: HttpAnswer): Promise<number> {
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    for (let turn = 0; turn < 50; turn += 1) await nextTurn();
  }
  return length;
}

const heads: Readonly<Record<string, string>> = {
  'a kept connection': `HTTP/1.1 200 OK\r\nContent-Length: ${bodyBytes}\r\n\r\n`,
  'a connection to be closed': `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${bodyBytes}\r\n\r\n`,
  'a body that ends with its connection': 'HTTP/1.1 200 OK\r\n\r\n',
};

const ways = (['GET', 'POST'] as const).flatMap((method) => Object.keys(heads).map((name) => [method, name] as const));

describe('an answer that is read with pauses', () => {
  it.each(ways)('comes whole when the other side closes behind it: %s over %s', async (method, name) => {
    const endPoint = await serving(heads[name] ?? '', Buffer.alloc(bodyBytes, 'x'), (socket) => socket.end());
    const answer = await asked(endPoint, { method });
    expect(answer.status).toBe(200);
    expect(await readWithPauses(answer)).toBe(bodyBytes);
  });

  it('rejects when it breaks off', async () => {
    const head = heads['a kept connection'] ?? '';
    const endPoint = await serving(head, Buffer.alloc(bodyBytes - 1, 'x'), (socket) => socket.end());
    expect(await rejection(readWithPauses(await asked(endPoint)))).toMatchObject({ code: 'ECONNRESET' });
  });

  it('rejects when nobody listens, and when what answers is no HTTP', async () => {
    const closed = EndPoint.parse('http://127.0.0.1:1', ['http:']);
    if (closed === undefined) throw new Error('no end point');
    expect(await rejection(asked(closed))).toMatchObject({ code: 'ECONNREFUSED' });
    const other = await serving('SSH-2.0-x\r\n', Buffer.alloc(1), (socket) => socket.end());
    expect(await rejection(asked(other))).toMatchObject({ code: 'HPE_INVALID_CONSTANT' });
  });

  it('ends with the signal of its call and with its transport', async () => {
    const head = heads['a kept connection'] ?? '';
    const silent = await serving(head, Buffer.alloc(10), () => undefined);
    const abort = new AbortController();
    const reading = rejection(readWithPauses(await asked(silent, { signal: abort.signal })));
    abort.abort();
    expect(await reading).toBeInstanceOf(Error);
    const transport = new UndiciTransport(silent);
    const answer = await transport.send({
      method: 'GET',
      path: '',
      readsSlowly: true,
      signal: new AbortController().signal,
    });
    const cut = rejection(readWithPauses(answer));
    await transport.close();
    expect(await cut).toBeInstanceOf(Error);
  });

  it('is asked for with the path, the body and the credentials of its end point', async () => {
    let request = '';
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => {
        request += bytes.toString();
        if (!request.includes('what')) return;
        socket.end('HTTP/1.1 204 No Content\r\nX-One: 1\r\nx-one: 2\r\n\r\n');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const endPoint = EndPoint.parse(`http://user:secret@127.0.0.1:${address.port}/base`, ['http:']);
    if (endPoint === undefined) throw new Error('no end point');
    const answer = await asked(endPoint, { method: 'POST', body: 'what' });
    expect(answer).toMatchObject({ status: 204, headers: { 'x-one': '1, 2' } });
    expect(await readWithPauses(answer)).toBe(0);
    expect(request).toMatch(/^POST \/base\/list HTTP\/1\.1\r\n[^]*\r\n\r\n(?:4\r\n)?what/u);
    expect(request).toContain(`uthorization: Basic ${Buffer.from('user:secret').toString('base64')}`);
  });
});
