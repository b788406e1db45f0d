import type { z } from 'zod';
import { mismatch } from '../http/checked.ts';
import type { FileMapEntry } from './file-map.ts';
import { FileMapError } from './file-map-error.ts';
import { jsonOf } from './json-bytes.ts';
import { plainSizes } from './plain-sizes.ts';
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
  const { cid } = entry;
  const plainType = entry.group ?? otherwise;
  if (plainType === 'valid' || plainType === 'lost') {
    const sizes = plainSizes(entry.bytes, entry.start, entry.end);
    if (sizes !== undefined) return { type: plainType, cid, ...sizes };
  }
  const value = jsonOf(entry.bytes, entry.start, entry.end);
  const type = checked(fileTypeAnswer, cid, value).type ?? plainType;
  if (type === undefined) throw new FileMapError(`${cid}.type: expected valid, lost or pending, found nothing`);
  if (type === 'pending') return { type, cid, sealedBytes: checked(pendingFileAnswer, cid, value).sealed_size };
  const { size, s_size: sealedBytes } = checked(heldFileAnswer, cid, value);
  return { type, cid, sizeBytes: size, sealedBytes: sealedBytes ?? 0 };
}

function checked<T>(schema: z.ZodType<T>, cid: string, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { field, expected, found } = mismatch(result.error, value);
  throw new FileMapError(`${cid}.${field}: ${expected}, found ${found}`);
}
