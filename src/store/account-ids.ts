import type { Reader, Tx } from './database.ts';
import { accountId } from './order-row.ts';

/** The id of an address, undefined when no row has needed it yet. */
export async function findAccountId(source: Reader | Tx, address: string): Promise<number | undefined> {
  const row: { id: number } | undefined = await source('account').where({ address }).first('id');
  return row?.id;
}

/** Ids by address; a known address costs no write. */
export async function accountIds(tx: Tx, addresses: Iterable<string>): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  for (const address of new Set(addresses)) {
    ids.set(address, (await findAccountId(tx, address)) ?? (await accountId(tx, address)));
  }
  return ids;
}
