import type sqlite3 from 'sqlite3';

/** SQLite's online backup as the driver has it; its type declarations leave it out. */
interface OnlineBackup {
  readonly completed: boolean;
  readonly remaining: number;
  /** Codes of errors that the driver keeps to itself: a step then did nothing. */
  retryErrors: readonly number[];
  step(pages: number, done: (error?: Error | null) => void): void;
  finish(done: (error?: Error | null) => void): void;
}

interface BackupSource {
  backup(
    filename: string,
    destination: 'main',
    source: 'main',
    filenameIsDestination: true,
    done: (error?: Error | null) => void,
  ): OnlineBackup;
}

/** 1 MiB: a thread of the pool is taken for a few milliseconds at a time, and a stop is heeded as soon. */
const pagesAtOnce = 256;

/**
 * Copies all pages that a connection sees into the empty file `target`. The connection must be inside a read transaction: all pages are then of one
 * moment, while without it each commit of somebody else would make the copy begin anew.
 */
export async function copyOnline(connection: sqlite3.Database, target: string, signal: AbortSignal): Promise<void> {
  if (!canBackUp(connection)) throw new Error('the SQLite driver has no online backup');
  const backup = await begin(connection, target);
  backup.retryErrors = [];
  try {
    while (!backup.completed) {
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) =>
        backup.step(pagesAtOnce, (error) => (error instanceof Error ? reject(error) : resolve())),
      );
    }
  } finally {
    await new Promise<void>((resolve, reject) =>
      backup.finish((error) => (error instanceof Error ? reject(error) : resolve())),
    );
  }
}

function canBackUp(connection: sqlite3.Database): connection is sqlite3.Database & BackupSource {
  return 'backup' in connection && typeof connection.backup === 'function';
}

async function begin(connection: BackupSource, target: string): Promise<OnlineBackup> {
  return await new Promise((resolve, reject) => {
    const backup = connection.backup(target, 'main', 'main', true, (error) =>
      error instanceof Error ? reject(error) : resolve(backup),
    );
  });
}
