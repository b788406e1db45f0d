import { z } from 'zod';
import type { Ask, BlockRef } from '../ask.ts';
import { badAnswer, checked } from '../connection/answers.ts';
import type { ChainConnection } from '../connection/chain-connection.ts';
import { JsonCursor } from '../messages/json-cursor.ts';
import type { CallAt } from '../flow/batches.ts';
import { parsedResult } from '../messages/raw-message.ts';
import type { RawResult } from '../messages/raw-message.ts';
import { RequestSize } from '../flow/request-size.ts';
import { isTooMuchAtOnce } from '../connection/rpc-errors.ts';
import { spanOfText, startsWith, textOfSpan } from '../scale/hex-span.ts';
import type { HexSpan } from '../scale/hex-span.ts';
import { decodedAt, Undecodable } from '../scale/undecodable.ts';
import { KeysTogether } from './keys-together.ts';

const METHOD = 'state_getKeysPaged';
const keysSchema = z.array(z.string());

export interface StorageKeysQuery {
  readonly prefix: string;
  readonly limit: number;
  readonly after: string | null;
  readonly at: BlockRef;
}

/** Makes what is wanted of one key, which begins with the prefix asked for. The span is to be read at once. */
type KeyParser<T> = (key: HexSpan) => T;

/** Reads pages of storage keys, smaller ones after a page was too large. One per client: it remembers what the nodes can carry. */
export class StorageKeys {
  readonly #size: RequestSize;
  readonly #distant = new Map<ChainConnection, KeysTogether>();

  constructor(maxPerRequest: number) {
    this.#size = new RequestSize(maxPerRequest);
  }

  /** The next storage keys under a prefix: ascending, behind `after`, none outside the prefix; anything else is `CHAIN_BAD_ANSWER`. */
  async page(connection: ChainConnection, query: StorageKeysQuery, ask: Ask): Promise<string[]> {
    return this.parse(connection, query, ask, textOfSpan);
  }

  /** What `parse` makes of each key of the page; it may be called twice for a key. An empty page is the end, a short one is not. */
  async parse<T>(connection: ChainConnection, query: StorageKeysQuery, ask: Ask, parse: KeyParser<T>): Promise<T[]> {
    for (let limit = Math.min(query.limit, this.#size.current); ; ) {
      try {
        const asked = { ...query, limit };
        const keys = connection.isFar
          ? await this.#together(connection, asked, ask, parse)
          : await this.#alone(connection, asked, ask, parse);
        this.#size.noteGood();
        return keys;
      } catch (error) {
        if (limit < 2 || !isTooMuchAtOnce(error)) throw error;
        limit = this.#size.noteTooMuch(limit);
      }
    }
  }

  async #alone<T>(connection: ChainConnection, query: StorageKeysQuery, ask: Ask, parse: KeyParser<T>): Promise<T[]> {
    const { name } = connection;
    return connection.requestLargeAt(callOf(query), ask, (result) =>
      decodedAt(name, query.at, () => parsePage(name, result, query, parse)),
    );
  }

  async #together<T>(
    connection: ChainConnection,
    query: StorageKeysQuery,
    ask: Ask,
    parse: KeyParser<T>,
  ): Promise<T[]> {
    let together = this.#distant.get(connection);
    if (together === undefined) {
      together = new KeysTogether(connection);
      this.#distant.set(connection, together);
    }
    const outcome = await together.ask(callOf(query), ask);
    if ('error' in outcome) throw outcome.error;
    return decodedAt(connection.name, query.at, () => checkedPage(connection.name, outcome.result, query, parse));
  }
}

function callOf({ prefix, limit, after, at }: StorageKeysQuery): CallAt {
  // Some nodes take the parameters by count: a start key that is not wanted must still stand as null when a block follows it.
  return { method: METHOD, params: [prefix, limit, after, at.hash], at };
}

/** The keys of one answer; see `StorageKeys`. */
export function parsePage<T>(endPoint: string, result: RawResult, query: StorageKeysQuery, parse: KeyParser<T>): T[] {
  const cut = result.isPlain ? cutOrNot(result.bytes, query, parse) : undefined;
  return cut ?? checkedPage(endPoint, parsedResult(endPoint, METHOD, result), query, parse);
}

function checkedPage<T>(endPoint: string, result: unknown, query: StorageKeysQuery, parse: KeyParser<T>): T[] {
  const keys = checked(keysSchema, endPoint, METHOD, result);
  if (keys.length > query.limit) throw badAnswer(endPoint, METHOD, 'result.length', keys.length);
  let last = query.after ?? '';
  keys.forEach((key, index) => {
    if (!key.startsWith(query.prefix) || key <= last) throw badAnswer(endPoint, METHOD, `result.${index}`, key);
    last = key;
  });
  return keys.map((key) => parse(spanOfText(key)));
}

/** Undefined also for a key that cannot be parsed: what is wrong is found by reading all of the answer. */
function cutOrNot<T>(bytes: Buffer, query: StorageKeysQuery, parse: KeyParser<T>): T[] | undefined {
  try {
    return cutPage(bytes, query, parse);
  } catch (error) {
    if (error instanceof Undecodable) return undefined;
    throw error;
  }
}

/** A page as it should be, cut out of its bytes; undefined for any other. */
function cutPage<T>(bytes: Buffer, query: StorageKeysQuery, parse: KeyParser<T>): T[] | undefined {
  const cursor = new JsonCursor(bytes);
  const prefix = Buffer.from(query.prefix);
  let last: HexSpan = spanOfText(query.after ?? '');
  let shared = 0;
  const found: T[] = [];
  if (!cursor.openList()) return undefined;
  if (!cursor.closeList()) {
    do {
      if (!cursor.text()) return undefined;
      const key = { bytes, from: cursor.from, to: cursor.to };
      if (!startsWith(key, prefix) || !isBehind(key, last, shared)) return undefined;
      found.push(parse(key));
      last = key;
      shared = prefix.length;
    } while (cursor.comma());
    if (!cursor.closeList()) return undefined;
  }
  return cursor.isAtEnd() && found.length <= query.limit ? found : undefined;
}

/** @param shared so many first bytes are known to be the same */
function isBehind(key: HexSpan, last: HexSpan, shared: number): boolean {
  const end = Math.min(key.to - key.from, last.to - last.from);
  for (let index = shared; index < end; index += 1) {
    const [own, other] = [key.bytes[key.from + index] ?? 0, last.bytes[last.from + index] ?? 0];
    if (own !== other) return own > other;
  }
  return key.to - key.from > last.to - last.from;
}
