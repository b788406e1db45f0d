import { badAnswer } from '../connection/answers.ts';
import type { SmError } from '../../../domain/errors.ts';
import type { PendingBatch } from './pending-batch.ts';
import type { RawResult } from './raw-message.ts';
import { rpcFailure } from '../connection/transport.ts';
import type { RpcFailure } from '../connection/transport.ts';

/** Something asked and not answered yet. Its functions are called while the message is handled, so that a notification right behind it finds its subscription. */
export interface Question {
  readonly method: string;
  readonly batch: PendingBatch | undefined;
  readonly onResult: (result: unknown) => void;
  /** Of a question that wants its result raw. */
  readonly onRawResult?: ((result: RawResult) => void) | undefined;
  /** The node answered this question with an error or in a wrong shape. */
  readonly onFailure: (error: SmError) => void;
  /** Everything in flight with it was lost. */
  readonly onLost: (error: Error) => void;
}

/** The questions in flight on one connection, by their ids. */
export class Questions {
  readonly #endPoint: string;
  readonly #byId = new Map<number, Question>();
  readonly #batches = new Set<PendingBatch>();
  #lastId = 0;
  /** Batches sent for which no message came yet; also those that nobody waits for any more. */
  #unansweredBatches = 0;

  constructor(endPoint: string) {
    this.#endPoint = endPoint;
  }

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** Its id. */
  add(question: Question): number {
    const id = this.nextId();
    this.#byId.set(id, question);
    return id;
  }

  /** Its ids, in the order of the calls. */
  addBatch(batch: PendingBatch): number[] {
    this.#unansweredBatches += 1;
    this.#batches.add(batch);
    return batch.questions.map((question) => this.add(question));
  }

  forget(id: number): void {
    this.#byId.delete(id);
  }

  forgetBatch(batch: PendingBatch, ids: readonly number[]): void {
    this.#batches.delete(batch);
    for (const id of ids) this.#byId.delete(id);
  }

  /** Takes the result of a question that wants it raw; false leaves it to `answer`. */
  answerRaw(id: number, result: RawResult): boolean {
    const onRawResult = this.#byId.get(id)?.onRawResult;
    if (onRawResult === undefined) return false;
    this.#byId.delete(id);
    onRawResult(result);
    return true;
  }

  /** An unknown id is that of a question that was aborted. Says which batch it belongs to. */
  answer(message: {
    readonly id: number;
    readonly result?: unknown;
    readonly error?: RpcFailure;
  }): PendingBatch | undefined {
    const question = this.#byId.get(message.id);
    if (question === undefined) return undefined;
    this.#byId.delete(message.id);
    const { method, batch } = question;
    if (message.error !== undefined) question.onFailure(rpcFailure(this.#endPoint, method, message.error));
    else if ('result' in message) question.onResult(message.result);
    else question.onFailure(badAnswer(this.#endPoint, method, 'result', undefined));
    return batch;
  }

  /** The message of a batch was handled. */
  endBatches(batches: Iterable<PendingBatch>): void {
    this.#unansweredBatches = Math.max(0, this.#unansweredBatches - 1);
    for (const batch of batches) batch.end();
  }

  /**
   * An error without an id is how a node refuses a whole batch; it does not say which. All in flight are failed, because the one that is refused would
   * otherwise wait for ever. False when none can be meant.
   */
  refuseBatches(failure: RpcFailure): boolean {
    if (this.#unansweredBatches === 0) return false;
    this.#unansweredBatches -= 1;
    const error = rpcFailure(this.#endPoint, 'batch', failure);
    for (const batch of this.#batches) batch.fail(error);
    return true;
  }

  /** Each removes itself meanwhile, which iterating a map allows. */
  lose(errorFor: (method: string) => Error): void {
    this.#unansweredBatches = 0;
    for (const question of this.#byId.values()) question.onLost(errorFor(question.method));
  }
}
