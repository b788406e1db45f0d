export interface SizeInput {
  readonly dataDir: string;
  readonly url: string;
}

export interface SizeOutput {
  readonly rows: number;
  /** The file without its free pages. */
  readonly fileBytes: number;
  readonly freeBytes: number;
  /** The longest write-ahead log seen. */
  readonly walMaxBytes: number;
  /** Bytes given to the disk by the first walk, and by one that found nothing changed. */
  readonly firstWalkBytes: number;
  readonly unchangedWalkBytes: number;
  /** Bytes a row of every table and index, the largest first. */
  readonly parts: readonly { readonly name: string; readonly bytesPerRow: number }[];
  readonly walks: number;
  readonly decided: number;
  readonly ordered: number;
  readonly closed: number;
  readonly changed: number;
  readonly owners: number;
}
