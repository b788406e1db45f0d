import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as fc from 'fast-check';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  checked,
  hashSchema,
  headerSchema,
  healthSchema,
  hexSchema,
  runtimeVersionSchema,
} from '../../../src/clients/chain/connection/answers.ts';
import { defaultLimits, WsTransport } from '../../../src/clients/chain/connection/ws-transport.ts';
import { parsedResult } from '../../../src/clients/chain/messages/raw-message.ts';
import { mustEqual, outcomeOf } from '../harness/judge.ts';
import { changed, changes } from '../harness/mutation.ts';
import { type Target, target } from '../harness/target.ts';

const going = new AbortController().signal;
const results: readonly unknown[] = [
  `0x${'5a'.repeat(32)}`,
  `0x${'5a'.repeat(6000)}`,
  { number: '0x7', parentHash: `0x${'5a'.repeat(32)}` },
  { specName: 'crust', specVersion: 25 },
  { isSyncing: false, peers: 3, shouldHavePeers: true },
  [{ block: '0x', changes: Array.from({ length: 90 }, (_, index) => [`0x${index}`, `0x${'00'.repeat(30)}`]) }],
  null,
];
const schemas = [hashSchema, hexSchema, headerSchema, runtimeVersionSchema, healthSchema];

interface Asked {
  readonly id: number;
}

/** A node that answers whatever `reply` makes, and hangs up. */
class Node {
  readonly #server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  reply: (asked: Asked | readonly Asked[]) => Buffer = () => Buffer.alloc(0);

  constructor() {
    this.#server.on('connection', (socket: WebSocket) => {
      socket.on('error', () => undefined);
      socket.on('message', (data: Buffer) => {
        const asked: Asked | Asked[] = JSON.parse(data.toString());
        socket.send(this.reply(asked), { binary: false });
        socket.close();
      });
    });
  }

  async url(): Promise<string> {
    if (this.#server.address() === null) await once(this.#server, 'listening');
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Not before it is asked: it keeps a process alive. */
let started: Node | undefined;

type Way = 'send' | 'sendRaw' | 'sendBatch' | 'subscribe';

async function ask(transport: WsTransport, way: Way): Promise<unknown> {
  if (way === 'send') return await transport.send('x', [], going);
  if (way === 'sendRaw') {
    return await transport.sendRaw('x', [], going, (result) => parsedResult('ws://node', 'x', result));
  }
  const calls = [
    { method: 'a', params: [] },
    { method: 'b', params: [] },
  ];
  if (way === 'sendBatch') return await transport.sendBatch(calls, going);
  const handlers = { onItem: () => undefined, onLost: () => undefined };
  await transport.subscribe({ method: 's', unsubscribe: 'u', params: [] }, handlers, going);
  return undefined;
}

/** Messages of a chain node, whatever was asked. */
export const messages: Target = target({
  name: 'messages',
  inputs: fc.record({
    way: fc.constantFrom<Way>('send', 'sendRaw', 'sendBatch', 'subscribe'),
    result: fc.nat(results.length - 1),
    isError: fc.constantFrom(false, false, false, true),
    changes,
  }),
  judge: async ({ way, result, isError, changes: list }) => {
    const node = (started ??= new Node());
    let sent: Buffer = Buffer.alloc(0);
    const told = isError
      ? { error: { code: -32000, message: 'Client error: \u001b[31m' } }
      : { result: results[result] };
    node.reply = (asked) => {
      const answers = [asked].flat().map(({ id }) => ({ jsonrpc: '2.0', id, ...told }));
      sent = changed(Buffer.from(JSON.stringify(Array.isArray(asked) ? answers : answers[0])), list);
      return sent;
    };
    const transport = new WsTransport('ws://node', await node.url(), defaultLimits);
    try {
      const outcome = await outcomeOf(async () => await ask(transport, way));
      if (outcome.error !== undefined || (way !== 'send' && way !== 'sendRaw')) return;
      const said: unknown = JSON.parse(sent.toString('utf8'));
      mustEqual(
        'the result',
        outcome.value,
        typeof said === 'object' && said !== null && 'result' in said ? said.result : undefined,
      );
      for (const schema of schemas) await outcomeOf(() => checked<unknown>(schema, 'ws://node', 'x', outcome.value));
    } finally {
      await transport.close();
    }
  },
  close: async () => {
    await started?.close();
    started = undefined;
  },
});
