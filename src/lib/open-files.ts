import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';

/** The system's words for a process, or a machine, that may open no more files, connections among them. */
const outOfFiles = ['EMFILE', 'ENFILE'];

export function isOutOfFiles(error: unknown): error is Error & { readonly code: unknown } {
  return error instanceof Error && 'code' in error && outOfFiles.includes(String(error.code));
}

/** Whether this process may open so many more files, or connections, now. */
export function canOpenFiles(count = 1): boolean {
  const opened: number[] = [];
  try {
    while (opened.length < count) opened.push(openSync(devNull, 'r'));
    return true;
  } catch (error) {
    if (isOutOfFiles(error)) return false;
    throw error;
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}
