import { z } from 'zod';
import type { EndPoint } from '../../config/end-point.ts';
import type { Secret } from '../../config/secret.ts';
import { KIB, SECOND_MS } from '../../domain/units.ts';
import { printable } from '../../lib/printable.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type Call, HttpService, type TextAnswer } from '../http/service.ts';
import type { HttpTransport } from '../http/transport.ts';

const reasons = ['skipFile', 'pullDisabled', 'failed'] as const;
type SealDenial = (typeof reasons)[number];

/** `skipFile`: another node takes it; `pullDisabled`: not now; `failed`: every other answer. `detail` is what came, fit for a log line. */
export type SealAnswer =
  | { readonly seal: true }
  | { readonly seal: false; readonly reason: SealDenial; readonly detail: string };

const sealAnswer = z.object({ seal: z.boolean(), reason: z.string() });

const limits = { limitMs: 10 * SECOND_MS, maxBytes: 64 * KIB };

/**
 * The optional service that decides which node of an operator seals a file. Throws COORDINATOR_UNAUTHORIZED for a 401, COORDINATOR_UNREACHABLE
 * when it or what stands before it is away, COORDINATOR_BAD_ANSWER for what is no answer to the question.
 */
export class CoordinatorClient {
  readonly #service: HttpService;
  readonly #nodeUuid: string;
  readonly #authToken: Secret;

  constructor(options: {
    endPoint: EndPoint;
    nodeUuid: string;
    authToken: Secret;
    transport: HttpTransport;
    clock: Clock;
  }) {
    this.#service = new HttpService({
      ...options,
      names: {
        service: 'The seal coordinator',
        unreachable: 'COORDINATOR_UNREACHABLE',
        badAnswer: 'COORDINATOR_BAD_ANSWER',
        brokenOff: 'COORDINATOR_UNREACHABLE',
      },
    });
    this.#nodeUuid = options.nodeUuid;
    this.#authToken = options.authToken;
  }

  /** Resolves when it answers 200. */
  async ping(signal: AbortSignal): Promise<void> {
    const call = this.#call('GET', '/ping');
    const { status } = await this.#ask(call, signal);
    if (status !== 200) throw this.#service.badAnswer(call, `HTTP ${String(status)}`, { httpStatus: status });
  }

  /** Asks whether this node may seal the file. */
  async requestSeal(cid: string, signal: AbortSignal): Promise<SealAnswer> {
    const call = this.#sealCall('POST', cid);
    const { status, text } = await this.#ask(call, signal);
    const detail = `HTTP ${String(status)}: ${printable(this.#service.hidden(call, text), 200)}`;
    const answer = parsed(text);
    if (!isSuccess(status) || answer === undefined) return { seal: false, reason: 'failed', detail };
    if (answer.seal && answer.reason === 'ok') return { seal: true };
    return { seal: false, reason: reasons.find((reason) => reason === answer.reason) ?? 'failed', detail };
  }

  /** Tells it that this node does not, or no longer, hold the file. Resolves when that was answered; what the answer says changes nothing. */
  async withdrawSeal(cid: string, signal: AbortSignal): Promise<void> {
    const call = this.#sealCall('DELETE', cid);
    const { status } = await this.#ask(call, signal);
    if (!isSuccess(status) && status !== 404) {
      throw this.#service.badAnswer(call, `HTTP ${String(status)}`, { httpStatus: status });
    }
  }

  async close(): Promise<void> {
    await this.#service.close();
  }

  async #ask(call: Call, signal: AbortSignal): Promise<TextAnswer> {
    const answer = await this.#service.text(call, { ...limits, signal });
    const data = { httpStatus: answer.status };
    if (answer.status === 401) {
      throw this.#service.error('COORDINATOR_UNAUTHORIZED', call, 'does not accept sealCoordinator.authToken', data);
    }
    if (answer.status === 502 || answer.status === 503 || answer.status === 504) {
      throw this.#service.error('COORDINATOR_UNREACHABLE', call, `is away: HTTP ${String(answer.status)}`, data);
    }
    return answer;
  }

  #sealCall(method: 'POST' | 'DELETE', cid: string): Call {
    return this.#call(method, `/node/${encodeURIComponent(this.#nodeUuid)}/seal/${encodeURIComponent(cid)}`);
  }

  #call(method: Call['method'], path: string): Call {
    return { method, path, headers: { nodeId: this.#nodeUuid, authorization: `Bearer ${this.#authToken.reveal()}` } };
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function parsed(text: string): z.infer<typeof sealAnswer> | undefined {
  try {
    return sealAnswer.safeParse(JSON.parse(text)).data;
  } catch {
    // A body that is not JSON is an answer too: not the one that lets a seal begin.
    return undefined;
  }
}
