import { isAscii, isUtf8 } from 'node:buffer';
import { MIB, SECOND_MS } from '../../../domain/units.ts';
import type { RightOfWay } from '../../../runtime/right-of-way.ts';
import { badAnswer } from './answers.ts';
import { parsedMessages } from '../messages/messages.ts';
import type { Message } from '../messages/messages.ts';
import { PendingBatch } from '../messages/pending-batch.ts';
import { Questions } from '../messages/questions.ts';
import { rawMessage, rawResultOf } from '../messages/raw-message.ts';
import type { RawResult } from '../messages/raw-message.ts';
import { holdsTooManyValues } from '../messages/value-count.ts';
import { isTooLarge, NodeSocket } from './node-socket.ts';
import type { NodeSocketLimits } from './node-socket.ts';
import { unreachable } from './transport.ts';
import type {
  ChainEndPoint,
  ChainTransport,
  RpcCall,
  RpcOutcome,
  Subscription,
  SubscriptionHandlers,
  UnreachableReason,
} from './transport.ts';

/** A message larger than `maxMessageBytes` ends the connection with the reason `too-large`. */
export type WsTransportLimits = NodeSocketLimits;

/** A node answers with 15 MiB at most, unless it was told otherwise (`--rpc-max-response-size`). */
export const defaultLimits: WsTransportLimits = { maxMessageBytes: 16 * MIB, handshakeTimeoutMs: 10 * SECOND_MS };

/** An end point at a `ws:` or `wss:` address. Credentials and query are used to connect and are not part of its name. */
export function wsEndPoint(
  url: string,
  { rightOfWay, ...limits }: Partial<WsTransportLimits> & { readonly rightOfWay?: Pick<RightOfWay, 'add'> } = {},
): ChainEndPoint {
  const { protocol, host, pathname } = new URL(url);
  const name = `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
  return { name, transport: new WsTransport(name, url, { ...defaultLimits, ...limits }, rightOfWay) };
}

/** JSON-RPC over one WebSocket at a time. */
export class WsTransport implements ChainTransport {
  readonly #name: string;
  readonly #url: string;
  readonly #limits: WsTransportLimits;
  readonly #rightOfWay: Pick<RightOfWay, 'add'> | undefined;
  readonly #questions: Questions;
  readonly #subscriptions = new Map<string, SubscriptionHandlers>();
  #socket: NodeSocket | undefined;
  #opened: Promise<void> | undefined;
  #epoch = 0;
  #closed = false;

  /** @param rightOfWay of work for which reading from the node pauses */
  constructor(name: string, url: string, limits: WsTransportLimits, rightOfWay?: Pick<RightOfWay, 'add'>) {
    this.#name = name;
    this.#url = url;
    this.#limits = limits;
    this.#rightOfWay = rightOfWay;
    this.#questions = new Questions(name);
  }

  get epoch(): number {
    return this.#epoch;
  }

  async send(method: string, params: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    return this.#call({ method, params }, signal, (result) => result);
  }

  async sendRaw<T>(
    method: string,
    params: readonly unknown[],
    signal: AbortSignal,
    read: (result: RawResult) => T,
  ): Promise<T> {
    return this.#call({ method, params }, signal, (result) => read(rawResultOf(result, this.#name, method)), read);
  }

  async sendBatch(calls: readonly RpcCall[], signal: AbortSignal): Promise<readonly RpcOutcome[]> {
    return this.#exchange<readonly RpcOutcome[]>(signal, (resolve, reject) => {
      const batch = new PendingBatch({ endPoint: this.#name, calls, resolve, reject });
      const ids = this.#questions.addBatch(batch);
      this.#write(calls.map(({ method, params }, index) => ({ jsonrpc: '2.0', id: ids[index], method, params })));
      return () => this.#questions.forgetBatch(batch, ids);
    });
  }

  async subscribe(
    subscription: Subscription,
    handlers: SubscriptionHandlers,
    signal: AbortSignal,
  ): Promise<() => void> {
    const { method, params, unsubscribe } = subscription;
    return this.#call({ method, params }, signal, (result) => {
      if (typeof result !== 'string' && typeof result !== 'number') {
        throw badAnswer(this.#name, method, 'result', result);
      }
      const id = String(result);
      this.#subscriptions.set(id, handlers);
      return () => {
        if (!this.#subscriptions.delete(id)) return;
        this.#write({ jsonrpc: '2.0', id: this.#questions.nextId(), method: unsubscribe, params: [result] });
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
    await socket?.closed;
  }

  async #call<T>(
    { method, params }: RpcCall,
    signal: AbortSignal,
    convert: (result: unknown) => T,
    convertRaw?: (result: RawResult) => T,
  ): Promise<T> {
    return this.#exchange<T>(signal, (resolve, reject) => {
      const settle = <R>(result: R, by: (result: R) => T): void => {
        try {
          resolve(by(result));
        } catch (error) {
          reject(error);
        }
      };
      const id = this.#questions.add({
        method,
        batch: undefined,
        onResult: (result) => settle(result, convert),
        onRawResult: convertRaw === undefined ? undefined : (result) => settle(result, convertRaw),
        onFailure: reject,
        onLost: reject,
      });
      this.#write({ jsonrpc: '2.0', id, method, params });
      return () => this.#questions.forget(id);
    });
  }

  /** Sends once the connection is open; what was sent is forgotten when it is answered or aborted. */
  async #exchange<T>(
    signal: AbortSignal,
    send: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void,
  ): Promise<T> {
    signal.throwIfAborted();
    await this.#open();
    signal.throwIfAborted();
    return new Promise<T>((resolve, reject) => {
      const settled = (): void => {
        forget();
        signal.removeEventListener('abort', onAbort);
      };
      const fail = (error: unknown): void => {
        settled();
        reject(error);
      };
      const onAbort = (): void => fail(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      const forget = send((value) => {
        settled();
        resolve(value);
      }, fail);
    });
  }

  #write(message: unknown): void {
    this.#socket?.send(JSON.stringify(message));
  }

  async #open(): Promise<void> {
    if (this.#closed) throw unreachable(this.#name, 'closed');
    this.#opened ??= this.#connect();
    return this.#opened;
  }

  async #connect(): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      let leave: (() => void) | undefined;
      const socket = new NodeSocket(this.#url, this.#limits, {
        onOpen: () => {
          leave = this.#rightOfWay?.add(socket);
          this.#epoch += 1;
          resolve();
        },
        onMessage: (bytes) => this.#onMessage(socket, bytes),
        onClose: (cause) => {
          leave?.();
          reject(unreachable(this.#name, this.#closed ? 'closed' : 'refused', cause));
          if (this.#socket !== socket) return;
          this.#forgetSocket(isTooLarge(cause) ? 'too-large' : 'dropped', cause);
        },
      });
      this.#socket = socket;
    });
  }

  #onMessage(socket: NodeSocket, bytes: Buffer): void {
    if (this.#socket !== socket) return;
    const raw = rawMessage(bytes);
    if (raw !== undefined && this.#questions.answerRaw(raw.id, raw.result)) return;
    const text = textOf(bytes);
    const isPlain = isUtf8(bytes) && !holdsTooManyValues(bytes);
    const parsed = isPlain ? parsedMessages(text) : undefined;
    if (parsed === undefined) {
      this.#refuse(socket, text);
      return;
    }
    const batches = new Set<PendingBatch>();
    for (const message of parsed.messages) {
      const batch = this.#onOne(message, socket, text);
      if (batch !== undefined) batches.add(batch);
    }
    if (parsed.isBatch) this.#questions.endBatches(batches);
  }

  #onOne(message: Message, socket: NodeSocket, text: string): PendingBatch | undefined {
    if ('params' in message) {
      this.#subscriptions.get(String(message.params.subscription))?.onItem(message.params.result);
    } else if (message.id !== null) {
      return this.#questions.answer(message);
    } else if (!this.#questions.refuseBatches(message.error)) {
      this.#refuse(socket, text);
    }
    return undefined;
  }

  /** After a message of another shape nothing that comes from this connection can be trusted. */
  #refuse(socket: NodeSocket, text: string): void {
    if (this.#socket !== socket) return;
    this.#forgetSocket('dropped', undefined, (method) => badAnswer(this.#name, method, 'message', text));
    socket.terminate();
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
    const { maxMessageBytes } = this.#limits;
    const error = unreachable(this.#name, reason, cause, reason === 'too-large' ? { maxMessageBytes } : {});
    this.#questions.lose((method) => errorFor?.(method) ?? error);
    const subscriptions = [...this.#subscriptions.values()];
    this.#subscriptions.clear();
    for (const handlers of subscriptions) handlers.onLost(error);
  }
}

/** Pages of hex are all ASCII, and several times faster to convert as such. */
function textOf(bytes: Buffer): string {
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
}
