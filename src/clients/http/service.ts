import mapValues from 'lodash/mapValues.js';
import type { z } from 'zod';
import type { EndPoint } from '../../config/end-point.ts';
import { type ErrorCode, type ErrorData, SmError } from '../../domain/errors.ts';
import { printable } from '../../lib/printable.ts';
import type { Clock } from '../../runtime/clock.ts';
import { abortError } from './abort.ts';
import { mismatch, wholeAnswer } from './checked.ts';
import { withoutOwnCredentials } from './own-credentials.ts';
import { TimeLimit } from './time-limit.ts';
import type { HttpAnswer, HttpRequest, HttpTransport, WholeAnswer, WholeLimits } from './transport.ts';

/** How the errors of one service are called. */
export interface ServiceNames {
  /** As operators call it: `sWorker`. */
  readonly service: string;
  readonly unreachable: ErrorCode;
  readonly badAnswer: ErrorCode;
  /** The connection was lost in the middle of an answer. */
  readonly brokenOff: ErrorCode;
}

export interface CallLimits {
  readonly signal: AbortSignal;
  /** Longest wait for the other side in all; `Infinity` where a stall is judged elsewhere. */
  readonly limitMs: number;
  /** Longest answer. */
  readonly maxBytes: number;
}

export interface StreamedAnswer {
  readonly status: number;
  /** Must be read to its end or left by `break`; rejects with the service's errors. */
  readonly chunks: AsyncGenerator<Uint8Array, void, undefined>;
  trailers(): Readonly<Record<string, string>>;
}

export interface TextAnswer {
  readonly status: number;
  readonly text: string;
}

export type Call = Omit<HttpRequest, 'signal'>;

/** Calls to one HTTP service with limits in time and size, and every failure as an `SmError` that names end point and call. */
export class HttpService {
  readonly #names: ServiceNames;
  readonly #endPoint: EndPoint;
  readonly #transport: HttpTransport;
  readonly #clock: Clock;

  constructor(options: { names: ServiceNames; endPoint: EndPoint; transport: HttpTransport; clock: Clock }) {
    this.#names = options.names;
    this.#endPoint = options.endPoint;
    this.#transport = options.transport;
    this.#clock = options.clock;
  }

  /** A whole answer, waited for at once: this is the way of the many short calls. */
  async text(call: Call, { signal, limitMs, maxBytes }: CallLimits): Promise<TextAnswer> {
    const limit = new TimeLimit(this.#clock, limitMs, signal);
    let hasHead = false;
    const limits: WholeLimits = {
      maxBytes,
      tooLong: (sizeBytes) => this.#tooLong(call, sizeBytes, maxBytes),
      onHead: () => (hasHead = true),
    };
    try {
      return await limit.during(async () => {
        const request = { ...call, signal: limit.signal };
        const { status, bytes } = await (this.#transport.sendWhole?.(request, limits) ??
          this.#collected(request, limits));
        return { status, text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8') };
      });
    } catch (error) {
      throw this.#failure(call, error, { limit, signal, hasHead });
    } finally {
      limit.release();
    }
  }

  async stream(call: Call, { signal, limitMs, maxBytes }: CallLimits): Promise<StreamedAnswer> {
    const limit = new TimeLimit(this.#clock, limitMs, signal);
    try {
      const answer = await limit.during(async () => this.#transport.send({ ...call, signal: limit.signal }));
      return {
        status: answer.status,
        chunks: this.#chunks(call, answer, { limit, signal, maxBytes }),
        trailers: () => answer.trailers(),
      };
    } catch (error) {
      limit.release();
      throw this.#failure(call, error, { limit, signal, hasHead: false });
    }
  }

  /** The answer's value as the schema gives it, or the service's bad-answer error. */
  checked<T>(schema: z.ZodType<T>, call: Call, value: unknown): T {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const { field, expected, found } = mismatch(result.error, value);
    throw this.badAnswer(call, `${field}: ${expected}, found ${found}`, { field, found });
  }

  parsed<T>(schema: z.ZodType<T>, call: Call, text: string): T {
    return this.checked(schema, call, this.json(call, text));
  }

  json(call: Call, text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (error) {
      const found = printable(this.hidden(call, text), 80);
      throw this.badAnswer(call, `not JSON: ${found}`, { found }, error);
    }
  }

  /** @param data with `field` where one alone is wrong */
  badAnswer(call: Call, what: string, data: ErrorData = {}, cause?: unknown): SmError {
    const named = { field: wholeAnswer, ...data };
    return this.error(this.#names.badAnswer, call, `gave an answer that cannot be understood: ${what}`, named, cause);
  }

  error(code: ErrorCode, call: Call, what: string, data: ErrorData = {}, cause?: unknown): SmError {
    const name = callName(call);
    const message = `${this.#names.service} at ${this.#endPoint.printable} ${this.hidden(call, what)} (${name})`;
    const hiddenData = mapValues(data, (value) => (typeof value === 'string' ? this.hidden(call, value) : value));
    return new SmError(code, message, { endPoint: this.#endPoint.printable, call: name, ...hiddenData }, cause);
  }

  /** Words of the other side without the credentials that the call carried; before they are cut to a length. */
  hidden(call: Call, text: string): string {
    return withoutOwnCredentials(text, this.#endPoint, call.headers);
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  async #collected(request: HttpRequest, { maxBytes, tooLong, onHead }: WholeLimits): Promise<WholeAnswer> {
    const answer = await this.#transport.send(request);
    onHead();
    const parts: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const part of answer.body) {
      sizeBytes += part.byteLength;
      if (sizeBytes > maxBytes) throw tooLong(sizeBytes);
      parts.push(part);
    }
    return { status: answer.status, bytes: Buffer.concat(parts) };
  }

  #tooLong(call: Call, sizeBytes: number, maxBytes: number): SmError {
    return this.badAnswer(call, `longer than ${String(maxBytes)} bytes`, { sizeBytes });
  }

  async *#chunks(
    call: Call,
    answer: HttpAnswer,
    { limit, signal, maxBytes }: { limit: TimeLimit; signal: AbortSignal; maxBytes: number },
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const body = answer.body[Symbol.asyncIterator]();
    let sizeBytes = 0;
    let ended = false;
    try {
      for (;;) {
        const next = await limit.during(async () => body.next());
        if (next.done === true) break;
        sizeBytes += next.value.byteLength;
        if (sizeBytes > maxBytes) throw this.#tooLong(call, sizeBytes, maxBytes);
        yield next.value;
      }
      ended = true;
    } catch (error) {
      throw this.#failure(call, error, { limit, signal, hasHead: true });
    } finally {
      limit.release();
      if (!ended) await body.return?.();
    }
  }

  #failure(
    call: Call,
    error: unknown,
    { limit, signal, hasHead }: { limit: TimeLimit; signal: AbortSignal; hasHead: boolean },
  ): Error {
    if (error instanceof SmError) return error;
    if (signal.aborted) return abortError(signal);
    if (limit.reached !== undefined) {
      return this.error(this.#names.unreachable, call, `gave ${limit.reached.message}`, {
        limitMs: limit.reached.limitMs,
      });
    }
    const reason = transportReason(error);
    const [code, what] = hasHead
      ? [this.#names.brokenOff, 'broke its answer off']
      : [this.#names.unreachable, 'cannot be reached'];
    return this.error(code, call, `${what}: ${reason}`, { reason }, error);
  }
}

/** The body as text, cut at `maxBytes`; bytes that are no UTF-8 become replacement characters. */
export async function bodyText(answer: StreamedAnswer, maxBytes = Infinity): Promise<string> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of answer.chunks) {
    parts.push(chunk);
    sizeBytes += chunk.byteLength;
    if (sizeBytes > maxBytes) break;
  }
  return Buffer.concat(parts).toString('utf8');
}

function callName({ method, path }: Call): string {
  return printable(`${method} ${path.replace(/\?[^]*$/u, '')}`, 120);
}

/** The system's word for what happened (`ECONNREFUSED`), or the library's message. */
function transportReason(error: unknown): string {
  if (!(error instanceof Error)) return printable(String(error), 120);
  const { cause } = error;
  const code = codeOf(error) ?? (cause instanceof Error ? codeOf(cause) : undefined);
  return printable(code === undefined ? error.message : `${error.message} (${code})`, 160);
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
