import { Pool } from 'undici';
import type { EndPoint } from '../../config/end-point.ts';
import { basicAuthorization } from './authorization.ts';
import type { HttpAnswer, HttpRequest, HttpTransport } from './transport.ts';

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

  constructor(endPoint: EndPoint, { connections, connectTimeoutMs = 10_000 }: UndiciTransportOptions = {}) {
    const url = new URL(endPoint.reveal());
    this.#basePath = url.pathname.replace(/\/+$/u, '');
    this.#headers = basicAuthorization(url);
    this.#pool = new Pool(url.origin, {
      connections: connections ?? null,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: connectTimeoutMs },
    });
  }

  async send({ method, path, headers, body, signal }: HttpRequest): Promise<HttpAnswer> {
    const answer = await this.#pool.request({
      method,
      path: `${this.#basePath}${path}` || '/',
      headers: { ...this.#headers, ...headers },
      body: body ?? null,
      signal,
    });
    return {
      status: answer.statusCode,
      headers: flat(answer.headers),
      body: answer.body,
      trailers: () => flat(answer.trailers),
    };
  }

  /** Running requests are cut. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) result[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return result;
}
