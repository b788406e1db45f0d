import { setMaxListeners } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { CID } from 'multiformats/cid';
import { IpfsRpcError } from '../backend.ts';

/** One RPC call on its way: the command with its options, and where the answer goes. */
export interface RpcCall {
  /** Path behind `/api/v0/`. */
  readonly command: string;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly reply: RpcReply;
  /** Aborted when the client goes away or its `timeout` option runs out; the reason's message is Go's. */
  readonly signal: AbortSignal;
}

/** Answers the way go-ipfs does: an error before the first value is HTTP 500 with JSON, a later one a trailer behind a 200. */
class RpcReply {
  readonly response: ServerResponse;

  constructor(response: ServerResponse) {
    this.response = response;
  }

  get begun(): boolean {
    return this.response.headersSent;
  }

  /** One of several values. */
  emit(value: object): void {
    this.begin({ 'X-Chunked-Output': '1', 'Content-Type': 'application/json' });
    this.response.write(`${JSON.stringify(value)}\n`);
  }

  /** A piece of a byte stream; resolves when there is room for more. */
  async write(bytes: Uint8Array): Promise<void> {
    this.begin({ 'X-Stream-Output': '1', 'Content-Type': 'text/plain' });
    if (this.response.write(bytes) || this.response.destroyed) return;
    await new Promise<void>((resolve) => {
      const go = () => {
        this.response.off('drain', go).off('close', go);
        resolve();
      };
      this.response.on('drain', go).on('close', go);
    });
  }

  end(value?: object): void {
    this.begin({ 'Content-Type': 'application/json' });
    this.response.end(value === undefined ? undefined : `${JSON.stringify(value)}\n`);
  }

  fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (this.begun) {
      this.response.addTrailers({ 'X-Stream-Error': message.replaceAll(/[^\x20-\x7e]/g, ' ') });
      this.response.end();
      return;
    }
    this.response.writeHead(500, { 'Content-Type': 'application/json' });
    this.response.end(`${JSON.stringify({ Message: message, Code: 0, Type: 'error' })}\n`);
  }

  notFound(): void {
    this.response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
  }

  methodNotAllowed(): void {
    this.response.writeHead(405, { Allow: 'OPTIONS, POST' }).end('405 - Method Not Allowed\n');
  }

  private begin(headers: Record<string, string>): void {
    if (!this.begun) this.response.writeHead(200, { Trailer: 'X-Stream-Error', ...headers });
  }
}

const PREFIX = '/api/v0/';
const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** A Go duration such as `1m30s` or `200ms`; undefined when it is none. */
export function parseGoDurationMs(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let totalMs = 0;
  for (const [, value, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    totalMs += Number(value) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return totalMs;
}

/** The canonical text of the `arg` values, which may be `/ipfs/<cid>`. Throws the daemon's error for anything else. */
export function cidArguments(query: URLSearchParams): string[] {
  return query.getAll('arg').map((argument) => {
    try {
      return CID.parse(argument.replace(/^\/ipfs\//, '')).toString();
    } catch (error) {
      throw new IpfsRpcError(`invalid path "${argument}": path does not have enough components`, { cause: error });
    }
  });
}

/** Makes a listener from an async handler. What the handler throws is answered, unless the client has gone. */
export function rpcListener(handle: (call: RpcCall) => Promise<void>): RequestListener {
  return (request, response) => {
    const reply = new RpcReply(response);
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (request.method !== 'POST') return reply.methodNotAllowed();
    if (!url.pathname.startsWith(PREFIX)) return reply.notFound();
    const context = new AbortController();
    // A walk fetches many blocks at once under this one signal.
    setMaxListeners(0, context.signal);
    const timeoutMs = parseGoDurationMs(url.searchParams.get('timeout') ?? '');
    const expire = () => context.abort(new IpfsRpcError('context deadline exceeded'));
    const timer = timeoutMs === undefined ? undefined : setTimeout(expire, timeoutMs);
    response.once('close', () => {
      clearTimeout(timer);
      if (!response.writableFinished) context.abort(new IpfsRpcError('context canceled'));
    });
    const call: RpcCall = {
      command: url.pathname.slice(PREFIX.length),
      query: url.searchParams,
      request,
      reply,
      signal: context.signal,
    };
    handle(call).catch((error: unknown) => {
      if (!response.writableEnded && !response.destroyed) reply.fail(error);
    });
  };
}
