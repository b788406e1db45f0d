import { isAscii } from 'node:buffer';
import { WebSocket } from 'ws';
import type { RawData } from 'ws';
import { MIB, SECOND_MS } from '../../../domain/units.ts';
import { badAnswer } from './answers.ts';
import { messageSchema } from './messages.ts';
import { rpcFailure, unreachable } from './transport.ts';
import type {
  ChainEndPoint,
  ChainTransport,
  Subscription,
  SubscriptionHandlers,
  UnreachableReason,
} from './transport.ts';

interface Pending {
  readonly method: string;
  /** Called while the message is handled, so that a notification right behind it finds its subscription. */
  readonly onResult: (result: unknown) => void;
  readonly onError: (error: Error) => void;
}

export interface WsTransportLimits {
  /** A larger message ends the connection with the reason `too-large`. */
  readonly maxMessageBytes: number;
  readonly handshakeTimeoutMs: number;
}

const defaultLimits: WsTransportLimits = { maxMessageBytes: 64 * MIB, handshakeTimeoutMs: 10 * SECOND_MS };

/** An end point at a `ws:` or `wss:` address. Credentials and query are used to connect and are not part of its name. */
export function wsEndPoint(url: string, limits: Partial<WsTransportLimits> = {}): ChainEndPoint {
  const { protocol, host, pathname } = new URL(url);
  const name = `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
  return { name, transport: new WsTransport(name, url, { ...defaultLimits, ...limits }) };
}

/** JSON-RPC over one WebSocket at a time. */
export class WsTransport implements ChainTransport {
  readonly #name: string;
  readonly #url: string;
  readonly #limits: WsTransportLimits;
  readonly #pending = new Map<number, Pending>();
  readonly #subscriptions = new Map<string, SubscriptionHandlers>();
  #socket: WebSocket | undefined;
  #opened: Promise<WebSocket> | undefined;
  #lastId = 0;
  #epoch = 0;
  #closed = false;

  constructor(name: string, url: string, limits: WsTransportLimits) {
    this.#name = name;
    this.#url = url;
    this.#limits = limits;
  }

  get epoch(): number {
    return this.#epoch;
  }

  async send(method: string, params: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    return this.#call(method, params, signal, (result) => result);
  }

  async subscribe(
    subscription: Subscription,
    handlers: SubscriptionHandlers,
    signal: AbortSignal,
  ): Promise<() => void> {
    const { method, params, unsubscribe } = subscription;
    return this.#call(method, params, signal, (result) => {
      if (typeof result !== 'string' && typeof result !== 'number') {
        throw badAnswer(this.#name, method, 'result', result);
      }
      const id = String(result);
      this.#subscriptions.set(id, handlers);
      return () => {
        if (!this.#subscriptions.delete(id)) return;
        this.#write(unsubscribe, [result]);
      };
    });
  }

  reset(): void {
    this.#drop('dropped');
  }

  async close(): Promise<void> {
    this.#closed = true;
    const socket = this.#socket;
    this.#drop('closed');
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  }

  async #call<T>(
    method: string,
    params: readonly unknown[],
    signal: AbortSignal,
    convert: (result: unknown) => T,
  ): Promise<T> {
    signal.throwIfAborted();
    await this.#open();
    signal.throwIfAborted();
    return new Promise<T>((resolve, reject) => {
      const id = this.#write(method, params);
      const forget = (): void => {
        this.#pending.delete(id);
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        forget();
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#pending.set(id, {
        method,
        onResult: (result) => {
          forget();
          try {
            resolve(convert(result));
          } catch (error) {
            reject(error);
          }
        },
        onError: (error) => {
          forget();
          reject(error);
        },
      });
    });
  }

  #write(method: string, params: readonly unknown[]): number {
    this.#lastId += 1;
    // A failing write is followed by the socket's own `close`, which fails everything pending.
    this.#socket?.send(JSON.stringify({ jsonrpc: '2.0', id: this.#lastId, method, params }), () => undefined);
    return this.#lastId;
  }

  async #open(): Promise<WebSocket> {
    if (this.#closed) throw unreachable(this.#name, 'closed');
    this.#opened ??= this.#connect();
    return this.#opened;
  }

  async #connect(): Promise<WebSocket> {
    const socket = new WebSocket(this.#url, {
      maxPayload: this.#limits.maxMessageBytes,
      handshakeTimeout: this.#limits.handshakeTimeoutMs,
      perMessageDeflate: false,
    });
    this.#socket = socket;
    return new Promise<WebSocket>((resolve, reject) => {
      let cause: Error | undefined;
      socket.on('open', () => {
        this.#epoch += 1;
        resolve(socket);
      });
      socket.on('error', (error) => (cause = error));
      socket.on('close', () => {
        reject(unreachable(this.#name, this.#closed ? 'closed' : 'refused', cause));
        if (this.#socket === socket) this.#forgetSocket(isTooLarge(cause) ? 'too-large' : 'dropped', cause);
      });
      socket.on('message', (data) => this.#onMessage(socket, data));
    });
  }

  #onMessage(socket: WebSocket, data: RawData): void {
    if (this.#socket !== socket) return;
    const text = textOf(data);
    const message = parsedMessage(text);
    if (message === undefined) {
      this.#forgetSocket('dropped', undefined, (method) => badAnswer(this.#name, method, 'message', text));
      socket.terminate();
      return;
    }
    if ('params' in message) {
      this.#subscriptions.get(String(message.params.subscription))?.onItem(message.params.result);
      return;
    }
    // Unknown when its question was aborted.
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    if (message.error !== undefined) pending.onError(rpcFailure(this.#name, pending.method, message.error));
    else if ('result' in message) pending.onResult(message.result);
    else pending.onError(badAnswer(this.#name, pending.method, 'result', undefined));
  }

  #drop(reason: UnreachableReason): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#forgetSocket(reason, undefined);
    socket.terminate();
  }

  #forgetSocket(reason: UnreachableReason, cause: unknown, errorFor?: (method: string) => Error): void {
    this.#socket = undefined;
    this.#opened = undefined;
    const error = unreachable(this.#name, reason, cause);
    // Each removes itself from the map, which iterating a map allows.
    for (const pending of this.#pending.values()) pending.onError(errorFor?.(pending.method) ?? error);
    const subscriptions = [...this.#subscriptions.values()];
    this.#subscriptions.clear();
    for (const handlers of subscriptions) handlers.onLost(error);
  }
}

/** With ws's default binary type a message is one buffer. Pages of hex are all ASCII, and several times faster to convert as such. */
function textOf(data: RawData): string {
  const bytes = Buffer.isBuffer(data) ? data : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
}

function parsedMessage(text: string): ReturnType<typeof messageSchema.parse> | undefined {
  try {
    return messageSchema.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isTooLarge(error: Error | undefined): boolean {
  return error !== undefined && 'code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
}
