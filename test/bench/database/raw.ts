import sqlite3 from 'sqlite3';

/** A connection of the driver itself, for what a bench does beside the product. */
export class RawConnection {
  readonly #database: sqlite3.Database;

  private constructor(database: sqlite3.Database) {
    this.#database = database;
  }

  static async open(file: string): Promise<RawConnection> {
    return await new Promise((resolve, reject) => {
      const database = new sqlite3.Database(file, (error) =>
        error === null ? resolve(new RawConnection(database)) : reject(error),
      );
    });
  }

  async all<T>(sql: string, bindings: readonly unknown[] = []): Promise<T[]> {
    return await new Promise((resolve, reject) => {
      this.#database.all<T>(sql, [...bindings], (error, rows) => (error === null ? resolve(rows) : reject(error)));
    });
  }

  /** One number in one row. */
  async number(sql: string, bindings: readonly unknown[] = []): Promise<number> {
    const [row] = await this.all<Record<string, number>>(sql, bindings);
    return Object.values(row ?? {})[0] ?? 0;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve, reject) =>
      this.#database.close((error) => (error === null ? resolve() : reject(error))),
    );
  }
}
