import { randomBytes } from 'node:crypto';
import { readdir, rm, unlink } from 'node:fs/promises';
import path from 'node:path';
import { toBackupError } from './backup-errors.ts';
import { type BackupKind, type BackupLabel, parseBackupName } from './backup-name.ts';

export interface BackupFile extends BackupLabel {
  readonly file: string;
}

const partialName = /^smanager-db\.[0-9a-f]{8}\.partial(?:-journal)?$/u;

/** What a copy is called until it was checked. */
export function newPartialName(): string {
  return `smanager-db.${randomBytes(4).toString('hex')}.partial`;
}

export function backupFolder(dataDir: string): string {
  return path.join(dataDir, 'backups');
}

/**
 * The backups in `dataDir/backups` by their names, newest first; none when there is no such folder.
 * @throws SmError BACKUP_FAILED when it cannot be read
 */
export async function listBackups(dataDir: string): Promise<readonly BackupFile[]> {
  const folder = backupFolder(dataDir);
  const found = (await namesIn(folder)).flatMap((name) => {
    const label = parseBackupName(name);
    return label === undefined ? [] : [{ ...label, file: path.join(folder, name) }];
  });
  return found.sort((a, b) => b.atMs - a.atMs);
}

/**
 * The newest backup that a program of this schema can open. One whose name is of a time to come was made while the clock was ahead, and may be older
 * than all others: it is the last choice.
 */
export async function newestFitting(
  dataDir: string,
  schema: number,
  nowMs: number,
  except?: string,
): Promise<BackupFile | undefined> {
  const fitting = (await listBackups(dataDir)).filter((backup) => backup.schema <= schema && backup.file !== except);
  return futureLast(fitting, nowMs)[0];
}

function futureLast(backups: readonly BackupFile[], nowMs: number): readonly BackupFile[] {
  return [...backups.filter(({ atMs }) => atMs <= nowMs), ...backups.filter(({ atMs }) => atMs > nowMs)];
}

/**
 * Removes automatic backups of this kind, the oldest first, until `kept` remain, `newest` among them whatever its name says; names of a time
 * after that one's go first. Of those before a
 * migration one stays for each schema, so that the last one of an older program outlives repeated starts of a newer one.
 * @throws SmError BACKUP_FAILED of the first that cannot be removed, after all were tried
 */
export async function removeOldBackups(
  dataDir: string,
  {
    kind,
    kept,
    newest,
  }: {
    readonly kind: Extract<BackupKind, 'daily' | 'before-migration'>;
    readonly kept: number;
    readonly newest: string;
  },
): Promise<void> {
  const all = (await listBackups(dataDir)).filter((backup) => backup.kind === kind);
  const made = all.filter(({ file }) => file === newest);
  const others = all.filter(({ file }) => file !== newest);
  const inOrder = [...made, ...futureLast(others, made[0]?.atMs ?? Infinity)];
  const schemas = new Set<number>();
  const failures: unknown[] = [];
  let count = 0;
  for (const { file, schema } of inOrder) {
    const isKept = count < kept && !(kind === 'before-migration' && schemas.has(schema));
    schemas.add(schema);
    if (isKept) count += 1;
    else await unlink(file).catch((error: unknown) => failures.push(toBackupError(error, file)));
  }
  const [failure] = failures;
  if (failure !== undefined) throw failure;
}

/** Removes what was left of copies that were not finished. Nobody may be making one. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const name of (await namesIn(folder)).filter((each) => partialName.test(each))) {
    await rm(path.join(folder, name), { force: true });
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw toBackupError(error, folder);
  }
}
