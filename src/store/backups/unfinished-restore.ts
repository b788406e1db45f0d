import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { SmError } from '../../domain/errors.ts';
import { isThere } from '../file-identity.ts';
import { giveToOwner } from '../own-files.ts';
import { syncFile } from './checked-copy.ts';

/**
 * Stands in the data directory while a restore puts names to other files: until it is gone, the database that stands there may be without its log,
 * or beside that of another one.
 */
const markName = 'smanager-db.restoring';

const markSchema = z.object({
  /** What is being restored. */
  file: z.string(),
  /** The name that the replaced database is given. */
  setAside: z.string(),
});
export type RestoreMark = z.infer<typeof markSchema>;

/** On the disk before anything is renamed. */
export async function writeMark(dataDir: string, mark: RestoreMark): Promise<void> {
  const file = path.join(dataDir, markName);
  await writeFile(file, JSON.stringify(mark), { mode: 0o600 });
  await giveToOwner(dataDir, [file]);
  await syncFile(file);
  await syncFile(dataDir);
}

export async function removeMark(dataDir: string): Promise<void> {
  await rm(path.join(dataDir, markName), { force: true });
  await syncFile(dataDir);
}

/** Of a restore that did not end; also undefined for one that ended while it wrote this, before it changed anything. */
export async function readMark(dataDir: string): Promise<RestoreMark | undefined> {
  const file = path.join(dataDir, markName);
  if (!isThere(file)) return undefined;
  const found = markSchema.safeParse(parsed(await readFile(file, 'utf8')));
  return found.success ? found.data : undefined;
}

/** @throws SmError RESTORE_UNFINISHED with the commands that lead on */
export async function assertNoneUnfinished(dataDir: string): Promise<void> {
  const mark = await readMark(dataDir);
  if (mark === undefined) return;
  const { file, setAside } = mark;
  const back = isThere(setAside) ? `, or go back to what was there: smanager restore ${setAside}` : '';
  const message = `a restore in ${dataDir} did not end. Stop the bot, then end it: smanager restore ${file}${back}`;
  throw new SmError('RESTORE_UNFINISHED', message, { dataDir, file });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
