import sqlite3 from 'sqlite3';

/** A connection that looks and changes nothing, beside the program. */
export interface BesideReader {
  rows<T>(sql: string, bindings?: readonly unknown[]): Promise<T[]>;
  close(): Promise<void>;
}

/** @param Driver what opens the file: the driver's own class unless something stands in its place */
export async function openReader(file: string, Driver = sqlite3.Database): Promise<BesideReader> {
  const database = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opening: sqlite3.Database = new Driver(file, sqlite3.OPEN_READONLY, (error) =>
      error === null ? resolve(opening) : reject(error),
    );
  });
  return {
    rows: async <T>(sql: string, bindings: readonly unknown[] = []) =>
      await new Promise<T[]>((resolve, reject) => {
        database.all(sql, [...bindings], (error: Error | null, rows: T[]) =>
          error === null ? resolve(rows) : reject(error),
        );
      }),
    close: async () => await new Promise<void>((resolve) => database.close(() => resolve())),
  };
}

/** Runs statements on a database file, past the program. */
export async function executeSql(file: string, sql: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const database = new sqlite3.Database(file, (opening) => {
      if (opening !== null) return reject(opening);
      database.exec(sql, (error) => database.close(() => (error === null ? resolve() : reject(error))));
    });
  });
}

/** All rows of a query on a file, read past the program. */
export async function readSql<T>(file: string, sql: string): Promise<T[]> {
  return await new Promise((resolve, reject) => {
    const database = new sqlite3.Database(file, sqlite3.OPEN_READONLY, (opening) => {
      if (opening !== null) return reject(opening);
      database.all<T>(sql, [], (error, rows) => database.close(() => (error === null ? resolve(rows) : reject(error))));
    });
  });
}
