export interface DecideInput {
  readonly dataDir: string;
  /** `rules`: rows are read and decided, nothing is written. `revision`: a member joins, and picks go on. `limit`: the rows named are updated by the driver alone. */
  readonly part: 'rules' | 'revision' | 'limit';
  readonly orders: number;
}

export interface RulesOutput {
  readonly verdicts: number;
  readonly byVerdict: Readonly<Record<string, number>>;
  /** Time in the rules over rows that were read before. */
  readonly rulesMs: number;
  /** The same rows by the product's own reading, from SQLite to the orders that the rules are given. */
  readonly readingMs: number;
}

export interface RevisionOutput {
  readonly tookMs: number;
  readonly changed: number;
  readonly picksMs: readonly number[];
}

/** A member joins the four of a made database; the own place among them stays. */
export const membersAfter = 5;
