import path from 'node:path';
import type { Knex } from 'knex';
import { SmError } from '../domain/errors.ts';
import type { RightOfWay } from '../runtime/right-of-way.ts';
import { Checkpointer, startBytes } from './checkpointer.ts';
import { closeConnection, commonPragmas, connect, isLogBeside, openToLook } from './connection.ts';
import { type BeforeMigrationOptions, backUpBeforeMigration } from './backups/before-migration.ts';
import { takeBackup } from './backups/take-backup.ts';
import { assertNoneUnfinished } from './backups/unfinished-restore.ts';
import { withWayBack } from './backups/way-back.ts';
import { withDiskAdvice } from './disk-trouble.ts';
import { applicationId, assertOurs, isThere } from './file-identity.ts';
import { databaseFileName } from './file-names.ts';
import { keepPrivate, spillInto } from './own-files.ts';
import { StandingFile } from './standing-file.ts';
import { findDamage, type PageCheck } from './page-check.ts';
import { assertBegun, assertNotNewer, assertUpToDate, migrate } from './schema.ts';
import { toStoreError } from './sqlite-errors.ts';
import { WriteQueue, type WritePriority } from './write-queue.ts';
import { Writer, type Tx } from './writer.ts';

/** A connection to read with. */
export type Reader = Knex;
export type { Tx };
export { databaseFileName };
/** `urgent`: a pull waits for the answer; it has a connection of its own, so that no walk's reads stand before it. */
export type ReadLane = 'urgent' | 'usual';

/** What a slow transaction is measured by and told to. */
interface WriteWatch {
  readonly monotonicMs: () => number;
  /** A bulk transaction that kept everybody else waiting for longer than `slowBulkMs`. */
  readonly onSlowBulk: (tookMs: number) => void;
}

export interface DatabaseOptions extends Pick<BeforeMigrationOptions, 'onOldBackupLeft'> {
  readonly watch?: WriteWatch;
  /** Given to picks and claims; without it they take their turns among everything else. */
  readonly rightOfWay?: Pick<RightOfWay, 'during'>;
  /** A database that holds something is backed up before it is migrated, and so many of these are kept. Without it, or with 0: none is made. */
  readonly keptBackups?: number;
  /** Gives that backup, and looking through the file, up. */
  readonly signal?: AbortSignal;
}

interface ExistingOptions {
  readonly writes?: boolean;
  readonly isOlderTaken?: boolean;
  /** Gives looking through the file up. */
  readonly signal?: AbortSignal;
}

/** Bulk transactions are cut so that they take no longer: a claim may be waiting behind one. */
const slowBulkMs = 20;
const never = new AbortController().signal;

/**
 * Both before the first page is written, and before WAL, so that the mark stands in the file's own header at once. Never on a marked file: setting
 * the mark again writes, and a database that is refused later on must be left as it was.
 */
const marking = ['auto_vacuum = INCREMENTAL', `application_id = ${applicationId}`];
/** The log is moved into the file by plan; only should that fail for long does SQLite's own way begin, pages. */
const lastResortPages = 7500;

/**
 * The SQLite file of one bot: one writing connection behind a queue, a few reading ones (WAL lets them see the last commit while it writes).
 * Every error leaves as an `SmError` with a destiny.
 */
export class Database {
  readonly #writer: Writer;
  readonly #readers: Readonly<Record<ReadLane, Knex>>;
  readonly #queue: WriteQueue;
  readonly #checkpointer: Checkpointer;
  readonly #options: DatabaseOptions;
  readonly #dataDir: string;
  /** Of a database that is worked on. */
  #standing: StandingFile | undefined;

  private constructor(
    dataDir: string,
    writer: Writer,
    readers: Readonly<Record<ReadLane, Knex>>,
    options: DatabaseOptions = {},
  ) {
    const filename = path.join(dataDir, databaseFileName);
    this.#dataDir = dataDir;
    this.#queue = new WriteQueue();
    this.#checkpointer = new Checkpointer(filename, this.#queue);
    this.#writer = writer;
    this.#readers = readers;
    this.#options = options;
  }

  /**
   * Opens and migrates `smanager-db.sqlite` in `dataDir`.
   * @throws SmError DATABASE_FOREIGN, DATABASE_NEWER, DATABASE_DAMAGED, RESTORE_UNFINISHED (all 78; nothing was written), BACKUP_NO_SPACE,
   * BACKUP_FAILED (78; not migrated), DISK_READ_ONLY, DISK_FULL
   */
  static async open(dataDir: string, options: DatabaseOptions = {}): Promise<Database> {
    const filename = path.join(dataDir, databaseFileName);
    spillInto(dataDir);
    const isMarked = await wayBackFrom(dataDir, async () => {
      await assertNoneUnfinished(dataDir);
      return await assertFitToWrite(filename, options.signal);
    });
    const writer = new Writer(filename, [
      ...(isMarked ? [] : marking),
      'journal_mode = WAL',
      'synchronous = NORMAL',
      'cache_size = -4096',
      `journal_size_limit = ${startBytes}`,
      `wal_autocheckpoint = ${lastResortPages}`,
      ...commonPragmas,
    ]);
    const reading = [...commonPragmas, 'query_only = ON', 'cache_size = -1024'];
    const readers = { urgent: connect(filename, reading, 1), usual: connect(filename, reading, 2) };
    try {
      return await wayBackFrom(dataDir, async () => {
        await migrate(writer.knex, async () => await backUpBeforeMigration(dataDir, options));
        await keepPrivate([filename, `${filename}-wal`, `${filename}-shm`]);
        const database = new Database(dataDir, writer, readers, options);
        database.#watchFile(filename);
        return database;
      });
    } catch (error) {
      await writer.knex.destroy();
      throw error;
    }
  }

  /**
   * Opens a database that is there, also while a bot works on it; for looking only unless it `writes`: then the log beside it is looked at first,
   * as at a start, since whoever closes last brings it into the file. Nothing is migrated; with `isOlderTaken` one
   * of an older schema is opened too, for facts that all have.
   * @throws SmError DATABASE_MISSING, DATABASE_OLDER, DATABASE_FOREIGN, DATABASE_NEWER, DATABASE_DAMAGED, RESTORE_UNFINISHED, DISK_READ_ONLY
   */
  static async openExisting(dataDir: string, options: ExistingOptions = {}): Promise<Database> {
    const { writes = false, isOlderTaken = false, signal } = options;
    const filename = path.join(dataDir, databaseFileName);
    spillInto(dataDir);
    await wayBackFrom(dataDir, async () => {
      await assertNoneUnfinished(dataDir);
      const isOurs = writes ? await assertFitToWrite(filename, signal) : await assertOurs(filename);
      if (isOurs || isThere(filename)) return;
      const message = `there is no ${databaseFileName} in ${dataDir}: no bot has run there yet`;
      throw new SmError('DATABASE_MISSING', message, { dataDir });
    });
    const pragmas = [...commonPragmas, ...(writes ? [] : ['query_only = ON'])];
    const looking = new Writer(filename, pragmas, { isLooking: !writes });
    try {
      return await wayBackFrom(dataDir, async () => {
        await assertNotNewer(looking.knex);
        await assertBegun(looking.knex);
        if (!isOlderTaken) await assertUpToDate(looking.knex);
        return new Database(dataDir, looking, { urgent: looking.knex, usual: looking.knex });
      });
    } catch (error) {
      await looking.knex.destroy();
      throw error;
    }
  }

  async read<T>(work: (reader: Reader) => Promise<T>, lane: ReadLane = 'usual'): Promise<T> {
    const reading = async (): Promise<T> => await work(this.#readers[lane]);
    return await wayBackFrom(
      this.#dataDir,
      async () => await (lane === 'urgent' ? this.#urgently(reading) : reading()),
    );
  }

  /** Runs `work` in one transaction; nothing of it is kept when it throws. Use only `tx` inside: the connection is taken. */
  async write<T>(priority: WritePriority, work: (tx: Tx) => Promise<T>): Promise<T> {
    return await wayBackFrom(this.#dataDir, async () => {
      if (priority !== 'claim') return await this.#writeWithRoom(priority, work);
      // From the wait for its turn on: what is written before it ends the sooner.
      return await this.#urgently(async () => await this.#queue.run('claim', async () => await this.#transact(work)));
    });
  }

  /**
   * Looks through every page, on a connection of its own: what is damaged would else be met in the middle of the work.
   * @throws SmError DATABASE_DAMAGED
   */
  async assertWhole(signal: AbortSignal, check: PageCheck = 'quick_check'): Promise<void> {
    const filename = path.join(this.#dataDir, databaseFileName);
    await wayBackFrom(this.#dataDir, async () => await assertWhole(filename, check, signal));
  }

  /** Whoever has its turn while the log is too long lets the others go first, the end of the checkpoint among them. */
  async #writeWithRoom<T>(priority: WritePriority, work: (tx: Tx) => Promise<T>): Promise<T> {
    for (;;) {
      await this.#checkpointer.untilRoom();
      const done = await this.#queue.run(priority, async () => {
        if (!this.#checkpointer.hasRoom) return undefined;
        const startedMs = this.#options.watch?.monotonicMs();
        const result = await this.#transact(work);
        if (priority === 'bulk') this.#tellSlow(startedMs);
        return { result };
      });
      if (done !== undefined) return done.result;
    }
  }

  async #transact<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    this.#checkpointer.throwFailure();
    await this.#standing?.assertStands();
    const result = await this.#writer.transaction(work);
    this.#checkpointer.noteCommit();
    return result;
  }

  /** Ends the statement that runs, of a database that was opened to look: it then fails. */
  interrupt(): void {
    this.#writer.connection.interrupt();
  }

  /** Moves the write-ahead log into the file and shortens it. */
  async checkpoint(): Promise<void> {
    await wayBackFrom(this.#dataDir, async () => await this.#queue.run('bulk', async () => await this.#emptyLog()));
  }

  async close(): Promise<void> {
    await wayBackFrom(this.#dataDir, async () => await this.#close());
  }

  async #close(): Promise<void> {
    await this.#checkpointer.close();
    await this.#readers.urgent.destroy();
    await this.#readers.usual.destroy();
    await this.#queue.run('claim', async () => {
      try {
        // Beside another file the log would be taken for that one's, and its pages written over it.
        if (this.#standing?.isLost === true) await this.#emptyLog();
      } finally {
        await this.#writer.knex.destroy();
      }
    });
  }

  async #emptyLog(): Promise<void> {
    await this.#writer.knex.raw('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  #watchFile(filename: string): void {
    const signal = this.#options.signal ?? never;
    this.#standing = new StandingFile(filename, {
      lengthBytes: async () => await this.#writer.lengthBytes(),
      assertWhole: async () => await assertWhole(filename, 'quick_check', signal),
      keepCopy: async () => {
        const { connection } = this.#writer;
        const order = { dataDir: this.#dataDir, kind: 'rescued', atMs: Date.now(), signal, connection } as const;
        return (await takeBackup(order)).file;
      },
    });
  }

  async #urgently<T>(work: () => Promise<T>): Promise<T> {
    const { rightOfWay } = this.#options;
    return await (rightOfWay === undefined ? work() : rightOfWay.during(work));
  }

  #tellSlow(startedMs: number | undefined): void {
    const { watch } = this.#options;
    if (watch === undefined || startedMs === undefined) return;
    const tookMs = watch.monotonicMs() - startedMs;
    if (tookMs > slowBulkMs) watch.onSlowBulk(tookMs);
  }
}

/** Whether a marked database stands there; one that a log stands beside has all its pages looked through. */
async function assertFitToWrite(filename: string, signal = never): Promise<boolean> {
  const isOurs = await assertOurs(filename);
  // A log is left by a bot that was killed, a machine that lost its power, or somebody who put another file here.
  if (isOurs && isLogBeside(filename)) await assertWhole(filename, 'quick_check', signal);
  return isOurs;
}

async function assertWhole(filename: string, check: PageCheck, signal: AbortSignal): Promise<void> {
  const connection = await openToLook(filename);
  try {
    const [damage] = await findDamage(connection, check, signal);
    if (damage === undefined) return;
    throw new SmError('DATABASE_DAMAGED', `the database is damaged (${damage})`, { file: filename });
  } finally {
    await closeConnection(connection);
  }
}

/** Whatever goes wrong leaves as an `SmError`; a refused database names its way back. */
async function wayBackFrom<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw await withWayBack(await withDiskAdvice(toStoreError(error), dataDir), dataDir);
  }
}
