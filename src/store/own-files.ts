import { chmod, stat } from 'node:fs/promises';

/** rw-r-----: what a file of the bot may allow at most. */
const mostAllowed = 0o640;

/**
 * Takes from files that are there what their mode allows beyond that: one copied by hand, or made under another umask. Only from the bot's own:
 * what belongs to somebody else stays as its owner wants it.
 */
export async function keepPrivate(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const found = await findMode(file);
    if (found === undefined || found.uid !== process.geteuid?.()) continue;
    const allowed = found.mode & 0o777;
    if ((allowed & ~mostAllowed) !== 0) await chmod(file, allowed & mostAllowed);
  }
}

async function findMode(file: string): Promise<{ readonly mode: number; readonly uid: number } | undefined> {
  try {
    return await stat(file);
  } catch (error) {
    // Already gone: SQLite removes its log when the last connection closes.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * SQLite puts what a sort or an index cannot keep in memory into unnamed files beside the database: a read-only container's /tmp is small, and an
 * index of millions of orders is not. SQLite reads this once a process, at the first file it opens.
 */
export function spillInto(dataDir: string): void {
  process.env['SQLITE_TMPDIR'] ??= dataDir;
}
