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

/** Begins, ends and asks about the file itself: no statement with a plan. */
export function isPlanless(sql: string): boolean {
  return /^(BEGIN|COMMIT|ROLLBACK|PRAGMA|SAVEPOINT|RELEASE|EXPLAIN)/i.test(sql);
}

/** Of a start alone: knex looking for migrations. */
export function isOfStart(sql: string): boolean {
  return /knex_migrations|sqlite_master|sqlite_sequence/.test(sql);
}
