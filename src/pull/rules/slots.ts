import { GIB } from '../../domain/units.ts';

export const LARGE_BYTES = 5 * GIB;

/** sWorker takes no further seal beyond these (chain-facts: 4020). */
const SWORKER_MAX_PENDING = 500;
const SWORKER_MAX_FILES = 400_000;

export type Kind = 'small' | 'large';

export function kindOf(sizeBytes: number): Kind {
  return sizeBytes >= LARGE_BYTES ? 'large' : 'small';
}

export interface SlotCounts {
  readonly small: number;
  readonly large: number;
}

/** The slots of either kind that `scheduler.maxPendingTasks` gives; each kind has at least one. */
export function slotsOf(maxPendingTasks: number): SlotCounts {
  const large = Math.max(1, Math.floor(0.4 * maxPendingTasks));
  return { small: Math.max(1, maxPendingTasks - large), large };
}

/**
 * The kinds that may start one more pull. Large ones never use small slots. Small ones use all large slots but one while no large order
 * can be taken, so a slot that frees goes to a waiting large order before it goes back to them.
 */
export function openKinds(slots: SlotCounts, running: SlotCounts, largeWaits: boolean): readonly Kind[] {
  const open: Kind[] = [];
  const anyFree = running.small + running.large < slots.small + slots.large;
  const borrowed = running.small - slots.small;
  if (anyFree && running.large < slots.large) open.push('large');
  if (borrowed < 0 || (anyFree && !largeWaits && borrowed < slots.large - 1)) open.push('small');
  return open;
}

/** How many more seals sWorker takes, given what it holds now. */
export function sworkerRoom(pendingFiles: number, allFiles: number): number {
  return Math.max(0, Math.min(SWORKER_MAX_PENDING - pendingFiles, SWORKER_MAX_FILES - allFiles));
}

/** How many more it takes while a round goes on: pulls that have ended since it was opened make room among the pending ones, not among all. */
export function roomLeft(
  opened: { readonly room: number; readonly allFiles: number },
  since: { readonly running: number; readonly started: number },
): number {
  return Math.max(0, Math.min(opened.room - since.running, SWORKER_MAX_FILES - opened.allFiles - since.started));
}
