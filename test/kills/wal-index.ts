import { endianness } from 'node:os';

/** How far a checkpoint has come, in pages of the log. */
export interface Backfill {
  /** So many are in the database file for certain. */
  readonly done: number;
  /** The last checkpoint set out to bring so many there. */
  readonly attempted: number;
}

/** Offsets in the file's first block: https://www.sqlite.org/walformat.html#the_checkpoint_information. */
const doneOffset = 96;
const attemptedOffset = 128;
const readBytes = attemptedOffset + 4;

/**
 * Reads what the index of a log (`-shm`) tells of checkpoints; undefined for one that holds nothing. The numbers are in the machine's own order.
 * It must be read before anybody opens the database: the first to come after a death makes the index anew.
 */
export function readBackfill(index: Buffer): Backfill | undefined {
  if (index.length < readBytes) return undefined;
  const at = (offset: number): number =>
    endianness() === 'LE' ? index.readUInt32LE(offset) : index.readUInt32BE(offset);
  return { done: at(doneOffset), attempted: at(attemptedOffset) };
}

/** The process died between the first page that it moved and the moment at which it could count on them. */
export function isHalfway({ done, attempted }: Backfill): boolean {
  return attempted > done;
}
