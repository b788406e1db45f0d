import type { RuleVerdict } from './verdicts.ts';

/** The configured limits of the rules; 0 switches one off. */
export interface StrategyLimits {
  readonly minFileSizeBytes: number;
  readonly maxFileSizeBytes: number;
  /** Applies to db orders. */
  readonly minReplicas: number;
  /** Applies to all orders; the chain's own limit of 200 holds besides. */
  readonly maxReplicas: number;
}

/** How often a source is drawn at the pick, in relation to the other; a source of weight 0 is never pulled from. */
export interface SourceWeights {
  readonly dbFilesWeight: number;
  readonly newFilesWeight: number;
}

/** Everything a verdict rests on that is the same for all orders. Stored once per content in `decision_basis`. */
export interface DecisionBasis {
  /** The own account's 32 public-key bytes, 64 hex digits. */
  readonly accountHex: string;
  /** ss58-66 text. */
  readonly groupOwner: string;
  /** At least 1. */
  readonly members: number;
  readonly ownIndex: number;
  /** The number of active nodes in use; at least 1. */
  readonly nodeCount: number;
  readonly limits: StrategyLimits;
  readonly weights: SourceWeights;
  /** Fingerprints of the lists, null for an empty one. */
  readonly denyList: string | null;
  readonly allowList: string | null;
}

/** Which entry of which list denies an order: a deny entry that matched, or no allow entry that did. */
export type ListMatch =
  | { readonly list: 'deny'; readonly by: 'cid' | 'owner' | 'memo'; readonly entry: string }
  | { readonly list: 'allow' };

/** What a basis is brought to the standing verdicts by. */
export interface RevisionScope {
  /** Orders whose stored verdict is this one or a later one are decided again; null: none by their verdict. */
  readonly fromRule: RuleVerdict | null;
  /** Orders whose draw lies in one of these ranges, [from, to), are decided again. */
  readonly draws: readonly (readonly [number, number])[];
}
