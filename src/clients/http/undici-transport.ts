import { setMaxListeners } from 'node:events';
import { Pool } from 'undici';
import type { EndPoint } from '../../config/end-point.ts';
import { basicAuthorization } from './authorization.ts';
import { flatHeaders } from './flat-headers.ts';
import { requestByNode } from './node-request.ts';
import type { HttpAnswer, HttpRequest, HttpTransport, WholeAnswer, WholeLimits } from './transport.ts';
import { dispatchWhole } from './whole-answer.ts';

export interface UndiciTransportOptions {
  /** Connections at once, a request beyond them waits for one; unlimited without it, because every running pin holds one for hours. */
  readonly connections?: number;
  readonly connectTimeoutMs?: number;
}

/** HTTP/1.1 over kept connections. Time limits are the caller's: a `pin/add` or `repo/gc` may rightly be silent for hours. */
export class UndiciTransport implements HttpTransport {
  readonly #pool: Pool;
  readonly #basePath: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #origin: string;
  readonly #closing = new AbortController();

  constructor(endPoint: EndPoint, { connections, connectTimeoutMs = 10_000 }: UndiciTransportOptions = {}) {
    // Every request that is read slowly listens to it: many are no leak.
    setMaxListeners(0, this.#closing.signal);
    const url = new URL(endPoint.reveal());
    this.#basePath = url.pathname.replace(/\/+$/u, '');
    this.#headers = basicAuthorization(url);
    this.#origin = url.origin;
    this.#pool = new Pool(url.origin, {
      connections: connections ?? null,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: connectTimeoutMs },
    });
  }

  async send({ method, path, headers, body, readsSlowly, signal }: HttpRequest): Promise<HttpAnswer> {
    const fullPath = `${this.#basePath}${path}` || '/';
    const allHeaders = { ...this.#headers, ...headers };
    if (readsSlowly === true) {
      const url = `${this.#origin}${fullPath}`;
      return await requestByNode({ url, method, headers: allHeaders, body, signal, closing: this.#closing.signal });
    }
    const answer = await this.#pool.request({
      method,
      path: fullPath,
      headers: allHeaders,
      body: body ?? null,
      signal,
    });
    return {
      status: answer.statusCode,
      headers: flatHeaders(answer.headers),
      body: answer.body,
      trailers: () => flatHeaders(answer.trailers),
    };
  }

  async sendWhole({ method, path, headers, body, signal }: HttpRequest, limits: WholeLimits): Promise<WholeAnswer> {
    const options = {
      origin: this.#origin,
      method,
      path: `${this.#basePath}${path}` || '/',
      headers: { ...this.#headers, ...headers },
      body: body ?? null,
    };
    return await dispatchWhole(this.#pool, options, limits, signal);
  }

  /** Running requests are cut. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#pool.destroy();
  }
}
