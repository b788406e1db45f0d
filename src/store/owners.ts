import type { OrderKey } from '../domain/order.ts';
import type { Database, Tx } from './database.ts';

/** One FileSuccess of one order. */
export interface Payment {
  readonly key: OrderKey;
  /** ss58-66 address. */
  readonly payer: string;
  /** First 128 bytes of the order's memo, null when it could not be told. */
  readonly memo: Uint8Array | null;
}

export interface Owner {
  readonly address: string;
  readonly memo: Uint8Array | null;
}

const addAccounts = `
  INSERT INTO account (address) SELECT DISTINCT value ->> 2 FROM json_each(?) AS payment
  WHERE NOT EXISTS (SELECT 1 FROM account WHERE account.address = payment.value ->> 2)
  ON CONFLICT (address) DO NOTHING`;

const upsert = `
  INSERT INTO file_owner (file_id, account_id, memo)
  SELECT file_record.id, account.id, unhex(payment.value ->> 3)
  FROM json_each(?) AS payment
  CROSS JOIN file_record ON file_record.key_position = payment.value ->> 0 AND file_record.cid = payment.value ->> 1
  CROSS JOIN account ON account.address = payment.value ->> 2
  WHERE true
  ON CONFLICT (file_id, account_id) DO UPDATE SET memo = excluded.memo
  WHERE excluded.memo IS NOT NULL AND memo IS NOT excluded.memo`;

/**
 * Keeps each payer with its newest memo; one that could not be told does not hide an older one. Payments of unknown orders are left out.
 * @param payments in the order they happened
 */
export async function addOwners(tx: Tx, payments: readonly Payment[]): Promise<void> {
  if (payments.length === 0) return;
  const rows = new Map<string, readonly [number, string, string, string | null]>();
  for (const { key, payer, memo } of payments) {
    const name = `${payer} ${key.position} ${key.text}`;
    const hex = memo === null ? (rows.get(name)?.[3] ?? null) : Buffer.from(memo).toString('hex');
    rows.set(name, [key.position, key.text, payer, hex]);
  }
  const json = JSON.stringify([...rows.values()]);
  await tx.raw(addAccounts, [json]);
  await tx.raw(upsert, [json]);
}

/** Who paid for an order, as far as the event indexer has seen it. */
export class Owners {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async list(fileId: number): Promise<readonly Owner[]> {
    return await this.#database.read(
      async (reader) =>
        await reader('file_owner')
          .join('account', 'account.id', 'file_owner.account_id')
          .where({ file_id: fileId })
          .orderBy('file_owner.account_id')
          .select<Owner[]>('account.address', 'file_owner.memo'),
    );
  }
}
