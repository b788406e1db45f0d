import type sqlite3 from 'sqlite3';
import { SmError } from '../../domain/errors.ts';
import { closeConnection, openImmutable, run } from '../connection.ts';
import { applicationId } from '../file-identity.ts';
import { findDamage, type PageCheck } from '../page-check.ts';
import { schemaOf } from '../schema.ts';
import { damagedIn } from './backup-errors.ts';

/** What a database says of itself. */
export interface DatabaseFacts {
  /** Number of the newest migration in it; 0 without any. */
  readonly schema: number;
  /** Undefined until a bot has started on it. */
  readonly identity: { readonly genesisHash: string; readonly account: string } | undefined;
}

export async function readFacts(connection: sqlite3.Database): Promise<DatabaseFacts> {
  const tables = await run<{ name: string }>(
    connection,
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('knex_migrations', 'config')",
  );
  if (tables.length < 2) return { schema: 0, identity: undefined };
  const steps = await run<{ name: string }>(connection, 'SELECT name FROM knex_migrations');
  const [identity] = await run<{ genesisHash: string; account: string }>(
    connection,
    `SELECT json_extract(content, '$.genesisHash') AS genesisHash, json_extract(content, '$.account') AS account
     FROM config WHERE name = 'identity'`,
  );
  return { schema: schemaOf(steps.map(({ name }) => name)), identity };
}

/**
 * Looks through a copy that nobody writes to.
 * @throws SmError DATABASE_FOREIGN, DATABASE_DAMAGED of its original: the copy's own name is gone with it
 */
export async function inspectCopy(
  file: string,
  original: string,
  check: PageCheck,
  signal: AbortSignal,
): Promise<DatabaseFacts> {
  const connection = await openImmutable(file);
  try {
    const [mark] = await run<{ application_id: number }>(connection, 'PRAGMA application_id');
    if (mark?.application_id !== applicationId) {
      throw new SmError('DATABASE_FOREIGN', `${original} is no database of smanager`, { file: original });
    }
    const [damage] = await findDamage(connection, check, signal);
    if (damage !== undefined) throw damagedIn(original, damage);
    return await readFacts(connection);
  } finally {
    await closeConnection(connection);
  }
}
