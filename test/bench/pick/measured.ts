/** What a measured process is given. */
export interface PickInput {
  readonly dataDir: string;
  /** Copies whose queues are picked empty before anything is measured. */
  readonly warmUpDirs: readonly string[];
  readonly picks: number;
  /** Picks before them that are not measured. */
  readonly warmUp: number;
  /** A chain to walk over meanwhile; undefined: nothing else runs. */
  readonly url: string | undefined;
}

export interface PickOutput {
  /** Milliseconds of each pick. */
  readonly picksMs: readonly number[];
  /** The driver's own empty transaction on the same file, before and after; ms. */
  readonly emptyMs: readonly number[];
  /** Orders that the walk wrote meanwhile, and how long it took. */
  readonly walked: { readonly orders: number; readonly ms: number } | undefined;
}
