import { z } from 'zod';
import type { BlockRef } from '../ask.ts';
import { badAnswer, hashSchema } from '../connection/answers.ts';
import { JsonCursor } from '../messages/json-cursor.ts';
import { parsedResult } from '../messages/raw-message.ts';
import type { RawResult } from '../messages/raw-message.ts';
import { spanOfText } from '../scale/hex-span.ts';
import type { HexSpan } from '../scale/hex-span.ts';
import { Undecodable } from '../scale/undecodable.ts';

export const QUERY_STORAGE_AT = 'state_queryStorageAt';

/** Makes what is wanted of one value; null where the chain has none. The span is to be read at once. */
export type ValueDecoder<T> = (value: HexSpan | null, index: number) => T;

export interface ChangesAnswer {
  readonly endPoint: string;
  readonly result: RawResult;
  readonly keys: readonly string[];
  readonly at: BlockRef;
}

// The changes themselves are checked by hand: a schema over thousands of pairs costs more than all the rest of reading them.
const changeSetsSchema = z.array(z.object({ block: hashSchema, changes: z.array(z.unknown()) })).max(1);

/** The values of `keys` in their order. A key that is missing from the answer is a broken answer and never an absent value. */
export function decodeChanges<T>(answer: ChangesAnswer, decode: ValueDecoder<T>): T[] {
  return cutOrNot(answer, decode) ?? parsedChanges(answer, decode);
}

/** The same from a result that came as a value. */
export function valuesOf(endPoint: string, keys: readonly string[], at: BlockRef, result: unknown): (string | null)[] {
  const sets = changeSetsSchema.safeParse(result);
  const set = sets.data?.[0];
  if (set === undefined) throw badAnswer(endPoint, QUERY_STORAGE_AT, 'result', result);
  if (set.block !== at.hash) throw badAnswer(endPoint, QUERY_STORAGE_AT, '0.block', set.block);
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
    throw badAnswer(endPoint, QUERY_STORAGE_AT, `0.changes.${key}`, set.changes[index]);
  });
}

/** Undefined also for a value that cannot be decoded: whether it is the answer's fault is found by reading all of it. */
function cutOrNot<T>(answer: ChangesAnswer, decode: ValueDecoder<T>): T[] | undefined {
  if (!answer.result.isPlain) return undefined;
  try {
    return cutChanges(answer, decode);
  } catch (error) {
    if (error instanceof Undecodable) return undefined;
    throw error;
  }
}

/**
 * The usual answer, `[{"block": …, "changes": [[key, value], …]}]` with every key in the order asked for, cut out of its bytes. Undefined for any other.
 */
function cutChanges<T>({ result, keys, at }: ChangesAnswer, decode: ValueDecoder<T>): T[] | undefined {
  const cursor = new JsonCursor(result.bytes);
  let values: T[] | undefined;
  let hasBlock = false;
  if (!cursor.openList() || !cursor.openObject()) return undefined;
  do {
    if (!cursor.name()) return undefined;
    if (cursor.said('block') && !hasBlock) {
      hasBlock = cursor.text() && cursor.said(at.hash);
      if (!hasBlock) return undefined;
    } else if (cursor.said('changes') && values === undefined) {
      values = cutPairs(cursor, keys, decode);
      if (values === undefined) return undefined;
    } else {
      return undefined;
    }
  } while (cursor.comma());
  const isWhole = cursor.closeObject() && cursor.closeList() && cursor.isAtEnd();
  return isWhole && hasBlock ? values : undefined;
}

function cutPairs<T>(cursor: JsonCursor, keys: readonly string[], decode: ValueDecoder<T>): T[] | undefined {
  const values: T[] = [];
  if (!cursor.openList()) return undefined;
  for (let index = 0; index < keys.length; index += 1) {
    if (index > 0 && !cursor.comma()) return undefined;
    if (!cursor.openList() || !cursor.text() || !cursor.said(keys[index] ?? '') || !cursor.comma()) return undefined;
    let span: HexSpan | null = null;
    if (cursor.text()) span = { bytes: cursor.bytes, from: cursor.from, to: cursor.to };
    else if (!cursor.null()) return undefined;
    if (!cursor.closeList()) return undefined;
    values.push(decode(span, index));
  }
  return cursor.closeList() ? values : undefined;
}

function parsedChanges<T>({ endPoint, result, keys, at }: ChangesAnswer, decode: ValueDecoder<T>): T[] {
  const values = valuesOf(endPoint, keys, at, parsedResult(endPoint, QUERY_STORAGE_AT, result));
  return values.map((value, index) => decode(value === null ? null : spanOfText(value), index));
}

function asPair(change: unknown): [unknown, unknown] | undefined {
  return Array.isArray(change) && change.length === 2 ? [change[0], change[1]] : undefined;
}
