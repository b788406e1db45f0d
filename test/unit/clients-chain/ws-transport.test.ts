import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { WsTransport, wsEndPoint } from '../../../src/clients/chain/connection/ws-transport.ts';
import type { Yielding } from '../../../src/runtime/right-of-way.ts';
import { deferred, failureOf } from './deferred.ts';

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
}

const limits = { maxMessageBytes: 10_000, handshakeTimeoutMs: 5000 };
const never = new AbortController().signal;
let server: WebSocketServer;
let url: string;
let transport: WsTransport;
/** What the node does with a request; the sockets it was asked on. */
let respond: (socket: WebSocket, request: Request) => void;
let respondBatch: (socket: WebSocket, requests: Request[]) => void;
let asked: Request[];

const answer = (socket: WebSocket, id: number, rest: object): void =>
  socket.send(JSON.stringify({ jsonrpc: '2.0', id, ...rest }));

beforeEach(async () => {
  asked = [];
  respond = (socket, { id, method }) => answer(socket, id, { result: `${method}!` });
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      const request: Request | Request[] = JSON.parse(data.toString());
      if (Array.isArray(request)) respondBatch(socket, request);
      else {
        asked.push(request);
        respond(socket, request);
      }
    });
  });
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  url = `ws://127.0.0.1:${address.port}`;
  transport = new WsTransport('node', url, limits);
});

afterEach(async () => {
  await transport.close();
  for (const socket of server.clients) socket.terminate();
  await new Promise((resolve) => server.close(resolve));
});

const item = (result: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', method: 'x', params: { subscription: 'S1', result } });

it('reads nothing while others have the right of way, and leaves them alone when it is closed', async () => {
  const yielding = new Set<Yielding>();
  const add = (one: Yielding): (() => void) => {
    yielding.add(one);
    return () => void yielding.delete(one);
  };
  const polite = new WsTransport('node', url, limits, { add });
  const came = deferred<void>();
  respond = (socket, { id }) => {
    answer(socket, id, { result: 'late' });
    came.resolve();
  };
  await polite.send('first', [], never);
  expect(yielding.size).toBe(1);
  for (const one of yielding) one.pause();
  let answered = false;
  const second = polite.send('second', [], never).finally(() => (answered = true));
  await came.promise;
  // A question and its answer on another connection have come and gone meanwhile.
  await transport.send('other', [], never);
  expect(answered).toBe(false);
  for (const one of yielding) one.resume();
  expect(await second).toBe('late');
  await polite.close();
  expect(yielding.size).toBe(0);
});

describe('a WebSocket to a node', () => {
  it('opens at the first question and answers each by its id, whatever their order', async () => {
    expect(transport.epoch).toBe(0);
    const held: [WebSocket, Request][] = [];
    respond = (socket, request) => {
      held.push([socket, request]);
      if (held.length < 2) return;
      for (const [to, { id, params }] of held.toReversed()) answer(to, id, { result: params });
    };
    const answers = await Promise.all([transport.send('a', [1], never), transport.send('b', [2], never)]);
    expect(answers).toEqual([[1], [2]]);
    expect(transport.epoch).toBe(1);
    expect(server.clients.size).toBe(1);
  });

  it('passes null on as an answer and the node’s own error as CHAIN_RPC_ERROR', async () => {
    respond = (socket, { id }) => answer(socket, id, { result: null });
    expect(await transport.send('a', [], never)).toBeNull();
    respond = (socket, { id }) => answer(socket, id, { error: { code: 4003, message: 'Client error', data: 'gone' } });
    await expect(transport.send('a', [], never)).rejects.toMatchObject({
      code: 'CHAIN_RPC_ERROR',
      data: { endPoint: 'node', method: 'a', rpcCode: 4003, detail: 'Client error: gone' },
    });
  });

  it.each([
    ['not JSON', 'oops'],
    ['half an answer', '{"jsonrpc":"2.0","id":1,"resu'],
    ['no object', '[]'],
    ['no id', '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}'],
  ])('takes %s for CHAIN_BAD_ANSWER and opens another connection', async (_, text) => {
    respond = (socket) => socket.send(text);
    await expect(transport.send('a', [], never)).rejects.toMatchObject({
      code: 'CHAIN_BAD_ANSWER',
      data: { endPoint: 'node', method: 'a', came: expect.stringContaining(text.slice(0, 4)) },
    });
    respond = (socket, { id }) => answer(socket, id, { result: 1 });
    expect(await transport.send('a', [], never)).toBe(1);
    expect(transport.epoch).toBe(2);
  });

  it('takes an answer without result and error for CHAIN_BAD_ANSWER', async () => {
    respond = (socket, { id }) => answer(socket, id, {});
    await expect(transport.send('a', [], never)).rejects.toMatchObject({ code: 'CHAIN_BAD_ANSWER' });
  });

  it('fails everything in flight when the socket drops, and opens another for the next question', async () => {
    respond = (socket, { method }) => method === 'b' && socket.terminate();
    const both = await Promise.allSettled([transport.send('a', [], never), transport.send('b', [], never)]);
    for (const one of both) {
      expect(one).toMatchObject({
        status: 'rejected',
        reason: { code: 'CHAIN_UNREACHABLE', data: { reason: 'dropped' } },
      });
    }
    respond = (socket, { id }) => answer(socket, id, { result: 'back' });
    expect(await transport.send('c', [], never)).toBe('back');
    expect(transport.epoch).toBe(2);
  });

  it('refuses an answer beyond its bound with the reason `too-large`', async () => {
    respond = (socket, { id }) => answer(socket, id, { result: 'x'.repeat(limits.maxMessageBytes) });
    await expect(transport.send('a', [], never)).rejects.toMatchObject({ data: { reason: 'too-large' } });
  });

  it('refuses an answer of so many values that they would take twenty times its length', async () => {
    const open = new WsTransport('node', url, { ...limits, maxMessageBytes: 1_000_000 });
    const answering = (values: number) => {
      respond = (socket, { id }) => answer(socket, id, { result: Array.from({ length: values }, () => ({})) });
    };
    answering(40_000);
    expect(await open.send('few', [], never)).toHaveLength(40_000);
    answering(60_000);
    expect(await failureOf(open.send('many', [], never))).toMatchObject({
      code: 'CHAIN_BAD_ANSWER',
      data: { endPoint: 'node', method: 'many', field: 'message' },
    });
    await open.close();
  });

  it('says `refused` when nobody listens', async () => {
    await new Promise((resolve) => server.close(resolve));
    await expect(transport.send('a', [], never)).rejects.toMatchObject({
      code: 'CHAIN_UNREACHABLE',
      data: { endPoint: 'node', reason: 'refused' },
    });
  });

  it('forgets a question whose signal was aborted; its late answer disturbs nobody', async () => {
    const first = deferred<[WebSocket, Request]>();
    respond = (socket, request) => first.resolve([socket, request]);
    const control = new AbortController();
    const aborted = transport.send('a', [], control.signal);
    const [socket, request] = await first.promise;
    control.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    answer(socket, request.id, { result: 'late' });
    respond = (to, { id }) => answer(to, id, { result: 'in time' });
    expect(await transport.send('b', [], never)).toBe('in time');
  });

  it('gives items of a subscription that come right behind its acceptance, until it is ended', async () => {
    const items: unknown[] = [];
    const ended = deferred<Request>();
    respond = (socket, request) => {
      if (request.method === 'stop') {
        ended.resolve(request);
        return;
      }
      answer(socket, request.id, { result: request.method === 'start' ? 'S1' : null });
      socket.send(item(asked.length));
    };
    const handlers = { onItem: (value: unknown) => items.push(value), onLost: () => items.push('lost') };
    const end = await transport.subscribe({ method: 'start', unsubscribe: 'stop', params: [] }, handlers, never);
    await transport.send('more', [], never);
    end();
    expect(await ended.promise).toMatchObject({ method: 'stop', params: ['S1'] });
    await transport.send('even more', [], never).catch(() => undefined);
    expect(items.slice(0, 1)).toEqual([1]);
    expect(items).not.toContain(4);
  });

  it('tells a subscription that its connection was lost', async () => {
    respond = (socket, { id }) => answer(socket, id, { result: 7 });
    const lost = deferred<Error>();
    const handlers = { onItem: () => undefined, onLost: (error: Error) => lost.resolve(error) };
    await transport.subscribe({ method: 'start', unsubscribe: 'stop', params: [] }, handlers, never);
    for (const socket of server.clients) socket.terminate();
    expect(await lost.promise).toMatchObject({ code: 'CHAIN_UNREACHABLE', data: { reason: 'dropped' } });
  });

  it('ends what is in flight when it is closed and opens nothing any more', async () => {
    const reached = deferred<undefined>();
    respond = () => reached.resolve(undefined);
    const pending = transport.send('a', [], never);
    const outcome = failureOf(pending);
    await reached.promise;
    await transport.close();
    expect(await outcome).toMatchObject({ data: { reason: 'closed' } });
    await expect(transport.send('a', [], never)).rejects.toMatchObject({ data: { reason: 'closed' } });
  });
});

describe('a batch over a WebSocket', () => {
  const calls = [
    { method: 'a', params: [1] },
    { method: 'b', params: [2] },
    { method: 'c', params: [3] },
  ];
  const replies = (requests: Request[]): object[] =>
    requests.map(({ id, params }) => ({ jsonrpc: '2.0', id, result: params }));
  const results = [{ result: [1] }, { result: [2] }, { result: [3] }];

  it('is one message whose answers come in any order, errors among them', async () => {
    respondBatch = (socket, requests) => {
      const [first, second, third] = requests;
      const error = { code: -32601, message: 'Method not found' };
      const all = [
        { id: third?.id, result: null },
        { id: second?.id, error },
        { id: first?.id, result: 'x' },
      ];
      socket.send(JSON.stringify(all));
    };
    expect(await transport.sendBatch(calls, never)).toEqual([
      { result: 'x' },
      { error: expect.objectContaining({ code: 'CHAIN_RPC_ERROR', data: expect.objectContaining({ method: 'b' }) }) },
      { result: null },
    ]);
  });

  it('may be answered by single messages, and beside single questions', async () => {
    const held: [WebSocket, Request[]][] = [];
    respondBatch = (socket, requests) => held.push([socket, requests]);
    respond = (socket, { id }) => {
      answer(socket, id, { result: 'single' });
      for (const [to, requests] of held) for (const reply of replies(requests)) to.send(JSON.stringify(reply));
    };
    const both = [transport.sendBatch(calls, never), transport.send('d', [], never)];
    expect(await Promise.all(both)).toEqual([results, 'single']);
  });

  it('says which of its calls has no answer', async () => {
    respondBatch = (socket, requests) => socket.send(JSON.stringify(replies(requests.slice(0, 2))));
    expect(await transport.sendBatch(calls, never)).toEqual([
      ...results.slice(0, 2),
      { error: expect.objectContaining({ code: 'CHAIN_BAD_ANSWER', data: expect.objectContaining({ method: 'c' }) }) },
    ]);
  });

  it('is refused as a whole by an error without an id, which costs nothing else', async () => {
    const refusal = {
      jsonrpc: '2.0',
      id: null,
      error: { code: -32005, message: 'Batched requests are not supported' },
    };
    respondBatch = (socket) => socket.send(JSON.stringify(refusal));
    const single = transport.send('a', [], never);
    const refused = [transport.sendBatch(calls, never), transport.sendBatch(calls, never)];
    for (const one of await Promise.allSettled(refused)) {
      expect(one).toMatchObject({ reason: { code: 'CHAIN_RPC_ERROR', data: { rpcCode: -32005 } } });
    }
    expect(await single).toBe('a!');
    expect(await transport.send('b', [], never)).toBe('b!');
    expect(transport.epoch).toBe(1);
  });

  it('is lost with its socket, and with a message of another shape', async () => {
    respondBatch = (socket) => socket.terminate();
    await expect(transport.sendBatch(calls, never)).rejects.toMatchObject({ data: { reason: 'dropped' } });
    respondBatch = (socket, requests) => socket.send(JSON.stringify([...replies(requests), 'oops']));
    await expect(transport.sendBatch(calls, never)).rejects.toMatchObject({ code: 'CHAIN_BAD_ANSWER' });
    respondBatch = (socket, requests) => socket.send(JSON.stringify(replies(requests)));
    expect(await transport.sendBatch(calls, never)).toEqual(results);
    expect(transport.epoch).toBe(3);
  });

  it('is forgotten when it is aborted; its late answer, or refusal, disturbs nobody', async () => {
    const held = deferred<[WebSocket, Request[]]>();
    respondBatch = (socket, requests) => held.resolve([socket, requests]);
    const control = new AbortController();
    const aborted = transport.sendBatch(calls, control.signal);
    const [socket, requests] = await held.promise;
    control.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    socket.send(JSON.stringify(replies(requests)));
    expect(await transport.send('d', [], never)).toBe('d!');
    expect(transport.epoch).toBe(1);
  });
});

describe('a large answer over a WebSocket', () => {
  const large = `0x${'ab'.repeat(4000)}`;

  it('is given to its reader as bytes, whoever else is answered meanwhile', async () => {
    respond = (socket, { id, method }) => answer(socket, id, { result: method === 'large' ? [large, null] : method });
    const read = transport.sendRaw('large', [], never, ({ bytes, isPlain }) => [isPlain, bytes.toString()]);
    const both = await Promise.all([read, transport.send('small', [], never)]);
    expect(both).toEqual([[true, JSON.stringify([large, null])], 'small']);
  });

  it('is parsed for who wants the value, and written again for who wants bytes of one that had to be parsed', async () => {
    respond = (socket, { id }) => answer(socket, id, { result: `${large}ä` });
    expect(await transport.send('a', [], never)).toBe(`${large}ä`);
    const read = ({ bytes, isPlain }: { bytes: Buffer; isPlain: boolean }): unknown => [isPlain, bytes.toString()];
    expect(await transport.sendRaw('a', [], never, read)).toEqual([false, JSON.stringify(`${large}ä`)]);
    respond = (socket, { id }) => answer(socket, id, { result: null });
    expect(await transport.sendRaw('a', [], never, read)).toEqual([true, 'null']);
  });

  it('fails as its reader does, and with the node’s own error', async () => {
    respond = (socket, { id }) => answer(socket, id, { result: large });
    const failing = transport.sendRaw('a', [], never, () => {
      throw new Error('cannot read this');
    });
    await expect(failing).rejects.toThrow('cannot read this');
    respond = (socket, { id }) => answer(socket, id, { error: { code: 4003, message: large } });
    await expect(transport.sendRaw('a', [], never, () => 1)).rejects.toMatchObject({ data: { rpcCode: 4003 } });
    expect(transport.epoch).toBe(1);
  });

  it('that is not UTF-8 is a broken answer', async () => {
    respond = (socket, { id }) => {
      const bytes = Buffer.from(JSON.stringify({ id, result: large }));
      bytes[30] = 0xff;
      socket.send(bytes);
    };
    await expect(transport.sendRaw('a', [], never, () => 1)).rejects.toMatchObject({ code: 'CHAIN_BAD_ANSWER' });
  });
});

describe('the name of an end point', () => {
  it('has neither credentials nor query', () => {
    expect(wsEndPoint('wss://user:secret@node.example:9944/?key=secret').name).toBe('wss://node.example:9944');
    expect(wsEndPoint('ws://127.0.0.1:19944').name).toBe('ws://127.0.0.1:19944');
    expect(wsEndPoint('wss://node.example/crust/').name).toBe('wss://node.example/crust/');
  });
});
