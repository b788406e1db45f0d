import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { AnswerPool } from './answer-text.ts';
import { BenchNode } from './bench-node.ts';
import { BenchWorld, type BenchChainOptions, blockOfDay } from './bench-world.ts';
import { ClientSocket } from './client-socket.ts';
import { type CounterReport, Counters } from './counters.ts';
import { RpcAnswers } from './rpc-answers.ts';

const MAX_REQUEST_BYTES = 16 * 1024 ** 2;

/** A chain node that makes its orders as they are asked for. */
export class BenchServer {
  readonly #sockets: WebSocketServer;
  readonly #node = new BenchNode();
  readonly #counters = new Counters();
  readonly #clients = new Set<ClientSocket>();
  #ticking: NodeJS.Timeout | undefined;
  latencyMs: number;

  private constructor(sockets: WebSocketServer, world: BenchWorld, options: BenchChainOptions) {
    this.#sockets = sockets;
    this.latencyMs = options.latencyMs ?? 0;
    const parts = {
      answers: new RpcAnswers(world, this.#node),
      node: this.#node,
      pool: new AnswerPool(),
      counters: this.#counters,
      latencyMs: () => this.latencyMs,
    };
    sockets.on('connection', (socket) => {
      const client = new ClientSocket(socket, parts);
      this.#clients.add(client);
      socket.on('message', (data: Buffer) => client.receive(data));
      socket.on('error', () => socket.terminate());
      socket.on('close', () => {
        client.close();
        this.#clients.delete(client);
      });
    });
  }

  /** Listens on a free port of the loopback interface once the index of its orders is made. */
  static async listen(options: BenchChainOptions): Promise<BenchServer> {
    const world = new BenchWorld(options);
    // Made before the first question waits for it.
    void world.index.count;
    const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: MAX_REQUEST_BYTES });
    await once(sockets, 'listening');
    return new BenchServer(sockets, world, options);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#sockets.address() as AddressInfo).port}`;
  }

  /** The chain as it is on a later day. */
  goTo(day: number): void {
    this.#finalize(blockOfDay(day));
  }

  /** A new finalized block this often, each with its events; 0 lets the chain stand still. */
  setBlockMs(blockMs: number): void {
    clearInterval(this.#ticking);
    if (blockMs === 0) return;
    this.#ticking = setInterval(() => {
      this.#node.finalizeBusy();
      this.#tell();
    }, blockMs);
  }

  takeCounters(): CounterReport {
    return this.#counters.takeReport();
  }

  async close(): Promise<void> {
    clearInterval(this.#ticking);
    for (const socket of this.#sockets.clients) socket.terminate();
    await new Promise<void>((resolve) => this.#sockets.close(() => resolve()));
  }

  #finalize(block: number): void {
    this.#node.finalize(block);
    this.#tell();
  }

  #tell(): void {
    for (const client of this.#clients) client.notify();
  }
}
