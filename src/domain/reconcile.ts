import type { OrderStatus } from './statuses.ts';

/** Every way in which orders, records, sWorker's files and IPFS pins are told to disagree. */
export const reconcileClasses = [
  'held-without-order',
  'handled-not-held',
  'sealed-not-pinned',
  'pinned-not-sealed',
  'pending-without-record',
  'lost',
] as const;
export type ReconcileClass = (typeof reconcileClasses)[number];

export function perClass<T>(of: (name: ReconcileClass) => T): Record<ReconcileClass, T> {
  return {
    'held-without-order': of('held-without-order'),
    'handled-not-held': of('handled-not-held'),
    'sealed-not-pinned': of('sealed-not-pinned'),
    'pinned-not-sealed': of('pinned-not-sealed'),
    'pending-without-record': of('pending-without-record'),
    lost: of('lost'),
  };
}

/**
 * What is done about a disagreement. None of them deletes: `decide-anew`, `begin-cleanup` and `begin-unpin` are guarded moves of the tables, and a cleanup that
 * is begun has to be confirmed twice by the chain before anything goes; `pin-again` adds a pin. The others are left to the rules of the named room, or to a person.
 */
export const remedies = [
  'decide-anew',
  'begin-cleanup',
  'begin-unpin',
  'pin-again',
  'seal-updater',
  'next-pull',
  'report',
] as const;
export type Remedy = (typeof remedies)[number];

/** One CID as the four sources have it. */
export interface FileState {
  /** `none`: no row, so it never was an order as far as is known. */
  readonly order: OrderStatus | 'none';
  /** Of several records the one that is held, else the newest. */
  readonly record: 'held' | 'running' | 'ended' | 'none';
  readonly sworker: 'valid' | 'lost' | 'pending' | 'none';
  /** `own`: pinned, and by a pull of ours before which no pin stood. */
  readonly pin: 'own' | 'other' | 'none';
  /** A cleanup of it is under way. */
  readonly isCleaning: boolean;
  /** Its record changed while the sources were read, one after the other: the next run judges it. */
  readonly hasMoved: boolean;
}

export interface Finding {
  readonly class: ReconcileClass;
  readonly remedy: Remedy;
}

/** The one class a file is in; undefined when the sources agree, or when somebody is at work on it. */
export function findingOf(state: FileState): Finding | undefined {
  const { order, record, sworker, pin } = state;
  if (state.hasMoved || state.isCleaning || record === 'running' || order === 'pulling') return undefined;
  const isOrdered = order !== 'none' && order !== 'closed';
  if (sworker === 'pending') {
    // What a killed daemon left of a pull of ours is ended when its order is pulled again.
    return { class: 'pending-without-record', remedy: isOrdered && record === 'ended' ? 'next-pull' : 'report' };
  }
  if (sworker !== 'none') {
    if (!isOrdered) return { class: 'held-without-order', remedy: letGoRemedy(state) };
    if (sworker === 'lost') return { class: 'lost', remedy: 'seal-updater' };
    // A file without a held record gets one with the next round of the seal updater.
    return record === 'held' && pin === 'none' ? { class: 'sealed-not-pinned', remedy: 'pin-again' } : undefined;
  }
  if (record === 'held') return { class: 'handled-not-held', remedy: 'seal-updater' };
  if (order === 'handled') return { class: 'handled-not-held', remedy: 'decide-anew' };
  return pin === 'own' ? { class: 'pinned-not-sealed', remedy: unsealedRemedy(order) } : undefined;
}

function unsealedRemedy(order: FileState['order']): Remedy {
  if (order === 'none') return 'report';
  return order === 'closed' ? 'begin-unpin' : 'next-pull';
}

function letGoRemedy({ order, record }: FileState): Remedy {
  if (order !== 'closed') return 'report';
  return record === 'held' ? 'begin-cleanup' : 'seal-updater';
}

/** One class of a run. */
export interface ClassFigures {
  readonly files: number;
  /** Sizes of the files; one counts with at most 1 TiB. */
  readonly bytes: number;
  /** How many of the files each remedy is for. */
  readonly remedies: Readonly<Partial<Record<Remedy, number>>>;
  /** Guarded moves made in this run. */
  readonly healed: number;
  /** CIDs of the first few. */
  readonly examples: readonly string[];
}

/** What one run found; only a run that heard every source to its end makes one. */
export interface ReconcileReport {
  /** When the run began, Unix ms, and the finalized block of then. */
  readonly atMs: number;
  readonly atBlock: number;
  readonly tookMs: number;
  /** False: it only looked. */
  readonly isApplied: boolean;
  readonly classes: Readonly<Record<ReconcileClass, ClassFigures>>;
}
