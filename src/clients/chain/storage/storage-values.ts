import { z } from 'zod';
import type { Ask, BlockRef } from '../ask.ts';
import { badAnswer, hashSchema, hexSchema } from '../connection/answers.ts';
import type { ChainConnection } from '../connection/chain-connection.ts';
import { isTooMuchAtOnce } from '../connection/rpc-errors.ts';
import { allOrNone } from '../connection/signals.ts';

const METHOD = 'state_queryStorageAt';
/** After this many requests in a row that were not too large, batches grow by a tenth again. */
const GROW_AFTER = 20;

// The changes themselves are checked by hand: a schema over thousands of pairs costs more than all the rest of reading them.
const changeSetsSchema = z.array(z.object({ block: hashSchema, changes: z.array(z.unknown()) })).max(1);

/** Reads many storage values at one block, in batches that shrink when an answer was too large. One per client: it remembers what the nodes can carry. */
export class StorageValues {
  readonly #maxPerRequest: number;
  #perRequest: number;
  #goodRequests = 0;

  constructor(maxPerRequest: number) {
    this.#maxPerRequest = maxPerRequest;
    this.#perRequest = maxPerRequest;
  }

  /** The hex values in the order of `keys`; null where the chain has none at that block. */
  async read(
    connection: ChainConnection,
    keys: readonly string[],
    at: BlockRef,
    ask: Ask,
  ): Promise<readonly (string | null)[]> {
    const batches: (readonly string[])[] = [];
    for (let from = 0; from < keys.length; from += this.#perRequest) {
      batches.push(keys.slice(from, from + this.#perRequest));
    }
    const parts = await allOrNone(
      ask.signal,
      batches.map((batch) => async (signal) => this.#readBatch(connection, batch, at, { ...ask, signal })),
    );
    return parts.flat();
  }

  async #readBatch(
    connection: ChainConnection,
    keys: readonly string[],
    at: BlockRef,
    ask: Ask,
  ): Promise<readonly (string | null)[]> {
    try {
      const answer = await connection.requestRawAt(METHOD, [keys, at.hash], at, ask);
      const values = valuesOf(connection.name, keys, at, answer);
      this.#noteGood();
      return values;
    } catch (error) {
      if (keys.length < 2 || !isTooMuchAtOnce(error)) throw error;
      const half = Math.ceil(keys.length / 2);
      this.#perRequest = Math.max(1, Math.min(this.#perRequest, half));
      this.#goodRequests = 0;
      const first = await this.#readBatch(connection, keys.slice(0, half), at, ask);
      const second = await this.#readBatch(connection, keys.slice(half), at, ask);
      return [...first, ...second];
    }
  }

  #noteGood(): void {
    if (this.#perRequest === this.#maxPerRequest) return;
    this.#goodRequests += 1;
    if (this.#goodRequests < GROW_AFTER) return;
    this.#goodRequests = 0;
    this.#perRequest = Math.min(this.#maxPerRequest, Math.ceil(this.#perRequest * 1.1));
  }
}

/** One value that every block has, so that null is no answer to trust; null where the chain has none at that block. */
export async function storageValue(
  connection: ChainConnection,
  key: string,
  at: BlockRef,
  ask: Ask,
): Promise<string | null> {
  return connection.requestAt(hexSchema.nullable(), 'state_getStorage', [key, at.hash], at, ask);
}

/** A key that is missing from the answer is a broken answer and never an absent value. */
function valuesOf(endPoint: string, keys: readonly string[], at: BlockRef, answer: unknown): (string | null)[] {
  const sets = changeSetsSchema.safeParse(answer);
  const set = sets.data?.[0];
  if (set === undefined) throw badAnswer(endPoint, METHOD, 'result', answer);
  if (set.block !== at.hash) throw badAnswer(endPoint, METHOD, '0.block', set.block);
  let byKey: ReadonlyMap<unknown, unknown> | undefined;
  return keys.map((key, index) => {
    const change = asPair(set.changes[index]);
    let value = change?.[1];
    if (change?.[0] !== key) {
      // A node answers a key that was asked twice only once, and other software may answer in an order of its own.
      byKey ??= new Map(set.changes.map(asPair).filter((other) => other !== undefined));
      value = byKey.get(key);
    }
    if (value === null || typeof value === 'string') return value;
    throw badAnswer(endPoint, METHOD, `0.changes.${key}`, set.changes[index]);
  });
}

function asPair(change: unknown): [unknown, unknown] | undefined {
  return Array.isArray(change) && change.length === 2 ? [change[0], change[1]] : undefined;
}
