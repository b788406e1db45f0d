import partition from 'lodash/partition.js';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/**
 * What befalls one request: `drop` cuts the connection before anything happened, `dropAnswer` after the request was carried out,
 * `error500` answers 500 with a text, `garbage` and `half` spoil the answer of a request that was carried out, `delay` holds the request back
 * until `release()`.
 */
export type HttpFault = 'drop' | 'dropAnswer' | 'error500' | 'garbage' | 'half' | 'delay';

/** Decides per request; `undefined` lets it pass. `path` is without the query. */
export type HttpFaultDecider = (request: {
  method: string;
  path: string;
  query: URLSearchParams;
}) => HttpFault | undefined;

/** A place between the socket and a handler where faults can be put in and taken out while it runs. */
export class HttpFaults {
  /** Replace at any time; affects requests that arrive from then on. */
  decide: HttpFaultDecider | undefined;
  private held: (() => void)[] = [];
  private watchers: { count: number; resolve: () => void }[] = [];

  /** Resolves as soon as `delay` holds this many requests back. */
  untilHeld(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.watchers.push({ count, resolve });
      this.tellWatchers();
    });
  }

  /** Lets every held request go on. */
  release(): void {
    const held = this.held;
    this.held = [];
    for (const go of held) go();
  }

  wrap(handler: RequestListener): RequestListener {
    return (request, response) => {
      switch (this.faultFor(request)) {
        case undefined:
          handler(request, response);
          break;
        case 'drop':
          request.socket.destroy();
          break;
        case 'error500':
          request.resume();
          response.writeHead(500, { 'Content-Type': 'text/plain' }).end('Internal Server Error');
          break;
        case 'delay':
          this.held.push(() => handler(request, response));
          this.tellWatchers();
          break;
        case 'dropAnswer':
          spoil(response, () => undefined);
          handler(request, response);
          break;
        case 'half':
          spoil(response, (body) => body.subarray(0, Math.floor(body.length / 2)));
          handler(request, response);
          break;
        case 'garbage':
          garble(response);
          handler(request, response);
          break;
      }
    };
  }

  private tellWatchers(): void {
    const [reached, rest] = partition(this.watchers, (watcher) => this.held.length >= watcher.count);
    this.watchers = rest;
    for (const watcher of reached) watcher.resolve();
  }

  private faultFor(request: IncomingMessage): HttpFault | undefined {
    if (this.decide === undefined) return undefined;
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    return this.decide({ method: request.method ?? 'GET', path: url.pathname, query: url.searchParams });
  }
}

const toBuffer = (chunk: unknown): Buffer =>
  typeof chunk === 'string' || chunk instanceof Uint8Array ? Buffer.from(chunk as Uint8Array) : Buffer.alloc(0);

const garbage = (chunk: unknown): Buffer => Buffer.alloc(toBuffer(chunk).length, '#');

/** Collects what the handler writes; at its end sends the part that `cut` leaves over (nothing at all for `undefined`) and cuts the connection. */
function spoil(response: ServerResponse, cut: (body: Buffer) => Buffer | undefined): void {
  const socket = response.socket;
  const write = response.write.bind(response);
  const chunks: Buffer[] = [];
  response.write = ((chunk: unknown) => {
    chunks.push(toBuffer(chunk));
    return true;
  }) as typeof response.write;
  response.end = ((chunk: unknown) => {
    chunks.push(toBuffer(chunk));
    const rest = cut(Buffer.concat(chunks));
    if (rest === undefined || rest.length === 0) socket?.destroy();
    else write(rest, () => socket?.destroy());
    return response;
  }) as typeof response.end;
}

/** Replaces every byte the handler writes by one that no parser takes, lengths and status unchanged. */
function garble(response: ServerResponse): void {
  const write = response.write.bind(response);
  const end = response.end.bind(response);
  response.write = ((chunk: unknown) => write(garbage(chunk))) as typeof response.write;
  response.end = ((chunk: unknown) => end(garbage(chunk))) as typeof response.end;
}
