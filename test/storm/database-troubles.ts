import type { SeededRandom } from '../../devnet/chain/seeded-random.ts';
import { databaseFileName } from '../../src/store/file-names.ts';
import type { DriverStatement, Refusal, RefusalCode, Wait } from '../support/sim/driver-refusal.ts';

const changing = ['INSERT', 'UPDATE', 'DELETE', 'COMMIT', 'CREATE'];
/** Of a change while the disk is full: most find room in memory, and it is their COMMIT that finds none. */
const fullAtOnce = 0.2;
/** SQLite gives up the one statement when that could be undone alone, and else all of its transaction. */
const undoneAlone = 0.5;
/** Of what writes to a slow disk; the most it takes is less than the bot has to stop in. */
const slowShare = 0.3;
const slowMs = [10, 2_000] as const;

/** Of the statement that fails after so many others which could. */
export interface SingleFailure {
  readonly code: Exclude<RefusalCode, 'SQLITE_BUSY'>;
  readonly at: 'commit' | 'any';
  readonly after: number;
}

interface Surroundings {
  readonly random: SeededRandom;
  /** Calls `fire` when that long has passed. */
  readonly after: (ms: number, fire: () => void) => unknown;
}

/** Which statements of the bot fail, as SQLite would have them fail, and which the disk takes its time for. */
export class DatabaseTroubles {
  readonly #random: SeededRandom;
  readonly #after: Surroundings['after'];
  isFull = false;
  isLocked = false;
  isSlow = false;
  #single: SingleFailure | undefined;
  #left = 0;
  /** How often which statements failed or were late, by `verb code`, `verb late` and `verb told late`. */
  readonly counts = new Map<string, number>();

  constructor({ random, after }: Surroundings) {
    this.#random = random;
    this.#after = after;
  }

  failOnce(single: SingleFailure): void {
    this.#single = single;
    this.#left = single.after;
  }

  calm(): void {
    this.isFull = false;
    this.isLocked = false;
    this.isSlow = false;
    this.#single = undefined;
  }

  choose(statement: DriverStatement): Refusal | undefined {
    const refusal = this.#chosen(statement);
    if (refusal === undefined) return undefined;
    this.#count(`${statement.verb} ${refusal.code}`);
    return refusal;
  }

  chooseWait({ filename, verb }: DriverStatement): Wait | undefined {
    const isWrite = filename.endsWith(databaseFileName) && (verb === 'BEGIN' || changing.includes(verb));
    if (!this.isSlow || !isWrite || this.#random.fraction() >= slowShare) return undefined;
    const before = this.#random.fraction() < 0.5 ? 'statement' : 'answer';
    const ms = this.#random.between(...slowMs);
    this.#count(before === 'statement' ? `${verb} late` : `${verb} told late`);
    return { before, until: (goOn) => void this.#after(ms, goOn) };
  }

  #count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
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
