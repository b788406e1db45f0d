import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { AnswerPool } from '../chain/answer-text.ts';
import { ClientSocket } from '../chain/client-socket.ts';
import { Counters } from '../chain/counters.ts';
import { childInput } from '../harness/child.ts';
import type { ChainShape } from './block-mix.ts';
import { CatchupAnswers } from './catchup-answers.ts';

// The chain of the catch-up, in a process of its own: it ends when the bench lets go of it.

const { shape, latencyMs } = childInput() as { readonly shape: ChainShape; readonly latencyMs: number };
const answers = new CatchupAnswers(shape);
const counters = new Counters();
const pool = new AnswerPool();
const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 16 * 1024 ** 2 });
await once(sockets, 'listening');
sockets.on('connection', (socket) => {
  const client = new ClientSocket(socket, { answers, node: answers, pool, counters, latencyMs: () => latencyMs });
  socket.on('message', (data: Buffer) => client.receive(data));
  socket.on('error', () => socket.terminate());
  socket.on('close', () => client.close());
});
process.on('message', () => process.send?.(counters.takeReport()));
process.on('disconnect', () => process.exit(0));
process.send?.({ url: `ws://127.0.0.1:${(sockets.address() as AddressInfo).port}` });
