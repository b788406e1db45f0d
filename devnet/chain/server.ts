import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

import type { ChainRpc } from './rpc.ts';
import { ClientConnection } from './rpc/connection.ts';
import type { Fault } from './rpc/connection.ts';

/** Decides, call by call, what goes wrong; undefined is an ordinary answer. */
export type FaultPlan = (method: string, params: readonly unknown[]) => Fault | undefined;

const MAX_FRAME_BYTES = 64 * 1024 ** 2;

/** A node's WebSocket end point. */
export class ChainServer {
  /** May be set and unset at any time. */
  faults: FaultPlan | undefined;
  /** While true no notification of any subscription is sent; those of the time are lost. */
  isMuted = false;
  readonly rpc: ChainRpc;
  readonly #sockets: WebSocketServer;
  readonly #clients = new Map<WebSocket, ClientConnection>();

  private constructor(rpc: ChainRpc, sockets: WebSocketServer) {
    this.rpc = rpc;
    this.#sockets = sockets;
    sockets.on('connection', (socket) => this.#accept(socket));
  }

  /** Listens on the loopback interface; port 0 takes a free one. */
  static async listen(rpc: ChainRpc, port = 0): Promise<ChainServer> {
    const sockets = new WebSocketServer({ host: '127.0.0.1', port, maxPayload: MAX_FRAME_BYTES });
    await once(sockets, 'listening');
    return new ChainServer(rpc, sockets);
  }

  get port(): number {
    return (this.#sockets.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  get connectionCount(): number {
    return this.#clients.size;
  }

  /** Answers everything that `delay-until-released` has held back. */
  release(): void {
    for (const client of this.#clients.values()) client.release();
  }

  /** Cuts every connection; new ones are accepted. */
  closeAll(): void {
    for (const socket of this.#clients.keys()) socket.terminate();
  }

  /** Cuts every connection and stops listening. */
  async close(): Promise<void> {
    this.closeAll();
    await new Promise<void>((resolve, reject) => {
      this.#sockets.close((error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  #accept(socket: WebSocket): void {
    const client = new ClientConnection(this.rpc, socket, {
      faultOf: (method, params) => this.faults?.(method, params),
      isMuted: () => this.isMuted,
    });
    this.#clients.set(socket, client);
    socket.on('message', (data: Buffer) => client.receive(data.toString('utf8')));
    // A broken frame or reset ends the connection; 'close' follows.
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      client.close();
      this.#clients.delete(socket);
    });
  }
}
