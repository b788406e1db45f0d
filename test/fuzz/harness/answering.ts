import type { HttpAnswer, HttpTransport } from '../../../src/clients/http/transport.ts';
import { EndPoint } from '../../../src/config/end-point.ts';

export interface ToldAnswer {
  readonly status: number;
  readonly body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  readonly trailers?: Readonly<Record<string, string>>;
}

/** Gives every request the same answer. */
export class Answering implements HttpTransport {
  readonly #answer: ToldAnswer;

  constructor(answer: ToldAnswer) {
    this.#answer = answer;
  }

  async send(): Promise<HttpAnswer> {
    const { status, body, trailers = {} } = this.#answer;
    return { status, headers: {}, body: read(body), trailers: () => trailers };
  }

  async close(): Promise<void> {
    // Holds nothing.
  }
}

async function* read(body: ToldAnswer['body']): AsyncGenerator<Uint8Array, void, undefined> {
  yield* body;
}

/** The bytes in pieces of at most `pieceBytes`: a piece may end in the middle of a character. */
export function pieces(bytes: Uint8Array, pieceBytes: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; from += pieceBytes) parts.push(bytes.subarray(from, from + pieceBytes));
  return parts;
}

export function endPoint(url: string): EndPoint {
  const parsed = EndPoint.parse(url, ['http:', 'https:']);
  if (parsed === undefined) throw new Error(`no address: ${url}`);
  return parsed;
}
