import { SmError } from '../../../domain/errors.ts';
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
  }
}

/** Runs a decoder; its `Undecodable` becomes `CHAIN_UNDECODABLE` with end point and block. */
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
  if (!(error instanceof Undecodable)) return error;
  const data = { endPoint, block: at.number, blockHash: at.hash, field: error.field, detail: error.message };
  const message = 'A value of the chain cannot be decoded';
  return new SmError('CHAIN_UNDECODABLE', message, { ...data, came: error.came }, error);
}
