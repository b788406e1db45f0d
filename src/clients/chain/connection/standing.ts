import type { SmError } from '../../../domain/errors.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { Logger } from '../../../runtime/log.ts';
import type { ChainLimits } from './limits.ts';

export type EndPointStatus = 'untried' | 'usable' | 'away' | 'wrong-genesis';

interface StandingParts {
  readonly endPoint: string;
  readonly limits: Pick<ChainLimits, 'retryMs' | 'wrongGenesisRetryMs' | 'doubtMs'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What is thought of an end point, and when it is worth asking again. Every change is logged once. */
export class Standing {
  readonly #parts: StandingParts;
  #status: EndPointStatus = 'untried';
  #lastError: SmError | undefined;
  #retryAtMs = 0;
  #doubtedUntilMs = 0;
  /** What the newest look at its synchronisation said; null before the first. */
  syncing: boolean | null = null;

  constructor(parts: StandingParts) {
    this.#parts = parts;
  }

  get status(): EndPointStatus {
    return this.#status;
  }

  get lastError(): SmError | undefined {
    return this.#lastError;
  }

  /** Whether it is not worth asking for a moment. */
  get resting(): boolean {
    return this.#parts.clock.monotonicMs() < this.#retryAtMs;
  }

  /** Whether it answered wrongly a while ago: others are asked before it. */
  get doubted(): boolean {
    return this.#parts.clock.monotonicMs() < this.#doubtedUntilMs;
  }

  /** After an answer that was an error, of the wrong shape, or cannot be true. */
  answeredWrongly(error: SmError): void {
    const { clock, limits, logger } = this.#parts;
    const isNew = !this.doubted;
    this.#doubtedUntilMs = clock.monotonicMs() + limits.doubtMs;
    if (isNew)
      logger.warn(
        'Chain end point gave a wrong answer: others are asked first',
        { code: error.code, ...error.data },
        error,
      );
  }

  answered(): void {
    if (this.#status !== 'usable') this.#becomes('usable', undefined);
    this.#lastError = undefined;
  }

  isOfAnotherChain(error: SmError): void {
    this.#restFor(this.#parts.limits.wrongGenesisRetryMs);
    this.#becomes('wrong-genesis', error);
  }

  /** After `CHAIN_UNREACHABLE`. */
  lost(error: SmError): void {
    const reason = error.data['reason'];
    // Do not knock again at once.
    if (reason === 'refused') this.#restFor(this.#parts.limits.retryMs);
    // A connection that broke under too large an answer is opened again by the smaller question that follows.
    if (reason !== 'closed' && reason !== 'too-large') this.#becomes('away', error);
  }

  #restFor(durationMs: number): void {
    this.#retryAtMs = this.#parts.clock.monotonicMs() + durationMs;
  }

  #becomes(status: EndPointStatus, error: SmError | undefined): void {
    const { endPoint, logger } = this.#parts;
    const before = this.#status;
    this.#status = status;
    this.#lastError = error;
    if (status !== 'usable') this.syncing = null;
    if (status === before) return;
    if (status === 'usable') logger.info('Chain end point answers', { endPoint });
    else if (status === 'wrong-genesis') logger.error('Chain end point left out', error?.data, error);
    else logger.warn('Chain end point is away', error?.data);
  }
}
