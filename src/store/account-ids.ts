import type { Reader, Tx } from './database.ts';
import { accountId } from './order-row.ts';

/** The id of an address, undefined when no row has needed it yet. */
async function findAccountId(source: Reader | Tx, address: string): Promise<number | undefined> {
  const row: { id: number } | undefined = await source('account').where({ address }).first('id');
  return row?.id;
}

/**
 * Ids by address; a known address costs no write.
 * @param found ids that were found before and need not be looked for; an id made here is not among them until its transaction stands
 */
export async function accountIds(
  tx: Tx,
  addresses: Iterable<string>,
  found = new Map<string, number>(),
): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  for (const address of new Set(addresses)) {
    const id = found.get(address) ?? (await findAccountId(tx, address));
    if (id !== undefined) found.set(address, id);
    ids.set(address, id ?? (await accountId(tx, address)));
  }
  return ids;
}
