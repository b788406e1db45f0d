import { badAnswer } from '../connection/answers.ts';
import type { Question } from './questions.ts';
import type { RpcCall, RpcOutcome } from '../connection/transport.ts';

/** A batch in flight: its calls are answered one by one, each by its own id, in any order. */
export class PendingBatch {
  readonly questions: readonly Question[];
  readonly #endPoint: string;
  readonly #outcomes: (RpcOutcome | undefined)[];
  readonly #resolve: (outcomes: readonly RpcOutcome[]) => void;
  readonly #reject: (error: Error) => void;
  #open: number;

  constructor(parts: {
    readonly endPoint: string;
    readonly calls: readonly RpcCall[];
    readonly resolve: (outcomes: readonly RpcOutcome[]) => void;
    readonly reject: (error: Error) => void;
  }) {
    this.#endPoint = parts.endPoint;
    this.#resolve = parts.resolve;
    this.#reject = parts.reject;
    this.#open = parts.calls.length;
    this.#outcomes = parts.calls.map(() => undefined);
    this.questions = parts.calls.map(
      ({ method }, index): Question => ({
        method,
        batch: this,
        onResult: (result) => this.#settle(index, { result }),
        onFailure: (error) => this.#settle(index, { error }),
        onLost: (error) => this.fail(error),
      }),
    );
  }

  fail(error: Error): void {
    this.#reject(error);
  }

  /** Its message has come: a call that it does not answer stays without one. */
  end(): void {
    this.questions.forEach(({ method }, index) => {
      if (this.#outcomes[index] !== undefined) return;
      this.#settle(index, { error: badAnswer(this.#endPoint, method, 'batch', undefined) });
    });
  }

  #settle(index: number, outcome: RpcOutcome): void {
    this.#outcomes[index] = outcome;
    this.#open -= 1;
    if (this.#open > 0) return;
    this.#resolve(this.#outcomes.filter((one) => one !== undefined));
  }
}
