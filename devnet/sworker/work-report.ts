import type { FileBook } from './files.ts';

export interface ReportedFile {
  readonly cid: string;
  readonly sizeBytes: number;
}

/** A work report carries at most this many added files and as many deleted ones. */
const MAX_PER_REPORT = 300;

/**
 * Builds the report of one slot and hands it to `send`; only when that returns do the files count as reported.
 * A file is added when it is valid and the chain was not told so, deleted when the chain was told of it and it is lost or deleted.
 * So a copy that stayed valid while its order closed is in no further report, which is what the real one does.
 */
export function reportSlot(
  files: FileBook,
  send: (added: readonly ReportedFile[], deleted: readonly string[]) => void,
): void {
  const held = [...files.held.values()];
  const added = held.filter((file) => file.state === 'valid' && !file.reported).slice(0, MAX_PER_REPORT);
  const deleted = held.filter((file) => file.state !== 'valid' && file.reported).slice(0, MAX_PER_REPORT);
  send(
    added.map(({ cid, sizeBytes }) => ({ cid, sizeBytes })),
    deleted.map(({ cid }) => cid),
  );
  for (const file of added) file.reported = true;
  for (const file of deleted) file.reported = false;
  // From here on a deleted CID may be sealed again.
  for (const file of files.list('deleted')) if (!file.reported) files.held.delete(file.cid);
}
