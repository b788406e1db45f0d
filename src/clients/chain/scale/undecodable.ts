import { hasCode, SmError } from '../../../domain/errors.ts';
import { shortened } from '../connection/answers.ts';
import type { BlockRef } from '../ask.ts';

/** Bytes of the chain that do not follow their type: which field, and what came. */
export class Undecodable extends Error {
  override readonly name = 'Undecodable';
  readonly field: string;
  readonly problem: string;
  readonly came: string;

  constructor(field: string, problem: string, came: unknown, cause?: unknown) {
    super(`${field}: ${problem}`, cause === undefined ? undefined : { cause });
    this.field = field;
    this.problem = problem;
    this.came = shortened(came);
    // Written at once: until it is, the engine keeps who was called, a reader with all its bytes among them.
    void this.stack;
  }
}

/**
 * Runs a decoder; its `Undecodable` becomes `CHAIN_UNDECODABLE` with end point and block. A `DECODER_LOST` over what was being decoded gets them too: the answer
 * may be why.
 */
export function decodedAt<T>(endPoint: string, at: BlockRef, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw withPlace(endPoint, at, error);
  }
}

/** The same for a decoder that takes its time. */
export async function decodedLater<T>(endPoint: string, at: BlockRef, decode: () => Promise<T>): Promise<T> {
  try {
    return await decode();
  } catch (error) {
    throw withPlace(endPoint, at, error);
  }
}

function withPlace(endPoint: string, at: BlockRef, error: unknown): unknown {
  if (hasCode(error, 'DECODER_LOST') && error.data['field'] !== undefined) {
    const place = { endPoint, block: at.number, blockHash: at.hash };
    const over = `${String(error.data['field'])} of block ${at.number}, as ${endPoint} told it`;
    return new SmError(error.code, `${error.message}; it was decoding ${over}`, { ...error.data, ...place }, error);
  }
  if (!(error instanceof Undecodable)) return error;
  const data = { endPoint, block: at.number, blockHash: at.hash, field: error.field, detail: error.message };
  const message = 'A value of the chain cannot be decoded';
  return new SmError('CHAIN_UNDECODABLE', message, { ...data, came: error.came }, error);
}
