import type { Database, Statement } from 'sqlite3';

type Bindings = readonly unknown[];
/** `this` is the driver's own, which tells what a statement changed. */
type Done = (this: unknown, error: Error | null, rows?: unknown[]) => void;

/** Statements kept ready on one connection; some kilobytes each. */
const mostStatements = 120;
/** A statement keeps what was last bound to it, so one with a longer text than this is prepared each time it is used. */
const mostTextLength = 8192;

/**
 * Makes a connection of the driver keep its statements prepared: it would have each text parsed and planned anew, which takes longer than most of
 * them run. For a connection whose users take turns, as those of a pool do. A statement that failed is prepared anew: its result may still be open.
 */
export function cacheStatements(connection: Database): void {
  const ready = new Map<string, Statement>();
  const plain = {
    all: connection.all.bind(connection),
    run: connection.run.bind(connection),
    close: connection.close.bind(connection),
  };

  const forget = (sql: string): void => {
    ready.get(sql)?.finalize();
    ready.delete(sql);
  };

  const withStatement = (sql: string, failed: Done, use: (statement: Statement) => void): void => {
    const kept = ready.get(sql);
    if (kept !== undefined) {
      // Moved behind the others: the one that was used longest ago stands first.
      ready.delete(sql);
      ready.set(sql, kept);
      use(kept);
      return;
    }
    connection.prepare(sql, function prepared(this: Statement, error: Error | null) {
      if (error !== null) {
        failed.call(undefined, error);
        return;
      }
      for (const oldest of [...ready.keys()].slice(0, Math.max(0, ready.size + 1 - mostStatements))) forget(oldest);
      ready.set(sql, this);
      use(this);
    });
  };

  const cached =
    (method: 'all' | 'run') =>
    (sql: string, bindings: Bindings | undefined, done: Done): void => {
      if (bindings?.some((value) => typeof value === 'string' && value.length > mostTextLength)) {
        plain[method](sql, bindings, done);
        return;
      }
      withStatement(sql, done, (statement) => {
        statement[method](bindings ?? [], function answered(this: unknown, error: Error | null, rows?: unknown[]) {
          if (error !== null) forget(sql);
          done.call(this, error, rows);
        });
      });
    };

  const close = (done: (error: Error | null) => void): void => {
    for (const sql of ready.keys()) forget(sql);
    plain.close(done);
  };

  Object.assign(connection, { all: cached('all'), run: cached('run'), close });
}
