import type { Knex } from 'knex';
import type sqlite3 from 'sqlite3';
import { connect, run } from './connection.ts';

declare const insideTransaction: unique symbol;

/** Proof of being inside a transaction on the writing connection. */
export type Tx = Knex & { readonly [insideTransaction]: true };

/** The one connection that writes. Its users take turns, so a transaction is what stands between a BEGIN and its end. */
export class Writer {
  readonly knex: Knex;
  #connection: sqlite3.Database | undefined;

  /** One that `isLooking` writes nothing, not even by closing. */
  constructor(filename: string, pragmas: readonly string[], { isLooking = false } = {}) {
    const onConnection = (connection: sqlite3.Database): void => void (this.#connection = connection);
    this.knex = connect(filename, pragmas, 1, { onConnection, isLooking });
  }

  /** The driver's own connection. */
  get connection(): sqlite3.Database {
    return this.#opened();
  }

  /** How long the file is, or will be with the next checkpoint. */
  async lengthBytes(): Promise<number> {
    const sql = 'SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size';
    const [found] = await run<{ bytes: number }>(this.#opened(), sql);
    return found?.bytes ?? 0;
  }

  /** knex's own transactions make a client each, which costs as much as a statement or two inside them. */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const connection = this.#opened();
    await run(connection, 'BEGIN IMMEDIATE');
    try {
      const result = await work(this.knex as Tx);
      await run(connection, 'COMMIT');
      return result;
    } catch (error) {
      await rollBack(connection);
      throw error;
    }
  }

  #opened(): sqlite3.Database {
    if (this.#connection === undefined) throw new Error('the database has no connection to write with');
    return this.#connection;
  }
}

// On a full or failing disk SQLite rolls back by itself; the ROLLBACK after it then fails, and would hide the error that counts. Should one fail
// otherwise, the transaction stays open and the next BEGIN says so.
async function rollBack(connection: sqlite3.Database): Promise<void> {
  await new Promise<void>((resolve) => connection.all('ROLLBACK', [], () => resolve()));
}
