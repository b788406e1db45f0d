import { link, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { hasCode } from '../../domain/errors.ts';
import { SECOND_MS } from '../../domain/units.ts';
import { assertOurs, isThere } from '../file-identity.ts';
import { utcStamp } from './backup-name.ts';
import { syncFile } from './checked-copy.ts';
import { readMark, removeMark, writeMark } from './unfinished-restore.ts';

interface Swap {
  readonly dataDir: string;
  /** What is restored. */
  readonly file: string;
  /** A whole copy of it in `dataDir`. */
  readonly partial: string;
  readonly target: string;
  readonly atMs: number;
}

/**
 * Gives the standing database, and the log that belongs to it, a name of its own, and the copy its place: nothing of the standing one is read or
 * written, for it may be damaged. Whoever dies in between leaves a mark, by which no bot begins with a half of each; the next restore ends it.
 * @returns where the replaced one is now; undefined when there was none
 */
export async function swapIn({ dataDir, file, partial, target, atMs }: Swap): Promise<string | undefined> {
  const before = (await readMark(dataDir))?.setAside;
  // What a restore that did not end has set aside keeps that name, whatever stands in its place by now.
  const setAside = before ?? freeName(dataDir, atMs);
  const hasReplaced = isThere(setAside) || isThere(target);
  if (isThere(target)) await assertMovable(target);
  // A mark that stands is not written again: half of it would be none.
  if (before === undefined) await writeMark(dataDir, { file, setAside });
  if (hasReplaced) await keepReplaced({ dataDir, target, setAside, isFirst: before === undefined });
  // SQLite would take a log of the old one for that of the new one and write its pages over it.
  await rm(`${target}-wal`, { force: true });
  await rm(`${target}-shm`, { force: true });
  await rename(partial, target);
  await syncFile(dataDir);
  await removeMark(dataDir);
  return hasReplaced ? setAside : undefined;
}

function freeName(dataDir: string, atMs: number): string {
  const name = path.join(dataDir, `smanager-db.replaced-${utcStamp(atMs)}.sqlite`);
  return isThere(name) ? freeName(dataDir, atMs + SECOND_MS) : name;
}

interface Keeping extends Pick<Swap, 'dataDir' | 'target'> {
  readonly setAside: string;
  /** Whether no restore before this one has died on the way. */
  readonly isFirst: boolean;
}

async function keepReplaced({ dataDir, target, setAside, isFirst }: Keeping): Promise<void> {
  const kept: string[] = [];
  try {
    // The log first: what stands under the new name has all that belongs to it.
    for (const suffix of ['-wal', '']) {
      if (!isThere(`${target}${suffix}`) || isThere(`${setAside}${suffix}`)) continue;
      await keepAs(`${target}${suffix}`, `${setAside}${suffix}`);
      kept.push(suffix);
    }
    await syncFile(dataDir);
  } catch (error) {
    const isUnchanged = isFirst && kept.every((suffix) => isThere(`${target}${suffix}`));
    if (isUnchanged) {
      for (const suffix of kept) await rm(`${setAside}${suffix}`, { force: true });
      await removeMark(dataDir);
    }
    throw error;
  }
}

/** Another program's file is not ours to move. */
async function assertMovable(target: string): Promise<void> {
  try {
    await assertOurs(target);
  } catch (error) {
    if (!hasCode(error, 'DATABASE_DAMAGED')) throw error;
  }
}

const withoutLinks = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/** A second name for the file, so that the first one never stands for nothing; where the disk knows no such thing, another name. */
async function keepAs(file: string, name: string): Promise<void> {
  try {
    await link(file, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && withoutLinks.includes(String(error.code)))) throw error;
    await rename(file, name);
  }
}
