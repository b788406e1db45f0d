import type sqlite3 from 'sqlite3';
import { run } from './connection.ts';

/** `quick_check` looks at every page, three seconds a GB; `integrity_check` also holds every index against its table, several times as long. */
export type PageCheck = 'quick_check' | 'integrity_check';

/** Has SQLite look through the whole file; returns what is wrong with it, at most a hundred lines. Rejects with the signal's reason at once when aborted. */
export async function findDamage(
  connection: sqlite3.Database,
  check: PageCheck,
  signal: AbortSignal,
): Promise<readonly string[]> {
  // One statement takes seconds; a stop must not wait for it.
  const interrupt = (): void => connection.interrupt();
  signal.throwIfAborted();
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    const rows = await run<Record<string, string>>(connection, `PRAGMA ${check}`);
    const lines = rows.flatMap((row) => (row[check] ?? '').split('\n')).filter((line) => !line.startsWith('***'));
    return lines.length === 1 && lines[0] === 'ok' ? [] : lines;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
}
