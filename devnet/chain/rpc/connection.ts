import type { WebSocket } from 'ws';
import { z } from 'zod';

import type { ChainRpc } from '../rpc.ts';
import { RpcError } from './error.ts';
import { RpcSession } from './session.ts';

/**
 * drop: no answer, ever. error: an error answer. cut: the connection ends instead of an answer. null: a null result.
 * half: the first half of the answer's text, then the connection ends. delay-until-released: the answer waits.
 */
export type Fault = 'drop' | 'error' | 'cut' | 'null' | 'half' | 'delay-until-released';

type Controls = {
  readonly faultOf: (method: string, params: readonly unknown[]) => Fault | undefined;
  readonly isMuted: () => boolean;
};

const requestSchema = z.object({
  id: z.union([z.number(), z.string(), z.null()]).optional(),
  method: z.string(),
  params: z.array(z.unknown()).default([]),
});

type Request = z.infer<typeof requestSchema>;
type Reply = { jsonrpc: '2.0'; id: Request['id']; result?: unknown; error?: RpcError };

/** One client of a node: reads requests from its socket, answers them, sends it notifications. */
export class ClientConnection {
  readonly #rpc: ChainRpc;
  readonly #socket: WebSocket;
  readonly #controls: Controls;
  readonly #session: RpcSession;
  #held: (() => void)[] = [];

  constructor(rpc: ChainRpc, socket: WebSocket, controls: Controls) {
    this.#rpc = rpc;
    this.#socket = socket;
    this.#controls = controls;
    this.#session = new RpcSession(({ method, subscription, result }) => {
      if (!controls.isMuted()) this.#send({ jsonrpc: '2.0', method, params: { subscription, result } });
    });
  }

  /** A frame with one request or a list of them. */
  receive(frame: string): void {
    const requests = parseFrame(frame);
    if (requests === undefined) {
      this.#send({ jsonrpc: '2.0', id: null, error: new RpcError(-32700, 'Parse error') });
      return;
    }
    const list = Array.isArray(requests) ? requests : [requests];
    const faults = list.map(({ method, params }) => this.#controls.faultOf(method, params));
    const fault = faults.find((planned) => planned !== undefined);
    switch (fault) {
      case 'drop':
        return;
      case 'cut':
        this.#socket.terminate();
        return;
      case 'delay-until-released':
        this.#held.push(() => this.#answer(requests, undefined));
        return;
      case 'half':
      case 'error':
      case 'null':
      case undefined:
        this.#answer(requests, fault);
    }
  }

  release(): void {
    const held = this.#held;
    this.#held = [];
    for (const answer of held) answer();
  }

  close(): void {
    this.#held = [];
    this.#session.close();
  }

  #answer(requests: Request | Request[], fault: 'half' | 'error' | 'null' | undefined): void {
    const reply = (request: Request) => this.#reply(request, fault);
    const text = JSON.stringify(Array.isArray(requests) ? requests.map(reply) : reply(requests));
    if (fault === 'half') {
      this.#socket.send(text.slice(0, Math.ceil(text.length / 2)), () => this.#socket.terminate());
      return;
    }
    this.#socket.send(text);
    this.#session.replySent();
  }

  #reply({ id, method, params }: Request, fault: 'half' | 'error' | 'null' | undefined): Reply {
    if (fault === 'null') return { jsonrpc: '2.0', id, result: null };
    if (fault === 'error') return { jsonrpc: '2.0', id, error: new RpcError(-32000, 'Server error: fault injected') };
    try {
      return { jsonrpc: '2.0', id, result: this.#rpc.handle(method, params, this.#session) };
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return { jsonrpc: '2.0', id, error };
    }
  }

  #send(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }
}

/** Undefined for what is not JSON or no request. */
function parseFrame(frame: string): Request | Request[] | undefined {
  const schema = z.union([requestSchema, z.array(requestSchema).min(1)]);
  try {
    return schema.safeParse(JSON.parse(frame)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
