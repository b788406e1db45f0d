import { existsSync } from 'node:fs';
import path from 'node:path';
import createKnex, { type Knex } from 'knex';
import { SmError } from '../domain/errors.ts';
import { applicationId, assertOurs } from './file-identity.ts';
import { assertNotNewer, migrate } from './schema.ts';
import { toStoreError } from './sqlite-errors.ts';
import { WriteQueue, type WritePriority } from './write-queue.ts';

/** A connection to read with. */
export type Reader = Knex;
/** Proof of being inside a transaction on the writing connection. */
export type Tx = Knex.Transaction;

export const databaseFileName = 'smanager-db.sqlite';

const busyTimeoutMs = 30_000;
/**
 * Both before the first page is written, and before WAL, so that the mark stands in the file's own header at once. Never on a marked file: setting
 * the mark again writes, and a database that is refused later on must be left as it was.
 */
const marking = ['auto_vacuum = INCREMENTAL', `application_id = ${applicationId}`];
const commonPragmas = [`busy_timeout = ${busyTimeoutMs}`, 'foreign_keys = ON'];

interface RawConnection {
  run(sql: string, done: (error: Error | null) => void): void;
}

function connect(filename: string, pragmas: readonly string[], connections: number): Knex {
  return createKnex({
    client: 'sqlite3',
    connection: { filename, flags: ['OPEN_READWRITE', 'OPEN_CREATE'] },
    useNullAsDefault: true,
    pool: {
      min: 0,
      max: connections,
      idleTimeoutMillis: 2 ** 31 - 1,
      afterCreate: (raw: RawConnection, done: (error: Error | null, connection: RawConnection) => void) => {
        const apply = (index: number): void => {
          const pragma = pragmas[index];
          if (pragma === undefined) return done(null, raw);
          raw.run(`PRAGMA ${pragma}`, (error) => (error === null ? apply(index + 1) : done(error, raw)));
        };
        apply(0);
      },
    },
  });
}

/**
 * The SQLite file of one bot: one writing connection behind a queue, a few reading ones (WAL lets them see the last commit while it writes).
 * Every error leaves as an `SmError` with a destiny.
 */
export class Database {
  readonly #writer: Knex;
  readonly #readers: Knex;
  readonly #queue = new WriteQueue();

  private constructor(writer: Knex, readers: Knex) {
    this.#writer = writer;
    this.#readers = readers;
  }

  /**
   * Opens and migrates `smanager-db.sqlite` in `dataDir`.
   * @throws SmError DATABASE_FOREIGN, DATABASE_NEWER, DATABASE_DAMAGED (all 78; nothing was written), DISK_READ_ONLY, DISK_FULL
   */
  static async open(dataDir: string): Promise<Database> {
    const filename = path.join(dataDir, databaseFileName);
    const isMarked = await assertOurs(filename);
    const writer = connect(
      filename,
      [
        ...(isMarked ? [] : marking),
        'journal_mode = WAL',
        'synchronous = NORMAL',
        'cache_size = -32768',
        'journal_size_limit = 33554432',
        ...commonPragmas,
      ],
      1,
    );
    const readers = connect(filename, [...commonPragmas, 'query_only = ON', 'cache_size = -16384'], 2);
    try {
      await migrate(writer);
      return new Database(writer, readers);
    } catch (error) {
      await readers.destroy();
      await writer.destroy();
      throw toStoreError(error);
    }
  }

  /**
   * Opens a database that is there, for looking only, also while a bot works on it. Nothing is migrated.
   * @throws SmError DATABASE_MISSING, DATABASE_FOREIGN, DATABASE_NEWER, DATABASE_DAMAGED
   */
  static async openExisting(dataDir: string): Promise<Database> {
    const filename = path.join(dataDir, databaseFileName);
    if (!existsSync(filename)) {
      throw new SmError('DATABASE_MISSING', `there is no ${databaseFileName} in ${dataDir}: no bot has run there yet`, {
        dataDir,
      });
    }
    await assertOurs(filename);
    const readers = connect(filename, [...commonPragmas, 'query_only = ON'], 1);
    try {
      await assertNotNewer(readers);
      return new Database(readers, readers);
    } catch (error) {
      await readers.destroy();
      throw toStoreError(error);
    }
  }

  async read<T>(work: (reader: Reader) => Promise<T>): Promise<T> {
    try {
      return await work(this.#readers);
    } catch (error) {
      throw toStoreError(error);
    }
  }

  /** Runs `work` in one transaction; nothing of it is kept when it throws. Use only `tx` inside: the connection is taken. */
  async write<T>(priority: WritePriority, work: (tx: Tx) => Promise<T>): Promise<T> {
    const failures: unknown[] = [];
    const noted = async (tx: Tx): Promise<T> => {
      try {
        return await work(tx);
      } catch (error) {
        failures.push(error);
        throw error;
      }
    };
    try {
      return await this.#queue.run(priority, async () => await this.#writer.transaction(noted));
    } catch (error) {
      // On a full or failing disk SQLite rolls back by itself; the ROLLBACK after it then fails, and would hide the error that counts.
      throw toStoreError(failures.length > 0 ? failures[0] : error);
    }
  }

  /** Moves the write-ahead log into the file and shortens it. */
  async checkpoint(): Promise<void> {
    await this.#queue.run('bulk', async () => {
      await this.#writer.raw('PRAGMA wal_checkpoint(TRUNCATE)');
    });
  }

  async close(): Promise<void> {
    await this.#readers.destroy();
    await this.#queue.run('claim', async () => {
      await this.#writer.destroy();
    });
  }
}
