import { isAscii } from 'node:buffer';
import { badAnswer } from '../connection/answers.ts';
import { JsonCursor } from './json-cursor.ts';
import { holdsTooManyValues } from './value-count.ts';

/** Below this a message is parsed as quickly as it is searched. */
const LARGE_BYTES = 4096;
const BACKSLASH = 0x5c;

/** The JSON text of an answer's result. The bytes are only lent: other messages are read into their memory. */
export interface RawResult {
  readonly bytes: Buffer;
  /** All ASCII and without escapes: its texts stand there as they are. */
  readonly isPlain: boolean;
}

/** For a result that came as a value. One that is nested too deeply to be written again is no answer to anything. */
export function rawResultOf(result: unknown, endPoint: string, method: string): RawResult {
  try {
    const bytes = Buffer.from(JSON.stringify(result));
    return { bytes, isPlain: isPlain(bytes) };
  } catch (error) {
    if (error instanceof RangeError) throw badAnswer(endPoint, method, 'result', result);
    throw error;
  }
}

/** The value of a result whose bytes were not what their reader expects. */
export function parsedResult(endPoint: string, method: string, { bytes }: RawResult): unknown {
  const text = bytes.toString('utf8');
  if (holdsTooManyValues(bytes)) throw badAnswer(endPoint, method, 'result', text);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw badAnswer(endPoint, method, 'result', text);
    throw error;
  }
}

function isPlain(bytes: Buffer): boolean {
  return isAscii(bytes) && !bytes.includes(BACKSLASH);
}

/**
 * The id and the result of a large answer, found without parsing it; undefined for anything else. The result is balanced, but nothing in it has been
 * looked at.
 */
export function rawMessage(bytes: Buffer): { readonly id: number; readonly result: RawResult } | undefined {
  if (bytes.length < LARGE_BYTES || !isPlain(bytes)) return undefined;
  const cursor = new JsonCursor(bytes);
  let id: number | undefined;
  let result: Buffer | undefined;
  let hasVersion = false;
  if (!cursor.openObject()) return undefined;
  do {
    if (!cursor.name()) return undefined;
    if (cursor.said('result') && result === undefined) {
      const from = cursor.at;
      if (!cursor.skipValue()) return undefined;
      result = bytes.subarray(from, cursor.at);
    } else if (cursor.said('id') && id === undefined) {
      id = cursor.wholeNumber();
      if (id === undefined) return undefined;
    } else if (cursor.said('jsonrpc') && !hasVersion) {
      hasVersion = cursor.text() && cursor.said('2.0');
      if (!hasVersion) return undefined;
    } else {
      // An error, an item of a subscription, or a name that stands twice.
      return undefined;
    }
  } while (cursor.comma());
  if (!cursor.closeObject() || !cursor.isAtEnd() || id === undefined || result === undefined) return undefined;
  return { id, result: { bytes: result, isPlain: true } };
}
