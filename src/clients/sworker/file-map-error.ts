/** The bytes are not the map of files they should be. */
export class FileMapError extends Error {
  override readonly name = 'FileMapError';
}
