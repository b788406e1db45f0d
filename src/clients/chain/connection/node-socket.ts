import { WebSocket } from 'ws';
import type { RawData } from 'ws';
import { letGo } from './let-go.ts';
import { readingSocket } from './reading-socket.ts';
import { ReceiveMemory } from './receive-memory.ts';

export interface NodeSocketHandlers {
  onOpen(): void;
  /** The bytes are only lent: their memory is used for others afterwards. */
  onMessage(bytes: Buffer): void;
  /** Exactly once, also when it never opened. Nothing comes after it. */
  onClose(cause: Error | undefined): void;
}

export interface NodeSocketLimits {
  readonly maxMessageBytes: number;
  readonly handshakeTimeoutMs: number;
}

/** A WebSocket to a `ws:` or `wss:` address. */
export class NodeSocket {
  readonly #socket: WebSocket;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;

  constructor(url: string, limits: NodeSocketLimits, handlers: NodeSocketHandlers) {
    const memory = new ReceiveMemory();
    const socket = new WebSocket(url, {
      createConnection: () => readingSocket(new URL(url), memory),
      maxPayload: limits.maxMessageBytes,
      handshakeTimeout: limits.handshakeTimeoutMs,
      // What is received is what is delivered: the memory counts on it.
      perMessageDeflate: false,
      // Whoever makes text of the bytes checks them; most are read as bytes.
      skipUTF8Validation: true,
    });
    this.#socket = socket;
    let cause: Error | undefined;
    socket.on('open', () => handlers.onOpen());
    socket.on('message', (data) => {
      const bytes = bytesOf(data);
      handlers.onMessage(bytes);
      if (memory.delivered(bytes)) letGo(bytes);
    });
    socket.on('error', (error) => (cause ??= error));
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        handlers.onClose(cause);
        resolve();
      });
    });
  }

  send(text: string): void {
    // A failing write is followed by the socket's own `close`.
    this.#socket.send(text, () => undefined);
  }

  /** Nothing is read until `resume`; what is under way to the node goes on. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  terminate(): void {
    this.#socket.terminate();
  }
}

export function isTooLarge(cause: Error | undefined): boolean {
  return cause !== undefined && 'code' in cause && cause.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
}

/** With ws's default binary type a message is one buffer. */
function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
}
