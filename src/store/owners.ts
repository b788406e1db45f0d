import type { OrderKey } from '../domain/order.ts';
import { accountIds } from './account-ids.ts';
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

const upsert = `
  INSERT INTO file_owner (file_id, account_id, memo)
  SELECT file_record.id, payment.value ->> 2, unhex(payment.value ->> 3)
  FROM json_each(?) AS payment
  CROSS JOIN file_record ON file_record.key_position = payment.value ->> 0 AND file_record.cid = payment.value ->> 1
  WHERE true
  ON CONFLICT (file_id, account_id) DO UPDATE SET memo = excluded.memo
  WHERE excluded.memo IS NOT NULL AND memo IS NOT excluded.memo`;

/** Keeps each payer with its newest memo; one that could not be told does not hide an older one. Payments of unknown orders are left out. */
export async function addOwners(tx: Tx, payments: readonly Payment[]): Promise<void> {
  if (payments.length === 0) return;
  const ids = await accountIds(
    tx,
    payments.map((payment) => payment.payer),
  );
  const rows = new Map<string, readonly [number, string, number, string | null]>();
  for (const { key, payer, memo } of payments) {
    const account = ids.get(payer);
    if (account === undefined) continue;
    const name = `${account} ${key.position} ${key.text}`;
    const hex = memo === null ? (rows.get(name)?.[3] ?? null) : Buffer.from(memo).toString('hex');
    rows.set(name, [key.position, key.text, account, hex]);
  }
  await tx.raw(upsert, [JSON.stringify([...rows.values()])]);
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
          .orderBy('account.id')
          .select<Owner[]>('account.address', 'file_owner.memo'),
    );
  }
}
