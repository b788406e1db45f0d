import type { PinStatus } from './statuses.ts';

/** Names of ends, as they stand in `pin_record.end_reason`. */
export type EndReason =
  | 'sealed'
  | 'not-sealed'
  | 'stall'
  | 'ceiling'
  | 'root-not-found'
  | 'incomplete'
  | 'refused'
  | 'oversize'
  | 'already-pending'
  | 'being-deleted'
  | 'sworker-full'
  | 'no-space'
  | 'sworker-upgrading'
  | 'seal-dropped'
  | 'connection-lost'
  | 'restart-of-several'
  | 'sworker-away'
  | 'disk-full'
  | 'stopped'
  | 'killed'
  | 'closed';

/** What becomes of the order. */
export type OrderNext =
  | { readonly kind: 'handled' }
  /** The attempt counts: back off, or `failed` after the last one. */
  | { readonly kind: 'attempt' }
  /** Queued again without an attempt, `afterBlocks` 0 = at once. */
  | { readonly kind: 'retry'; readonly afterBlocks: number }
  /** Queued again, one a minute with the others that ran in the crashed daemon. */
  | { readonly kind: 'staggered' }
  | { readonly kind: 'no-space' }
  | { readonly kind: 'bad-size' }
  | { readonly kind: 'closed' };

/** What holds all further pulls back after this one ended. */
export type EndHold = 'none' | 'sworker-full' | 'sworker-upgrading';

export interface PullEnd {
  readonly reason: EndReason;
  readonly recordStatus: 'sealed' | 'lost' | 'failed' | 'interrupted';
  readonly countsAsAttempt: boolean;
  readonly next: OrderNext;
  readonly hold: EndHold;
  /** For people: what came, shortened. */
  readonly detail: string | null;
}

/** One ended record of a CID, as far as the counting rules look at it. */
export interface PastPull {
  readonly status: PinStatus;
  readonly cause: 'pull' | 'found';
  readonly endReason: EndReason | null;
  readonly startedBlock: number;
  /** Whether the pin stood before our first pull; null when it was never asked. */
  readonly pinnedBefore: boolean | null;
}
