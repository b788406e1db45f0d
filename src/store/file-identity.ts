import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { SmError } from '../domain/errors.ts';
import { closeConnection, openImmutable, run } from './connection.ts';
import { toStoreError } from './sqlite-errors.ts';

/** Marks the file as smanager's in SQLite's header: the bytes "smgr". */
export const applicationId = 0x73_6d_67_72;

const headerIdOffset = 68;

/**
 * Looks at the file without locking or changing it. Returns whether it carries our mark already; one without mark and tables may get it.
 * @throws SmError DATABASE_FOREIGN when it is another program's, for one the old crust-smanager's; DATABASE_DAMAGED
 */
export async function assertOurs(filename: string): Promise<boolean> {
  if (!existsSync(filename)) return false;
  if ((await headerId(filename)) === applicationId) return true;
  const tables = await tableNames(filename).catch((error: unknown) => {
    throw toStoreError(error);
  });
  if (tables.includes('SequelizeMeta')) {
    throw new SmError(
      'DATABASE_FOREIGN',
      `${filename} is the database of the old crust-smanager; it was not touched. Move it away or choose another dataDir`,
      { file: filename },
    );
  }
  if (tables.length > 0) {
    throw new SmError('DATABASE_FOREIGN', `${filename} belongs to another program; it was not touched`, {
      file: filename,
    });
  }
  return false;
}

/** SQLite's application id as it stands in the file, read without SQLite: a running bot's file must not be opened as `immutable`. */
async function headerId(filename: string): Promise<number | undefined> {
  const file = await open(filename, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, headerIdOffset);
    return bytesRead === 4 ? buffer.readUInt32BE(0) : undefined;
  } finally {
    await file.close();
  }
}

async function tableNames(filename: string): Promise<string[]> {
  const database = await openImmutable(filename);
  try {
    const rows = await run<{ name: string }>(database, "SELECT name FROM sqlite_master WHERE type = 'table'");
    return rows.map((row) => row.name);
  } finally {
    await closeConnection(database);
  }
}
