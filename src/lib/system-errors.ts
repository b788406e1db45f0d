/** An error of the system about a file, such as EACCES. */
export interface FileError extends Error {
  readonly code: string;
  readonly path: string;
}

export function isFileError(error: unknown): error is FileError {
  return (
    error instanceof Error &&
    'code' in error &&
    /^E[A-Z0-9]+$/u.test(String(error.code)) &&
    'path' in error &&
    typeof error.path === 'string'
  );
}
