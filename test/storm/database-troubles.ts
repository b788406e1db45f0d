import type { SeededRandom } from '../../devnet/chain/seeded-random.ts';
import { databaseFileName } from '../../src/store/file-names.ts';
import type { DriverStatement, Refusal, RefusalCode } from '../support/sim/driver-refusal.ts';

const changing = ['INSERT', 'UPDATE', 'DELETE', 'COMMIT', 'CREATE'];
/** Of a change while the disk is full: most find room in memory, and it is their COMMIT that finds none. */
const fullAtOnce = 0.2;
/** SQLite gives up the one statement when that could be undone alone, and else all of its transaction. */
const undoneAlone = 0.5;

/** Of the statement that fails after so many others which could. */
export interface SingleFailure {
  readonly code: Exclude<RefusalCode, 'SQLITE_BUSY'>;
  readonly at: 'commit' | 'any';
  readonly after: number;
}

/** Which statements of the bot fail, as SQLite would have them fail. */
export class DatabaseTroubles {
  readonly #random: SeededRandom;
  isFull = false;
  isLocked = false;
  #single: SingleFailure | undefined;
  #left = 0;
  /** How often which statements failed, by `verb code`. */
  readonly counts = new Map<string, number>();

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  failOnce(single: SingleFailure): void {
    this.#single = single;
    this.#left = single.after;
  }

  calm(): void {
    this.isFull = false;
    this.isLocked = false;
    this.#single = undefined;
  }

  choose(statement: DriverStatement): Refusal | undefined {
    const refusal = this.#chosen(statement);
    if (refusal === undefined) return undefined;
    const name = `${statement.verb} ${refusal.code}`;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    return refusal;
  }

  #chosen({ filename, verb }: DriverStatement): Refusal | undefined {
    // The end of a transaction that is given up can always be had; the lock has a file of its own.
    if (verb === 'ROLLBACK' || !filename.endsWith(databaseFileName)) return undefined;
    // Whoever has begun to write has the lock, and a log lets everybody read: only the beginning waits, here for no time.
    if (this.isLocked && verb === 'BEGIN') return { code: 'SQLITE_BUSY', rollsBack: false };
    if (this.isFull && (verb === 'COMMIT' || (changing.includes(verb) && this.#random.fraction() < fullAtOnce)))
      return this.#refusal('SQLITE_FULL', verb);
    return this.#once(verb);
  }

  #once(verb: string): Refusal | undefined {
    const single = this.#single;
    if (single === undefined) return undefined;
    const isMet =
      single.at === 'commit' ? verb === 'COMMIT' : single.code === 'SQLITE_IOERR' || changing.includes(verb);
    if (!isMet) return undefined;
    this.#left -= 1;
    if (this.#left > 0) return undefined;
    this.#single = undefined;
    return this.#refusal(single.code, verb);
  }

  #refusal(code: RefusalCode, verb: string): Refusal {
    const isUndoneAlone = code === 'SQLITE_FULL' && verb !== 'COMMIT' && this.#random.fraction() < undoneAlone;
    return { code, rollsBack: !isUndoneAlone };
  }
}
