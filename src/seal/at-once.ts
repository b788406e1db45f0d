/**
 * How many held files may be lost, or be missing, before it is taken for a disk that is away and not for the files' own fate: the larger of
 * 5 % of the held files and 5.
 */
export function atOnceLimit(heldFiles: number): number {
  return Math.max(Math.floor(heldFiles * 0.05), 5);
}
