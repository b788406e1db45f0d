import { z } from 'zod';
import type { Ask, BlockRef } from '../ask.ts';
import { badAnswer, checked } from '../connection/answers.ts';
import type { ChainConnection } from '../connection/chain-connection.ts';

const METHOD = 'state_getKeysPaged';
const keysSchema = z.array(z.string());

export interface StorageKeysQuery {
  readonly prefix: string;
  readonly limit: number;
  readonly after: string | null;
  readonly at: BlockRef;
}

/** The next storage keys under a prefix: ascending, behind `after`, none outside the prefix; anything else is `CHAIN_BAD_ANSWER`. */
export async function keysPage(connection: ChainConnection, query: StorageKeysQuery, ask: Ask): Promise<string[]> {
  const { prefix, limit, after, at } = query;
  // Some nodes take the parameters by count: a start key that is not wanted must still stand as null when a block follows it.
  const answer = await connection.requestRawAt(METHOD, [prefix, limit, after, at.hash], at, ask);
  const keys = checked(keysSchema, connection.name, METHOD, answer);
  if (keys.length > limit) throw badAnswer(connection.name, METHOD, 'result.length', keys.length);
  let last = after ?? '';
  keys.forEach((key, index) => {
    if (!key.startsWith(prefix) || key <= last) throw badAnswer(connection.name, METHOD, `result.${index}`, key);
    last = key;
  });
  return keys;
}
