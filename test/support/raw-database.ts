import sqlite3 from 'sqlite3';

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
