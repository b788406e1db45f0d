import type { z } from 'zod';
import { mismatch } from '../http/checked.ts';
import { type FileMapEntry, FileMapError } from './file-map.ts';
import { fileTypeAnswer, heldFileAnswer, pendingFileAnswer } from './schemas.ts';

/** A file sWorker has sealed. Sizes in bytes; `sealedBytes` is what the sealed copy takes on disk. */
export interface HeldFile {
  readonly type: 'valid' | 'lost';
  readonly cid: string;
  readonly sizeBytes: number;
  readonly sealedBytes: number;
}

/** A file being sealed. `sealedBytes` is what has been written so far. */
export interface PendingFile {
  readonly type: 'pending';
  readonly cid: string;
  readonly sealedBytes: number;
}

export type FileType = SworkerFile['type'];
export type SworkerFile = HeldFile | PendingFile;

/** One entry of a map of files, of the type it carries or stands under; `otherwise` where neither says one. Throws `FileMapError` naming the field. */
export function toFile(entry: FileMapEntry, otherwise: FileType | undefined): SworkerFile {
  const type = checked(fileTypeAnswer, entry).type ?? entry.group ?? otherwise;
  if (type === undefined) throw new FileMapError(`${entry.cid}.type: expected valid, lost or pending, found nothing`);
  if (type === 'pending') return { type, cid: entry.cid, sealedBytes: checked(pendingFileAnswer, entry).sealed_size };
  const { size, s_size: sealedBytes } = checked(heldFileAnswer, entry);
  return { type, cid: entry.cid, sizeBytes: size, sealedBytes: sealedBytes ?? 0 };
}

function checked<T>(schema: z.ZodType<T>, { cid, value }: FileMapEntry): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { field, expected, found } = mismatch(result.error, value);
  throw new FileMapError(`${cid}.${field}: ${expected}, found ${found}`);
}
