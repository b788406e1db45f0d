import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { addAbortSignal } from 'node:stream';
import { MINUTE_MS } from '../../domain/units.ts';
import { flatHeaders } from './flat-headers.ts';
import type { HttpAnswer, HttpRequest } from './transport.ts';

interface NodeRequest extends Pick<HttpRequest, 'method' | 'body' | 'signal'> {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Aborted when the transport closes. */
  readonly closing: AbortSignal;
}

/**
 * One request over a connection of its own by Node's client. For answers that are read with pauses: undici 7 ends the process with an assertion, out
 * of reach of any handler, when the other side closes its connection while the reader pauses (nodejs/undici#5360; mended in 8, which needs
 * Node 22), and calls an answer broken whose last bytes still wait to be read when a kept connection is closed.
 */
export async function requestByNode({ url, method, headers, body, signal, closing }: NodeRequest): Promise<HttpAnswer> {
  const request = new URL(url).protocol === 'https:' ? requestHttps : requestHttp;
  const sent = request(url, { method, headers, signal, agent: false });
  // Before the head `once` tells of an error, and after it the reading of the body does; without a listener it would end the process.
  sent.on('error', () => undefined);
  // By a listener that goes with the request: `AbortSignal.any` would leave something on `closing` with each one on Node 20.
  addAbortSignal(closing, sent);
  // A command may rightly be silent for hours; a host that has gone is noticed all the same, as undici does it.
  sent.setSocketKeepAlive(true, MINUTE_MS);
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return {
    status: answer.statusCode ?? 0,
    headers: flatHeaders(answer.headers),
    body: answer,
    trailers: () => flatHeaders(answer.trailers),
  };
}
