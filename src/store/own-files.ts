import { chmod, lchown, stat } from 'node:fs/promises';
import path from 'node:path';

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

/**
 * What root has made in the data directory is given to whom the directory belongs: a command by `docker exec` is root, while the bot has dropped it
 * and could not use it. Whoever is not root has nothing to give.
 */
export async function giveToOwner(dataDir: string, files: readonly string[]): Promise<void> {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = await stat(dataDir);
  for (const file of files) {
    const isInside = !path.relative(dataDir, file).startsWith('..');
    if (isInside && (await findMode(file)) !== undefined) await lchown(file, uid, gid);
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
