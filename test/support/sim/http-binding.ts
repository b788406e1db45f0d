import type { HttpAnswer, HttpRequest, HttpTransport } from '../../../src/clients/http/transport.ts';
import type { CallDesk, OutsideCall, SpoiltBy } from './call-desk.ts';
import type { Life } from './life.ts';

export interface SimHttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** One HTTP service of the world. */
export interface SimHttpService {
  /** What a request is called in tables of faults. */
  nameOf(request: HttpRequest): OutsideCall;
  /** Refuses connections while false. */
  isReachable(): boolean;
  handle(request: HttpRequest): Promise<SimHttpAnswer>;
  /** An answer of the right shape that is not true, for a request that was not carried out; a 500 without it. */
  wrongAnswer?(request: HttpRequest): SimHttpAnswer;
}

/** One process's way to a service of the world. */
export class SimHttpTransport implements HttpTransport {
  readonly #service: SimHttpService;
  readonly #desk: CallDesk;
  readonly #life: Life;

  constructor(service: SimHttpService, desk: CallDesk, life: Life) {
    this.#service = service;
    this.#desk = desk;
    this.#life = life;
  }

  async send(request: HttpRequest): Promise<HttpAnswer> {
    const call = this.#service.nameOf(request);
    return await this.#desk.ask(
      call,
      this.#life,
      request.signal,
      async (fault, missed) => await this.#answer(request, fault, missed),
    );
  }

  async close(): Promise<void> {
    // Nothing is open between two answers.
  }

  async #answer(request: HttpRequest, fault: SpoiltBy, missed: () => void): Promise<HttpAnswer> {
    if (!this.#service.isReachable()) {
      missed();
      throw networkError('connect ECONNREFUSED', 'ECONNREFUSED');
    }
    if (fault === 'dropped') throw networkError('socket hang up', 'ECONNRESET');
    if (fault === 'error') return answerOf(500, [Buffer.from('Internal Server Error')]);
    if (fault === 'wrong') {
      const { status, body } = this.#service.wrongAnswer?.(request) ?? { status: 500, body: '' };
      // A question that changes nothing is asked as well, to see whether the lie is one.
      const truth = request.method === 'GET' ? await this.#service.handle(request) : undefined;
      if (truth?.status === status && truth.body === body) missed();
      return answerOf(status, [Buffer.from(body)]);
    }
    if (fault === 'repeated') await this.#service.handle(request);
    const { status, body } = await this.#service.handle(request);
    const bytes = Buffer.from(body);
    switch (fault) {
      case 'answer-dropped':
        throw networkError('socket hang up', 'ECONNRESET');
      case 'garbage':
        return answerOf(status, [Buffer.alloc(Math.max(8, bytes.length), '#')]);
      case 'half':
        return answerOf(status, [bytes.subarray(0, bytes.length >> 1)], networkError('aborted', 'ECONNRESET'));
      case 'repeated':
      case 'late':
      case undefined:
      default:
        return answerOf(status, [bytes]);
    }
  }
}

function answerOf(status: number, chunks: readonly Uint8Array[], brokenBy?: Error): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'application/text' },
    body: (async function* body() {
      yield* chunks;
      if (brokenBy !== undefined) throw brokenBy;
    })(),
    trailers: () => ({}),
  };
}

function networkError(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}
