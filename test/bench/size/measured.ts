export interface SizeInput {
  readonly dataDir: string;
  readonly orders: number;
}

/** A walk of another day. */
export interface DailyWalk {
  /** Given to the disk. */
  readonly writtenBytes: number;
  /** Orders whose values it read. */
  readonly readAgain: number;
}

export interface SizeOutput {
  readonly rows: number;
  /** The file without its free pages. */
  readonly fileBytes: number;
  readonly freeBytes: number;
  /** The longest write-ahead log seen. */
  readonly walMaxBytes: number;
  /** Bytes given to the disk by the first walk, and by one of the same block. */
  readonly firstWalkBytes: number;
  readonly unchangedWalkBytes: number;
  /** Nothing changed: one reads a day's share of the values again and what might be taken soon, one only the latter. */
  readonly dayWithShare: DailyWalk;
  readonly dayWithoutShare: DailyWalk;
  /** Bytes a row of every table and index, the largest first. */
  readonly parts: readonly { readonly name: string; readonly bytesPerRow: number }[];
  readonly walks: number;
  readonly decided: number;
  readonly ordered: number;
  readonly closed: number;
  readonly changed: number;
  /** Payers of orders, and orders that have one. */
  readonly owners: number;
  readonly ownedRows: number;
}
