import type { HeldFile } from '../clients/sworker/files.ts';
import { HOUR_BLOCKS } from '../domain/units.ts';
import type { HeldState, ListingChanges } from '../store/held-files.ts';
import type { ListedRecord, UncountedCopy } from '../store/held-listing.ts';

/** One entry of sWorker's list of valid or lost files with what the records say about it. */
export interface ListedFile {
  readonly file: HeldFile;
  readonly record: ListedRecord;
}

/** A file earns when it entered a work report and its replica was accounted on chain; after this long it should have. */
export const CREDIT_BLOCKS = 12 * HOUR_BLOCKS;

/**
 * The record is missing although the CID has a history: sWorker may have listed the file before a deletion of ours that is through by now, so
 * it is asked about this one again.
 */
export function isDoubtful({ record }: ListedFile): boolean {
  return record.pin === null && !record.running;
}

/** What these files of a list change in the records; a running pull is left alone. */
export function planRecords(
  files: readonly ListedFile[],
): Pick<ListingChanges, 'found' | 'recovered' | 'lost' | 'seenAgain'> {
  return {
    found: files.filter(({ record }) => record.pin === null && !record.running).map(({ file }) => file),
    recovered: pinIds(files, (pin, type) => type === 'valid' && pin.status === 'lost'),
    lost: pinIds(files, (pin, type) => type === 'lost' && pin.status === 'sealed'),
    seenAgain: pinIds(files, (pin) => pin.missedRounds > 0),
  };
}

function pinIds(
  files: readonly ListedFile[],
  chosen: (pin: NonNullable<ListedRecord['pin']>, type: HeldState) => boolean,
): number[] {
  return files.flatMap(({ record: { pin }, file }) => (pin !== null && chosen(pin, file.type) ? [pin.id] : []));
}

/**
 * Whether a sealed copy that the replica map did not show earns nothing: `uncredited` when the map was read late enough, `unread` when it would
 * be time but the map was not read since, `young` before that.
 */
export function creditOf(copy: UncountedCopy, headBlock: number): 'young' | 'uncredited' | 'unread' {
  const creditBlock = copy.sealedBlock + CREDIT_BLOCKS;
  if (creditBlock > headBlock) return 'young';
  return copy.readBlock >= creditBlock ? 'uncredited' : 'unread';
}
