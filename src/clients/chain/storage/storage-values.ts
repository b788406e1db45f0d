import { SmError } from '../../../domain/errors.ts';
import type { Ask, BlockRef } from '../ask.ts';
import type { ChainConnection } from '../connection/chain-connection.ts';
import { RequestSize } from '../flow/request-size.ts';
import { isTooLarge, isTooMuchAtOnce } from '../connection/rpc-errors.ts';
import { allOrNone } from '../connection/signals.ts';
import { textOfSpan } from '../scale/hex-span.ts';
import { decodedAt } from '../scale/undecodable.ts';
import { assertStateOf, stateProofKey } from './state-proof.ts';
import { decodeChanges, QUERY_STORAGE_AT } from './storage-changes.ts';
import type { ChangesAnswer, ValueDecoder } from './storage-changes.ts';

type Line = Pick<ChainConnection, 'name' | 'isFar' | 'valuesAtOnce' | 'requestLargeAt'>;

/**
 * A distant node is asked for so many times as much at once: a page in one question instead of two. What passes in a round trip is then bounded by
 * the line and not by the few questions that may be under way.
 */
const FAR_FACTOR = 2;

/** Reads many storage values at one block, in batches that shrink when an answer was too large. One per client: it remembers what the nodes can carry. */
export class StorageValues {
  readonly #size: RequestSize;

  constructor(maxPerRequest: number) {
    this.#size = new RequestSize(maxPerRequest);
  }

  /** The hex values in the order of `keys`; null where the chain has none at that block. */
  async read(connection: Line, keys: readonly string[], at: BlockRef, ask: Ask): Promise<readonly (string | null)[]> {
    return this.decode(connection, keys, at, ask, (value) => (value === null ? null : textOfSpan(value)));
  }

  /**
   * What `decode` makes of each value, in the order of `keys`. A batch is decoded when it arrives, so that no answer waits in memory for another;
   * `decode` may be called twice for a value.
   */
  async decode<T>(
    connection: Line,
    keys: readonly string[],
    at: BlockRef,
    ask: Ask,
    decode: ValueDecoder<T>,
  ): Promise<readonly T[]> {
    const batches = evenParts(keys.length, this.#valuesAtOnce(connection, ask));
    const parts = await allOrNone(
      ask.signal,
      batches.map(([from, to]) => async (signal) => {
        const batch = { keys: keys.slice(from, to), at, decode: shifted(decode, from) };
        return this.#readBatch(connection, batch, { ...ask, signal });
      }),
    );
    return parts.flat();
  }

  #valuesAtOnce({ isFar, valuesAtOnce }: Line, { priority }: Ask): number {
    const { current, isWhole } = this.#size;
    return priority === 'bulk' ? Math.min(valuesAtOnce, isFar && isWhole ? FAR_FACTOR * current : current) : current;
  }

  async #readBatch<T>(connection: Line, batch: Batch<T>, ask: Ask): Promise<readonly T[]> {
    const { keys, at, decode } = batch;
    try {
      const proven = [...keys, stateProofKey];
      const question = { method: QUERY_STORAGE_AT, params: [proven, at.hash], at, values: keys.length };
      const values = await connection.requestLargeAt(question, ask, (result) =>
        decodedAt(connection.name, at, () =>
          provenValues({ endPoint: connection.name, result, keys: proven, at }, decode),
        ),
      );
      this.#size.noteGood();
      return values;
    } catch (error) {
      if (keys.length < 2 && isTooLarge(error)) throw tooLargeAlone(error, keys[0]);
      if (keys.length < 2 || !isTooMuchAtOnce(error)) throw error;
      const half = this.#size.noteTooMuch(keys.length);
      const first = await this.#readBatch(connection, { keys: keys.slice(0, half), at, decode }, ask);
      const rest = { keys: keys.slice(half), at, decode: shifted(decode, half) };
      return [...first, ...(await this.#readBatch(connection, rest, ask))];
    }
  }
}

interface Batch<T> {
  readonly keys: readonly string[];
  readonly at: BlockRef;
  readonly decode: ValueDecoder<T>;
}

/** Without the last one, which has to prove that they come from the state that was asked about. */
function provenValues<T>(answer: ChangesAnswer, decode: ValueDecoder<T>): T[] {
  const last = answer.keys.length - 1;
  const values: T[] = [];
  decodeChanges(answer, (value, index) => {
    if (index < last) values[index] = decode(value, index);
    else assertStateOf(answer.at, value, answer.endPoint);
  });
  return values;
}

/** Cannot be halved. The bound stands in our own data or in the node's words. */
function tooLargeAlone(error: SmError, key: string | undefined): SmError {
  return new SmError(error.code, `One value alone is too large: ${error.message}`, { ...error.data, key }, error);
}

function shifted<T>(decode: ValueDecoder<T>, by: number): ValueDecoder<T> {
  return by === 0 ? decode : (value, index) => decode(value, index + by);
}

/** Bounds of as few parts as may be of at most `max`, none much smaller than the others. */
function evenParts(count: number, max: number): [number, number][] {
  const parts = Math.ceil(count / max);
  return Array.from({ length: parts }, (_, part) => [
    Math.floor((part * count) / parts),
    Math.floor(((part + 1) * count) / parts),
  ]);
}
