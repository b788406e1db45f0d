import type { EndReason } from '../../domain/pull-ends.ts';

/** Why the bot itself ended a pull; `daemon-away`: a stall or ceiling while the daemon answered nobody. */
export type AbortReason = 'stall' | 'daemon-away' | 'ceiling' | 'oversize' | 'closed' | 'stopped';

/** Where the daemon's pull was when it was refused; `sworker-away`: the daemon could not reach sWorker. */
export type RefusedStage = 'resolve' | 'start-seal' | 'seal' | 'end-seal' | 'sworker-away' | 'other';

/** How a `pin/add` came back. */
export type PinAnswer =
  | { readonly kind: 'pinned' }
  | {
      readonly kind: 'refused';
      readonly stage: RefusedStage;
      /** 8012 and 8013 are the only sWorker codes that the daemon passes on. */
      readonly code?: number;
      /** sWorker's HTTP status, which hides all its other codes. */
      readonly httpStatus?: number;
      readonly message: string;
    }
  | { readonly kind: 'lost'; readonly message: string }
  /** `disk-full`: it would go on by what cannot be written down. */
  | { readonly kind: 'aborted'; readonly why: Exclude<AbortReason, 'daemon-away'> | 'disk-full' };

/** What sWorker says about the file after the pull ended; `away` while it cannot be asked. */
export type SealState = 'valid' | 'lost' | 'pending' | 'absent' | 'upgrading' | 'away';

/** Ends that are nobody's fault; from the fourth in a day an order waits an hour. */
export const interruptions: readonly EndReason[] = [
  'seal-dropped',
  'connection-lost',
  'restart-of-several',
  'sworker-away',
  'disk-full',
  'stopped',
  'killed',
];

/** Ends that count as attempts from the fourth in a row of one order: one file that crashes the daemon must not do so for ever. */
export const suspicious: readonly EndReason[] = ['seal-dropped', 'connection-lost', 'no-space'];
