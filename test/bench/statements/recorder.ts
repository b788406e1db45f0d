import sqlite3 from 'sqlite3';

export interface RecordedStatement {
  readonly sql: string;
  readonly count: number;
  /** The longest that SQLite took over it, without the way there and back. */
  readonly worstMs: number;
}

const seen = new Map<string, { count: number; worstMs: number }>();

/** What was run since the last call, each text once. */
export function takeRecorded(): readonly RecordedStatement[] {
  const found = [...seen].map(([sql, { count, worstMs }]) => ({ sql, count, worstMs }));
  seen.clear();
  return found;
}

class RecordedDatabase extends sqlite3.Database {
  constructor(filename: string, ...rest: unknown[]) {
    const done = typeof rest.at(-1) === 'function' ? (rest.at(-1) as (error: Error | null) => void) : undefined;
    const mode = typeof rest[0] === 'number' ? rest[0] : sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE;
    super(filename, mode, done);
    this.on('profile', (text: string, tookMs: number) => {
      const sql = normalized(text);
      const before = seen.get(sql) ?? { count: 0, worstMs: 0 };
      seen.set(sql, { count: before.count + 1, worstMs: Math.max(before.worstMs, tookMs) });
    });
  }
}

/** Every connection that this process opens from now on tells what it runs. */
export function recordStatements(): void {
  Object.assign(sqlite3, { Database: RecordedDatabase });
}

/** One text for what differs in white space, quotes and the length of a list alone. */
function normalized(sql: string): string {
  return sql
    .replaceAll('`', '')
    .replace(/\s+/g, ' ')
    .replace(/\bin \( ?\?(?:, ?\?)* ?\)/gi, 'in (?, …)')
    .replace(/(incremental_vacuum\(|wal_checkpoint\()\w+/, '$1…')
    .trim();
}
