import { statSync } from 'node:fs';
import type sqlite3 from 'sqlite3';
import { closeConnection, openConnection, run } from './connection.ts';
import type { WriteQueue } from './write-queue.ts';

const MIB = 1024 ** 2;
/**
 * The log is moved into the file when it grows beyond this. The log's own file is never cut shorter: writing over what is there takes less
 * than half the time of cutting it and growing it again, and a claim waits for either.
 */
export const startBytes = 22 * MIB;
/** What a failed attempt leaves is tried again after so much more. */
const againBytes = MIB;
/** From here on readers of old states are waited for, for a moment: they keep the log from starting anew. */
const waitBytes = 25 * MIB;
const waitMs = 250;
/** From here on all but claims wait for the attempt under way: they can fill the log faster than it is moved. What is begun below may add 6 MiB. */
const holdBytes = 25 * MIB;
/** So many pages are moved while writers wait; more than that before, beside them. */
const pagesInTurn = 64;
const mostRounds = 3;

interface Outcome {
  /** 1 when readers or writers were in the way. */
  readonly busy: number;
  /** Pages in the log. */
  readonly log: number;
  readonly checkpointed: number;
}

/**
 * Moves the write-ahead log into the file by plan: most of it on a connection of its own while others read and write, the rest in one short turn of
 * the writing queue, after which the log begins anew. SQLite's own way has whoever commits next do all of it, and under steady writing never ends
 * with an empty log. Needs `journal_size_limit` at `startBytes` on the writing connection: the file's size is then that of a log that is longer.
 */
export class Checkpointer {
  readonly #filename: string;
  readonly #queue: WriteQueue;
  #connection: sqlite3.Database | undefined;
  #running: Promise<void> | undefined;
  #nextAtBytes = startBytes;
  #failure: { readonly error: unknown } | undefined;
  #isClosed = false;

  constructor(filename: string, queue: WriteQueue) {
    this.#filename = filename;
    this.#queue = queue;
  }

  /** Before a write begins: throws what the last attempt failed with, such as a full disk. What is in the log is safe, but it cannot grow for ever. */
  throwFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }

  /** Whether any write but a claim may begin. */
  get hasRoom(): boolean {
    return this.#running === undefined || this.#logBytes() < holdBytes;
  }

  async untilRoom(): Promise<void> {
    if (!this.hasRoom) await this.#running;
  }

  /** After each commit. */
  noteCommit(): void {
    const bytes = this.#logBytes();
    if (bytes <= startBytes) this.#nextAtBytes = startBytes;
    if (bytes > startBytes && bytes >= this.#nextAtBytes && this.#running === undefined && !this.#isClosed) {
      this.#running = this.#attempt(bytes)
        .catch((error: unknown) => {
          this.#failure = { error };
        })
        .finally(() => {
          this.#running = undefined;
        });
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
    if (this.#connection !== undefined) await closeConnection(this.#connection);
  }

  async #attempt(bytes: number): Promise<void> {
    // Set first: an attempt that fails is not repeated with every commit.
    this.#nextAtBytes = bytes + againBytes;
    const connection = await this.#opened();
    for (let round = 0; round < mostRounds; round += 1) {
      const { log, checkpointed } = await checkpoint(connection, 'PASSIVE');
      if (log - checkpointed <= pagesInTurn) break;
    }
    let isHeld = false;
    await this.#queue.run('event', async () => {
      const { busy, log, checkpointed } = await checkpoint(connection, 'PASSIVE');
      const isDone = busy === 0 && log === checkpointed;
      if (!isDone && this.#logBytes() >= waitBytes) isHeld = (await checkpoint(connection, 'RESTART')).busy !== 0;
    });
    const reachedBytes = Math.max(startBytes, this.#logBytes());
    // A reader that stays, such as a backup under way, would else have writers wait for it with each MiB.
    this.#nextAtBytes = isHeld ? 2 * reachedBytes : reachedBytes + againBytes;
  }

  async #opened(): Promise<sqlite3.Database> {
    if (this.#connection === undefined) {
      this.#connection = await openConnection(this.#filename);
      await run(this.#connection, 'PRAGMA synchronous = NORMAL');
      await run(this.#connection, `PRAGMA busy_timeout = ${waitMs}`);
    }
    return this.#connection;
  }

  #logBytes(): number {
    return statSync(`${this.#filename}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }
}

async function checkpoint(connection: sqlite3.Database, mode: 'PASSIVE' | 'RESTART'): Promise<Outcome> {
  const [outcome] = await run<Outcome>(connection, `PRAGMA wal_checkpoint(${mode})`);
  if (outcome === undefined) throw new Error('SQLite told nothing about a checkpoint');
  return outcome;
}
