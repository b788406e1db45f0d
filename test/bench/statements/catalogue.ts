import { readFileSync } from 'node:fs';

/** Where the list stands in the sources: a bench runs from build/<folder>/test/bench/statements. */
const listed = new URL('../../../../../test/bench/statements/catalogue.txt', import.meta.url);

/** The statements that the running bot is known to repeat, by their normalized text, and the rooms that do. */
export function readCatalogue(): ReadonlyMap<string, string> {
  const lines = readFileSync(listed, 'utf8').split('\n');
  return new Map(
    lines.flatMap((line): (readonly [string, string])[] => {
      const at = line.indexOf(': ');
      return line.startsWith('#') || at < 0 ? [] : [[line.slice(at + 2), line.slice(0, at)]];
    }),
  );
}

/** Asks or changes the file itself, or begins and ends: SQLite has no plan for it. */
export function isPlanless(sql: string): boolean {
  return isOfTransaction(sql) || /^(PRAGMA|EXPLAIN)/i.test(sql);
}

/** Around every piece of work: no statement of one room. */
export function isOfTransaction(sql: string): boolean {
  return /^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)/i.test(sql);
}

/** Of a start alone: how a connection is set up, and knex looking for migrations. */
export function isOfStart(sql: string): boolean {
  return /^PRAGMA \w+ = |^PRAGMA (?:foreign_keys|application_id|auto_vacuum)$|knex_migrations|sqlite_master|sqlite_sequence/.test(
    sql,
  );
}

/** Why a statement may take longer than others; undefined for one that may not. */
export function excuseOf(sql: string): string | undefined {
  return excuses.get(sql);
}

const excuses: ReadonlyMap<string, string> = new Map([
  [
    'PRAGMA wal_checkpoint(…)',
    'moves the log on a connection of its own while others read and write; claims wait for its last pages alone, which the bench pick sees',
  ],
]);
