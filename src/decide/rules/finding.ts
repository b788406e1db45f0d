import type { VerdictInputs } from '../../domain/order.ts';
import type { RuleVerdict } from '../../domain/verdicts.ts';

/** A rule that failed: the verdict it names, and the values it looked at. */
export interface Finding {
  readonly verdict: RuleVerdict;
  readonly inputs: VerdictInputs | null;
}
