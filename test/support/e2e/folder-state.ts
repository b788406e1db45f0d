import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What stands in a folder: each file's name with its hash and the time it was last written. */
export async function folderState(dir: string): Promise<ReadonlyMap<string, string>> {
  const state = new Map<string, string>();
  for (const name of (await readdir(dir)).sort()) {
    const hash = createHash('sha256').update(await readFile(join(dir, name)));
    state.set(name, `${hash.digest('hex')} ${(await stat(join(dir, name))).mtimeMs}`);
  }
  return state;
}
