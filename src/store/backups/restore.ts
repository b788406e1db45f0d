import { rm } from 'node:fs/promises';
import path from 'node:path';
import { SmError } from '../../domain/errors.ts';
import { assertOurs, isThere } from '../file-identity.ts';
import { databaseFileName } from '../file-names.ts';
import { ownSchema } from '../schema.ts';
import { toBackupError } from './backup-errors.ts';
import { type CopyOptions, makeCheckedCopy, sizeOf } from './checked-copy.ts';
import { whileCopying } from './copy-lock.ts';
import type { DatabaseFacts } from './database-facts.ts';
import { swapIn } from './swap-in.ts';
import { withOtherBackup } from './way-back.ts';

export interface RestoreOrder extends Pick<CopyOptions, 'freeBytes' | 'signal'> {
  /** Whoever calls holds its instance lock. */
  readonly dataDir: string;
  /** Absolute path of the database to go back to; it stays as it is. */
  readonly file: string;
  /** ss58-66 address that the configuration names. */
  readonly account: string;
  /** What the chain serves; undefined when it could not be asked. */
  readonly genesisHash: string | undefined;
  /** Unix ms: stands in the name of the database that is replaced. */
  readonly atMs: number;
}

interface Restored extends DatabaseFacts {
  readonly sizeBytes: number;
  /** Where the replaced database is now; undefined when there was none. */
  readonly setAside: string | undefined;
}

/**
 * Puts a copy of `file` into the place of the database of `dataDir`, after every index of it was held against its table. The replaced one stays
 * beside it. Should the process die between the last steps, the database is refused (RESTORE_UNFINISHED) until a restore has ended.
 * @throws SmError DATABASE_FOREIGN, DATABASE_NEWER, DATABASE_OTHER_ACCOUNT, DATABASE_OTHER_CHAIN, DATABASE_DAMAGED, BACKUP_NO_SPACE, BACKUP_FAILED
 */
export async function restoreDatabase(order: RestoreOrder): Promise<Restored> {
  try {
    return await whileCopying(order.dataDir, async () => await restored(order));
  } catch (error) {
    throw toBackupError(error, order.dataDir);
  }
}

async function restored(order: RestoreOrder): Promise<Restored> {
  const { dataDir, file } = order;
  const target = path.join(dataDir, databaseFileName);
  await assertRestorable(order);
  const isShared = (await sizeOf(`${file}-wal`)) > 0;
  const copying = makeCheckedCopy({ ...order, source: file, folder: dataDir, isShared, check: 'integrity_check' });
  const copy = await copying.catch(async (error: unknown) => {
    throw await withOtherBackup(error, dataDir, file);
  });
  try {
    assertFits(copy.facts, order);
    const setAside = await swapIn({ ...order, partial: copy.partial, target });
    return { ...copy.facts, sizeBytes: copy.sizeBytes, setAside };
  } catch (error) {
    await rm(copy.partial, { force: true });
    throw toBackupError(error, target);
  }
}

/**
 * Looks at the beginning of the file; writes nothing.
 * @throws SmError BACKUP_FAILED, DATABASE_FOREIGN, DATABASE_DAMAGED, with the newest other backup
 */
export async function assertRestorable({ dataDir, file }: Pick<RestoreOrder, 'dataDir' | 'file'>): Promise<void> {
  try {
    if (path.resolve(file) === path.resolve(dataDir, databaseFileName)) {
      throw new SmError('BACKUP_FAILED', `${file} is the database itself: name a backup of it`, { file });
    }
    if (!isThere(file)) throw new SmError('BACKUP_FAILED', `there is no ${file}`, { file });
    if (await assertOurs(file)) return;
    throw new SmError('DATABASE_FOREIGN', `${file} is no database of smanager`, { file });
  } catch (error) {
    throw await withOtherBackup(toBackupError(error, file), dataDir, file);
  }
}

function assertFits({ schema, identity }: DatabaseFacts, { file, account, genesisHash }: RestoreOrder): void {
  if (schema > ownSchema) {
    const message = `${file} was written by a newer smanager (schema ${schema}, this one knows ${ownSchema})`;
    throw new SmError('DATABASE_NEWER', message, { file, schema });
  }
  if (identity === undefined) throw new SmError('BACKUP_FAILED', `${file} holds nothing yet`, { file });
  if (identity.account !== account) {
    const message = `${file} belongs to the account ${identity.account}, the configuration names ${account}`;
    throw new SmError('DATABASE_OTHER_ACCOUNT', message, { file, databaseAccount: identity.account });
  }
  if (genesisHash !== undefined && identity.genesisHash !== genesisHash) {
    const message = `${file} belongs to the chain with genesis ${identity.genesisHash}, the end point serves ${genesisHash}`;
    throw new SmError('DATABASE_OTHER_CHAIN', message, { file, databaseGenesis: identity.genesisHash });
  }
}
