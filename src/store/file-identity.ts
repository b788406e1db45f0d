import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { hasCode, SmError } from '../domain/errors.ts';
import { closeConnection, openImmutable, run } from './connection.ts';
import { toStoreError } from './sqlite-errors.ts';

/** Marks the file as smanager's in SQLite's header: the bytes "smgr". */
export const applicationId = 0x73_6d_67_72;

const headerBytes = 100;
const headerIdOffset = 68;
/** How the file may be written and read: rollback journal or log. SQLite takes a file with another number for one that it must not write. */
const versionOffsets = [18, 19];
const knownVersions = [1, 2];
const schemaFormatOffset = 44;
const newestSchemaFormat = 4;

/** Whether there is such a file. One that cannot be looked at is not gone: the system's own error is thrown then. */
export function isThere(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

/**
 * Looks at the file without locking or changing it. Returns whether it carries our mark already; one without mark and tables may get it.
 * @throws SmError DATABASE_FOREIGN when it is another program's, for one the old crust-smanager's, or a folder; DATABASE_DAMAGED. The system's
 * own error when it may not be read
 */
export async function assertOurs(filename: string): Promise<boolean> {
  const found = statSync(filename, { throwIfNoEntry: false });
  if (found === undefined) return false;
  if (found.isDirectory()) {
    throw new SmError('DATABASE_FOREIGN', `${filename} is a folder, no database; it was not touched`, {
      file: filename,
    });
  }
  const header = await readHeader(filename);
  if (header.length === headerBytes && header.readUInt32BE(headerIdOffset) === applicationId) {
    assertPlausible(header, filename);
    return true;
  }
  const tables = await tableNames(filename).catch((error: unknown) => {
    const known = toStoreError(error);
    if (!hasCode(known, 'DATABASE_DAMAGED')) throw known;
    const message = `${filename} is no database of smanager, or its first page is damaged`;
    throw new SmError('DATABASE_DAMAGED', message, { ...known.data, file: filename }, error);
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

/** The header as it stands in the file, read without SQLite: a running bot's file must not be opened as `immutable`. */
async function readHeader(filename: string): Promise<Buffer> {
  const file = await open(filename, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** These bytes SQLite itself would answer with a file that cannot be written, or with a plain error. */
function assertPlausible(header: Buffer, filename: string): void {
  const isPlausible =
    versionOffsets.every((offset) => knownVersions.includes(header.readUInt8(offset))) &&
    header.readUInt32BE(schemaFormatOffset) <= newestSchemaFormat;
  if (!isPlausible) {
    throw new SmError('DATABASE_DAMAGED', `the header of ${filename} is damaged`, { file: filename });
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
