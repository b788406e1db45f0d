import type { WebSocket } from 'ws';
import type { AnswerPool, AnswerText } from './answer-text.ts';
import type { BenchNode } from './bench-node.ts';
import type { Counters } from './counters.ts';
import type { RpcAnswers, RpcRequest } from './rpc-answers.ts';

/** A timer is late by up to a millisecond; an answer this close to its time goes. */
const EARLY_MS = 0.5;

export interface ClientParts {
  readonly answers: Pick<RpcAnswers, 'write'>;
  readonly node: Pick<BenchNode, 'finalized' | 'header'>;
  readonly pool: AnswerPool;
  readonly counters: Counters;
  readonly latencyMs: () => number;
}

interface Outgoing {
  readonly answer: AnswerText;
  readonly dueMs: number;
  readonly requests: number;
}

/** One client: its answers leave in their order, each at its request's arrival plus the latency. */
export class ClientSocket {
  readonly #socket: WebSocket;
  readonly #parts: ClientParts;
  #outgoing: Outgoing[] = [];
  #timer: NodeJS.Timeout | undefined;
  #subscription = 0;

  constructor(socket: WebSocket, parts: ClientParts) {
    this.#socket = socket;
    this.#parts = parts;
  }

  receive(message: Buffer): void {
    const { answers, pool, counters, latencyMs } = this.#parts;
    const dueMs = performance.now() + latencyMs();
    const asked = JSON.parse(message.toString('latin1')) as RpcRequest | RpcRequest[];
    const requests = Array.isArray(asked) ? asked : [asked];
    for (const { method } of requests) counters.asked(method);
    const answer = pool.take();
    if (Array.isArray(asked)) answer.add('[');
    requests.forEach((request, index) => {
      if (index > 0) answer.add(',');
      if (!this.#subscribe(answer, request)) answers.write(answer, request);
    });
    if (Array.isArray(asked)) answer.add(']');
    counters.arrived(requests.length);
    this.#outgoing.push({ answer, dueMs, requests: requests.length });
    this.#flush();
  }

  /** Tells a subscriber of the newest finalized head. */
  notify(): void {
    if (this.#subscription === 0) return;
    const answer = this.#parts.pool.take();
    const params = { subscription: this.#subscription, result: this.#parts.node.header(this.#parts.node.finalized) };
    answer.add(JSON.stringify({ jsonrpc: '2.0', method: 'chain_finalizedHead', params }));
    this.#outgoing.push({ answer, dueMs: performance.now() + this.#parts.latencyMs() / 2, requests: 0 });
    this.#flush();
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const { requests } of this.#outgoing) this.#parts.counters.left(requests, 0);
    this.#outgoing = [];
  }

  #subscribe(answer: AnswerText, { id, method }: RpcRequest): boolean {
    const isBegin = method === 'chain_subscribeFinalizedHeads';
    if (!isBegin && method !== 'chain_unsubscribeFinalizedHeads') return false;
    this.#subscription = isBegin ? id : 0;
    answer.add(JSON.stringify({ jsonrpc: '2.0', id, result: isBegin ? id : true }));
    // Behind the answer that tells its name.
    if (isBegin) setImmediate(() => this.notify());
    return true;
  }

  #flush(): void {
    if (this.#timer !== undefined) return;
    const nowMs = performance.now();
    let sent = 0;
    for (const outgoing of this.#outgoing) {
      if (outgoing.dueMs > nowMs + EARLY_MS) break;
      this.#send(outgoing);
      sent += 1;
    }
    this.#outgoing.splice(0, sent);
    const next = this.#outgoing[0];
    if (next === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#flush();
      },
      Math.max(1, Math.floor(next.dueMs - nowMs)),
    );
  }

  #send({ answer, requests }: Outgoing): void {
    const { pool, counters } = this.#parts;
    counters.left(requests, answer.length);
    this.#socket.send(answer.bytes, { binary: false, compress: false }, () => pool.giveBack(answer));
  }
}
