import { FileTooLarge, readBounded } from './bounded-file.ts';

/** A list of a few thousand CIDs fits; what is larger was not meant, and may have no end (/dev/zero). */
const mostBytes = 1024 ** 2;

/** What `…_FILE` names gives the value of a key, or the problem with it: a text that quotes nothing of what the file holds. */
export type FileValue = { readonly text: string } | { readonly problem: string };

/** Spaces and line ends around the value are dropped: editors and `echo` leave one behind. */
export async function readValueFile(file: string): Promise<FileValue> {
  let bytes: Buffer;
  try {
    bytes = await readBounded(file, mostBytes);
  } catch (error) {
    if (error instanceof FileTooLarge) return { problem: 'the file it names is larger than 1 MiB' };
    return { problem: `the file it names cannot be read (${reason(error)})` };
  }
  const text = decoded(bytes)?.trim();
  if (text === undefined) return { problem: 'the file it names is no text in UTF-8' };
  if (text === '') return { problem: 'the file it names is empty' };
  return { text };
}

/** Without the mark of byte order that some editors write. */
function decoded(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function reason(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unreadable';
}
