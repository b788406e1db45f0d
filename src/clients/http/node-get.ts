import { once } from 'node:events';
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { flatHeaders } from './flat-headers.ts';
import type { HttpAnswer } from './transport.ts';

/**
 * One GET over a connection of its own by Node's client. For answers that are read with pauses: undici 7 ends the process with an assertion, out
 * of reach of any handler, when the other side closes its connection while the reader pauses (nodejs/undici#5360; mended in 8, which needs
 * Node 22), and calls an answer broken whose last bytes still wait to be read when a kept connection is closed.
 */
export async function getByNode(request: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Aborted when the transport closes. */
  readonly closing: AbortSignal;
}): Promise<HttpAnswer> {
  const { url, headers } = request;
  const signal = AbortSignal.any([request.signal, request.closing]);
  const get = new URL(url).protocol === 'https:' ? getHttps : getHttp;
  const sent = get(url, { headers, signal, agent: false });
  // Before the head `once` tells of an error, and after it the reading of the body does; without a listener it would end the process.
  sent.on('error', () => undefined);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return {
    status: answer.statusCode ?? 0,
    headers: flatHeaders(answer.headers),
    body: answer,
    trailers: () => flatHeaders(answer.trailers),
  };
}
