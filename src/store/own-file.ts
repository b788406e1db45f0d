import { type BigIntStats, statSync } from 'node:fs';
import { SmError } from '../domain/errors.ts';

export type FileTrouble = 'removed' | 'replaced' | 'emptied' | 'log-removed' | 'cut-short';

/** Of the header of a database. */
const leastBytes = 100n;

/**
 * The database's file and its log, as their names stand for them. A program goes on with an open file whatever becomes of its name; what it writes
 * then is nobody's. Only names are looked at: whoever opens SQLite's file and closes it again takes away the locks that SQLite has on it in this
 * process.
 */
export class OwnFile {
  readonly #filename: string;
  readonly #file: BigIntStats | undefined;
  #log: BigIntStats | undefined;
  #sizeBytes: bigint;

  /** Of a file that is open, as is its log. */
  constructor(filename: string) {
    this.#filename = filename;
    this.#file = look(filename);
    this.#log = look(`${filename}-wal`);
    this.#sizeBytes = this.#file?.size ?? 0n;
  }

  get sizeBytes(): number {
    return Number(this.#sizeBytes);
  }

  /**
   * What has become of it since it was opened; that it is shorter than at the last look is told once.
   * @throws SmError DISK_READ_ONLY when it cannot be looked at
   */
  trouble(): FileTrouble | undefined {
    const file = look(this.#filename);
    if (file === undefined) return 'removed';
    if (!isSame(file, this.#file)) return 'replaced';
    // Whoever opens an empty database takes away the log beside it.
    if (file.size < leastBytes) return 'emptied';
    const log = look(`${this.#filename}-wal`);
    this.#log ??= log;
    if (!isSame(log, this.#log)) return 'log-removed';
    const isShorter = file.size < this.#sizeBytes;
    this.#sizeBytes = file.size;
    return isShorter ? 'cut-short' : undefined;
  }
}

function look(file: string): BigIntStats | undefined {
  try {
    return statSync(file, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new SmError('DISK_READ_ONLY', `${file} cannot be looked at (${reason})`, { file, reason }, error);
  }
}

function isSame(one: BigIntStats | undefined, other: BigIntStats | undefined): boolean {
  return one?.ino === other?.ino && one?.dev === other?.dev;
}
