import { z } from 'zod';
import type { Ask, BlockRef } from '../ask.ts';
import { badAnswer, hashSchema } from '../connection/answers.ts';
import type { ChainConnection } from '../connection/chain-connection.ts';

const METHOD = 'chain_getBlockHash';
const MAX_BLOCKS = 256;

/** A node says null to a number it does not have; below its finalized block that is a broken answer. */
export async function blockAt(connection: ChainConnection, number: number, ask: Ask): Promise<BlockRef> {
  await connection.mustHaveFinalized(number, ask);
  return { number, hash: await connection.request(hashSchema, METHOD, [number], ask) };
}

/** Blocks `from` to `to`, both included, by one question. */
export async function blocksBetween(
  connection: ChainConnection,
  from: number,
  to: number,
  ask: Ask,
): Promise<BlockRef[]> {
  const count = to - from + 1;
  if (count < 1 || count > MAX_BLOCKS)
    throw new RangeError(`${count} blocks asked for, 1 to ${MAX_BLOCKS} are allowed`);
  await connection.mustHaveFinalized(to, ask);
  const numbers = Array.from({ length: count }, (_, index) => from + index);
  const hashes = await connection.request(z.array(hashSchema), METHOD, [numbers], ask);
  if (hashes.length !== count) throw badAnswer(connection.name, METHOD, 'result.length', hashes.length);
  return numbers.map((number, index) => ({ number, hash: hashes[index] ?? '' }));
}
