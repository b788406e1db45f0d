export interface DecideInput {
  readonly dataDir: string;
  /** `rules`: rows are read and decided, nothing is written. `revision`: a member joins, and picks go on. `limit`: the rows named are updated by the driver alone. */
  readonly part: 'rules' | 'revision' | 'limit';
  readonly orders: number;
}

export interface RulesOutput {
  readonly verdicts: number;
  readonly byVerdict: Readonly<Record<string, number>>;
  /** Of that, time in the rules. */
  readonly rulesMs: number;
  /** From the rows in SQLite to verdicts, by the product's own reading. */
  readonly tookMs: number;
}

export interface RevisionOutput {
  readonly tookMs: number;
  readonly changed: number;
  readonly picksMs: readonly number[];
}

/** A member joins the four of a made database; the own place among them stays. */
export const membersAfter = 5;
